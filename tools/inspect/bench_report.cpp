#include "tools/inspect/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/inspect/machine.h"

namespace unfold {

namespace {

// Of the time that all threads had in the profiled window.
double share(const BenchResult& r, double seconds) {
  return seconds / (r.profiled_seconds * static_cast<double>(r.threads));
}

// All threads are at it.
double updating(const BenchResult& r) { return r.updating_seconds / r.profiled_seconds; }

double waiting(const BenchResult& r) {
  return std::max(0.0, 1 - share(r, r.times.seconds()) - updating(r));
}

double rate(double work, double seconds) { return seconds > 0 ? work / seconds / 1e9 : 0; }

const char* precision_of(const BenchResult& r) {
  return r.products == Products::bfloat16 ? "bfloat16" : "float32";
}

nlohmann::json to_json(const BenchResult& r, const std::vector<TimeRow>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const TimeRow& row : rows)
    list.push_back({{"name", row.name},
                    {"share", share(r, row.seconds())},
                    {"forward_seconds", row.forward / r.profiled_steps},
                    {"backward_seconds", row.backward / r.profiled_steps},
                    {"calls", row.calls / r.profiled_steps},
                    {"gflops", rate(row.work, row.seconds())}});
  return list;
}

}  // namespace

nlohmann::json to_json(const BenchResult& r) {
  return {{"precision", precision_of(r)},
          {"threads", r.threads},
          {"shards", r.shards},
          {"batches", r.batches},
          {"examples", r.examples},
          {"steps", r.most_steps},
          {"tokens", r.tokens},
          {"padding", r.padding},
          {"tokens_per_second", r.tokens / r.best},
          {"tokens_per_second_median", r.tokens / r.median},
          {"seconds_per_step", r.best},
          {"seconds_per_step_median", r.median},
          {"work_per_step", r.work},
          {"gflops", rate(r.work, r.best)},
          {"peak_gflops", r.peak / 1e9},
          {"share_of_peak", r.work / r.best / r.peak},
          {"resident_bytes", r.resident},
          {"memory_growth", r.grown},
          {"memory_peak_growth", r.most},
          {"arena_bytes", r.plan_bytes},
          {"profile",
           {{"seconds_per_step", r.profiled_seconds / r.profiled_steps},
            {"kernels", share(r, r.times.seconds())},
            {"updating", updating(r)},
            {"waiting", waiting(r)},
            {"operations", to_json(r, r.times.operations())},
            {"layers", to_json(r, r.times.layers())},
            {"lines", to_json(r, r.times.lines())}}}};
}

namespace {

std::string count_text(double count) {
  return fmt::format("{:.{}f}", count, count == std::floor(count) ? 0 : 1);
}

std::string head(const BenchResult& r) {
  std::string text = fmt::format("{}: {} examples", r.inference ? "inference" : "training",
                                 count_text(r.examples));
  if (r.most_steps > 0) text += fmt::format(" of up to {} steps", r.most_steps);
  text += fmt::format(", {} tokens", count_text(r.tokens));
  if (r.most_steps > 0) text += fmt::format(" and {:.1f} % padding", 100 * r.padding);
  if (r.batches > 1) text += fmt::format(" in the mean of {} batches", r.batches);
  return text + fmt::format("; {} thread{}, {} shard{}\n", r.threads, r.threads == 1 ? "" : "s",
                            r.shards, r.shards == 1 ? "" : "s");
}

std::string speeds(const BenchResult& r) {
  std::string text = fmt::format("\n{:<18}{:>12}{:>12}\n", "", "best", "median");
  const auto line = [&](const char* what, int digits, double best, double median) {
    text += fmt::format("{:<18}{:>12.{}f}{:>12.{}f}\n", what, best, digits, median, digits);
  };
  line("tokens a second", 0, r.tokens / r.best, r.tokens / r.median);
  line("ms a step", 3, r.best * 1e3, r.median * 1e3);
  line("GFLOP/s", 2, rate(r.work, r.best), rate(r.work, r.median));
  line("% of the peak", 1, 100 * r.work / r.best / r.peak, 100 * r.work / r.median / r.peak);
  text += fmt::format("\npeak    {:.1f} GFLOP/s: {} products of {} x {} matrices on {} thread{}\n",
                      r.peak / 1e9, precision_of(r), product_peak_size, product_peak_size,
                      r.threads, r.threads == 1 ? "" : "s");
  const auto megabytes = [](std::int64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  return text + fmt::format(
                    "memory  {:.1f} MB, {:.1f} MB more than at start-up, {:.1f} MB at most; "
                    "{:.1f} MB of it arenas\n",
                    megabytes(r.resident), megabytes(r.grown), megabytes(r.most),
                    megabytes(r.plan_bytes));
}

std::string_view trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

constexpr std::size_t rows_shown = 10;

std::string table(const BenchResult& r, const std::string& title, const std::vector<TimeRow>& rows,
                  const Sources& sources) {
  std::string text = fmt::format("\n{:<28}{:>9}{:>9}{:>10}{:>11}{:>9}\n", title, "forward",
                                 "backward", "ms a step", "calls", "GFLOP/s");
  double left = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TimeRow& row = rows[i];
    if (i >= rows_shown) {
      left += row.seconds();
      continue;
    }
    text += fmt::format("{:<28}{:>7.1f} %{:>7.1f} %{:>10.3f}{:>11.0f}{:>9.2f}", row.name,
                        100 * share(r, row.forward), 100 * share(r, row.backward),
                        1e3 * row.seconds() / r.profiled_steps, row.calls / r.profiled_steps,
                        rate(row.work, row.seconds()));
    if (const auto line = sources.line(row.where)) text += fmt::format("  {}", trimmed(*line));
    text += "\n";
  }
  if (rows.size() > rows_shown)
    text += fmt::format("{:<28}{:>7.1f} %\n", fmt::format("{} more", rows.size() - rows_shown),
                        100 * share(r, left));
  return text;
}

std::string outside(const BenchResult& r) {
  std::string text =
      fmt::format("\n{:<28}{:>7.1f} %", "kernels", 100 * share(r, r.times.seconds()));
  if (!r.inference)
    text += fmt::format("\n{:<28}{:>7.1f} %", "clipping and optimizer", 100 * updating(r));
  return text + fmt::format("\n{:<28}{:>7.1f} %\n", "waiting and adding shards", 100 * waiting(r));
}

}  // namespace

std::string to_text(const BenchResult& r, const Sources& sources) {
  return head(r) + speeds(r) + outside(r) + table(r, "operation", r.times.operations(), sources) +
         table(r, "layer", r.times.layers(), sources) + table(r, "line", r.times.lines(), sources);
}

}  // namespace unfold
