#include "tools/data/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "tools/data/random.h"

namespace unfold::data {

namespace {

constexpr std::array<std::string_view, 3> names = {"train", "valid", "test"};

/// What a part asks for, as a number of examples (a share of them need not be whole).
std::optional<double> asked(const Settings& settings, std::string_view name, std::int64_t count) {
  if (!settings.has(name)) return std::nullopt;
  const double* x = std::get_if<double>(&settings.value(name));
  if (x == nullptr) return std::nullopt;
  return *x < 1 ? *x * static_cast<double>(count) : *x;
}

Error too_much(double total, std::int64_t count, const Settings& settings, std::string_view unit) {
  double shares = 0;
  bool all_shares = true;
  std::string_view last = "train";
  for (const std::string_view name : names) {
    if (!settings.has(name)) continue;
    const double* x = std::get_if<double>(&settings.value(name));
    if (x == nullptr) continue;
    last = name;
    shares += *x;
    all_shares = all_shares && *x < 1;
  }
  if (all_shares) {
    return Error(
        fmt::format("train, valid and test are shares of the data; together they are {:g}, "
                    "more than 1",
                    shares),
        settings.where(last));
  }
  return Error(fmt::format("train, valid and test ask for {:.0f} {}, there are {}",
                           std::ceil(total), unit, count),
               settings.where(last));
}

}  // namespace

std::vector<OptionSpec> part_options() {
  return {{"train", OptionType::part, std::nullopt,
           "training part: a share under 1 or a count; standard: what the others leave"},
          {"valid", OptionType::part, std::nullopt,
           "validation part: a share under 1, a count, or a file of its own"},
          {"test", OptionType::part, std::nullopt,
           "test part: a share under 1, a count, or a file of its own"}};
}

std::array<std::int64_t, 4> cut_parts(std::int64_t count, const Settings& settings,
                                      std::string_view unit) {
  constexpr double slack = 1e-9;  // 0.8 + 0.1 + 0.1 is a little more than 1 in binary
  const double all = static_cast<double>(count);
  const double valid = asked(settings, "valid", count).value_or(0);
  const double test = asked(settings, "test", count).value_or(0);
  const auto train = asked(settings, "train", count);
  const double total = train.value_or(0) + valid + test;
  if (total > all * (1 + slack)) throw too_much(total, count, settings, unit);
  std::array<std::int64_t, 4> cuts = {0, 0, 0, 0};
  double position = 0;
  const std::array<double, 3> sizes = {train.value_or(all - valid - test), valid, test};
  for (std::size_t i = 0; i < 3; ++i) {
    position += sizes[i];
    cuts[i + 1] = std::min(count, static_cast<std::int64_t>(position + slack * (1 + all)));
    if (sizes[i] > 0 && cuts[i + 1] == cuts[i] && (i > 0 || train)) {
      throw Error(fmt::format("{} = {} of {} {} is less than one", names[i],
                              print_value(settings.value(names[i])), count, unit),
                  settings.where(names[i]));
    }
  }
  if (cuts[1] == 0) {
    const std::string_view taker = train ? "train" : settings.has("test") ? "test" : "valid";
    throw Error(fmt::format("nothing is left to train on: there are {} {}", count, unit),
                settings.where(taker));
  }
  return cuts;
}

std::array<std::vector<std::int64_t>, 3> split_examples(std::int64_t count,
                                                        const Settings& settings,
                                                        std::uint64_t seed) {
  const auto cuts = cut_parts(count, settings, "rows");
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  if (cuts[1] != count) Random(seed, Purpose::split).shuffle(std::span(order));
  std::array<std::vector<std::int64_t>, 3> parts;
  for (std::size_t i = 0; i < 3; ++i) {
    parts[i].assign(order.begin() + cuts[i], order.begin() + cuts[i + 1]);
    std::ranges::sort(parts[i]);
  }
  return parts;
}

}  // namespace unfold::data
