// What `diff` found, for people and for programs.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/inspect/diff.h"

namespace unfold {

namespace {

std::int64_t total(const ProgramDiff& d, std::size_t side) {
  std::int64_t sum = 0;
  for (const auto& [kind, counts] : d.calls) sum += counts[side];
  return sum;
}

std::string side_text(const std::string& name, const std::string& line, const std::string& place) {
  return fmt::format("  {}: {}{}\n", name, line.empty() ? "(ends)" : line,
                     place.empty() ? "" : "\n    " + place);
}

std::string plan_text(const ProgramDiff& d, const std::string& a, const std::string& b) {
  if (!d.plan) return fmt::format("plan: the same, {} calls\n", total(d, 0));
  std::string out = fmt::format("plan: not the same, first in line {}\n", d.plan->line);
  out += side_text(a, d.plan->a, d.plan->place_a) + side_text(b, d.plan->b, d.plan->place_b);
  const std::size_t width = std::max({a.size(), b.size(), std::size_t{6}});
  const auto line = [&](const std::string& kind, const auto& x, const auto& y, const char* mark) {
    return fmt::format("  {:<24}  {:>{}}  {:>{}}{}\n", kind, x, width, y, width, mark);
  };
  out += line("calls", a, b, "");
  for (const auto& [kind, counts] : d.calls)
    out += line(kind, counts[0], counts[1], counts[0] == counts[1] ? "" : "  *");
  return out + line("total", total(d, 0), total(d, 1), "");
}

std::string gradients_text(const ProgramDiff& d) {
  const double none = 0;
  std::size_t name_a = 1, name_b = 1, shape = 5;
  for (const GradientDifference& g : d.gradients) {
    name_a = std::max(name_a, g.a.size());
    name_b = std::max(name_b, g.b.size());
    shape = std::max(shape, g.shape.size());
  }
  std::string out = "gradients\n";
  for (const GradientDifference& g : d.gradients)
    out += fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}  differ by {:.1e} of {:.1e}\n", g.a, name_a,
                       g.b, name_b, g.shape, shape, g.same ? "same     " : "DIFFERENT",
                       g.largest > 0 ? g.difference : none, g.largest);
  return out;
}

}  // namespace

std::string to_text(const ProgramDiff& d, const std::string& a, const std::string& b) {
  std::string out = plan_text(d, a, b);
  if (!d.unmatched.empty())
    return out + fmt::format("loss and gradients: not compared, {}\n", d.unmatched);
  out += fmt::format("loss: {}, {:.12g} and {:.12g}\n", d.same_loss() ? "the same" : "not the same",
                     d.loss[0], d.loss[1]);
  return out + gradients_text(d);
}

nlohmann::json to_json(const ProgramDiff& d) {
  nlohmann::json calls = nlohmann::json::object(), gradients = nlohmann::json::array();
  for (const auto& [kind, counts] : d.calls) calls[kind] = counts;
  for (const GradientDifference& g : d.gradients)
    gradients.push_back({{"a", g.a},
                         {"b", g.b},
                         {"shape", g.shape},
                         {"same", g.same},
                         {"difference", g.difference},
                         {"largest", g.largest}});
  nlohmann::json out{{"same", d.same()}, {"same_plan", !d.plan}, {"calls", calls}};
  if (d.plan)
    out["first_difference"] = {{"line", d.plan->line}, {"a", d.plan->a}, {"b", d.plan->b}};
  if (!d.unmatched.empty()) {
    out["unmatched"] = d.unmatched;
    return out;
  }
  out["same_loss"] = d.same_loss();
  out["loss"] = d.loss;
  out["gradients"] = gradients;
  return out;
}

}  // namespace unfold
