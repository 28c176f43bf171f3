#include "tools/train/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "graph/error.h"

namespace unfold {

namespace {

template <class Named>
std::string names_of(const std::vector<Named>& list) {
  std::vector<std::string> names;
  for (const Named& each : list) names.push_back(each.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string TrainOption::expected() const {
  if (type == Type::boolean) return "true or false";
  std::vector<std::string> bounds;
  if (std::isfinite(low)) {
    bounds.push_back(fmt::format("{} {}", low_open ? "greater than" : "at least", low));
  }
  if (std::isfinite(high)) {
    bounds.push_back(fmt::format("{} {}", high_open ? "less than" : "at most", high));
  }
  const std::string kind = type == Type::integer ? "an integer" : "a number";
  return bounds.empty() ? kind : fmt::format("{} {}", kind, fmt::join(bounds, " and "));
}

bool TrainOption::allows(double value) const {
  if (type == Type::boolean) return value == 0 || value == 1;
  const bool above = low_open ? value > low : value >= low;
  const bool below = high_open ? value < high : value <= high;
  const bool fits = type != Type::integer || value == std::floor(value);
  return std::isfinite(value) && above && below && fits;
}

void TrainOption::check(const std::string& owner, double value) const {
  if (allows(value)) return;
  throw Error(fmt::format("{}: {} is {}, expected {}", owner, name, value, expected()));
}

const TrainOption* TrainChoice::option(const std::string& option_name) const {
  for (const TrainOption& each : options) {
    if (each.name == option_name) return &each;
  }
  return nullptr;
}

const TrainChoice& find_choice(const std::vector<TrainChoice>& choices, const std::string& name,
                               const std::string& kind) {
  for (const TrainChoice& choice : choices) {
    if (choice.name == name) return choice;
  }
  throw Error(fmt::format("there is no {} '{}', only {}", kind, name, names_of(choices)));
}

OptionValues complete_options(const TrainChoice& choice, const OptionValues& given) {
  for (const auto& [name, value] : given) {
    const TrainOption* option = choice.option(name);
    if (option == nullptr) {
      throw Error(fmt::format("{} has no option '{}', only {}", choice.name, name,
                              names_of(choice.options)));
    }
    option->check(choice.name, value);
  }
  OptionValues complete = given;
  for (const TrainOption& option : choice.options) {
    if (option.required && !given.contains(option.name)) {
      throw Error(fmt::format("{} needs {} = {}", choice.name, option.name, option.expected()));
    }
    complete.try_emplace(option.name, option.initial);
  }
  return complete;
}

}  // namespace unfold
