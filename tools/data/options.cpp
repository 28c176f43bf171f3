#include "tools/data/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace unfold::data {

namespace {

std::string kind_of(const Value& value) {
  switch (value.index()) {
    case 0: return "a number";
    case 1: return "true or false";
    case 2: return "a string";
    default: return "a list of strings";
  }
}

std::string expected(const OptionSpec& option) {
  const bool open = std::isinf(option.most);
  const std::string range = std::isinf(option.least) ? ""
                            : open                   ? fmt::format(" of at least {}", option.least)
                                   : fmt::format(" from {} to {}", option.least, option.most);
  switch (option.type) {
    case OptionType::number: return "a number" + range;
    case OptionType::whole: return "a whole number" + range;
    case OptionType::flag: return "true or false";
    case OptionType::string: return "a string";
    case OptionType::strings: return "a list of strings";
    case OptionType::part:
      return "a share under 1, a whole number of examples or the name of a file";
  }
  return {};
}

bool is_whole(double x) { return std::isfinite(x) && x == std::floor(x) && std::abs(x) < 1e15; }

bool fits(const OptionSpec& option, const Value& value) {
  const double* x = std::get_if<double>(&value);
  switch (option.type) {
    case OptionType::number: return x && *x >= option.least && *x <= option.most;
    case OptionType::whole: return x && is_whole(*x) && *x >= option.least && *x <= option.most;
    case OptionType::flag: return std::holds_alternative<bool>(value);
    case OptionType::string: return std::holds_alternative<std::string>(value);
    case OptionType::strings:
      return std::holds_alternative<std::string>(value) ||
             std::holds_alternative<std::vector<std::string>>(value);
    case OptionType::part:
      return std::holds_alternative<std::string>(value) ||
             (x && *x >= 0 && (*x < 1 || is_whole(*x)));
  }
  return false;
}

std::vector<std::string> names_of(std::span<const OptionSpec> options) {
  std::vector<std::string> names;
  for (const OptionSpec& option : options) names.push_back(option.name);
  return names;
}

const OptionSpec& match(const Call& call, const Argument& argument, std::size_t position,
                        std::span<const OptionSpec> options) {
  if (argument.name.empty()) {
    if (position < options.size()) return options[position];
    throw Error(
        fmt::format("{} takes {} arguments at most, this is one more", call.name, options.size()),
        argument.where);
  }
  const auto found = std::ranges::find(options, argument.name, &OptionSpec::name);
  if (found != options.end()) return *found;
  const std::vector<std::string> names = names_of(options);
  const std::string near = nearest_name(argument.name, names);
  const std::string hint = !near.empty()   ? fmt::format("; the nearest is `{}`", near)
                           : names.empty() ? std::string("; it takes none")
                                           : fmt::format("; it takes {}", fmt::join(names, ", "));
  throw Error(fmt::format("{} has no option `{}`{}", call.name, argument.name, hint),
              argument.where);
}

std::string lower_ascii(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return result;
}

/// Fewest insertions, removals and replacements of bytes, and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last, row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row.back();
}

}  // namespace

const Argument* Settings::find(std::string_view name) const {
  const auto found = std::ranges::find(values_, name, &Argument::name);
  return found == values_.end() ? nullptr : &*found;
}

bool Settings::given(std::string_view name) const {
  const Argument* argument = find(name);
  return argument != nullptr && argument < values_.data() + given_;
}

const Value& Settings::value(std::string_view name) const {
  const Argument* argument = find(name);
  assert(argument != nullptr);
  return argument->value;
}

double Settings::number(std::string_view name) const { return std::get<double>(value(name)); }
std::int64_t Settings::whole(std::string_view name) const {
  return static_cast<std::int64_t>(number(name));
}
bool Settings::flag(std::string_view name) const { return std::get<bool>(value(name)); }
const std::string& Settings::string(std::string_view name) const {
  return std::get<std::string>(value(name));
}

std::vector<std::string> Settings::strings(std::string_view name) const {
  if (const auto* one = std::get_if<std::string>(&value(name))) return {*one};
  return std::get<std::vector<std::string>>(value(name));
}

Location Settings::where(std::string_view name) const {
  const Argument* argument = find(name);
  return argument != nullptr && argument->where.known() ? argument->where : call_;
}

Settings read_settings(const Call& call, std::span<const OptionSpec> options) {
  Settings settings;
  settings.call_ = call.where;
  std::size_t position = 0;
  for (const Argument& argument : call.arguments) {
    const OptionSpec& option = match(call, argument, position, options);
    if (argument.name.empty()) ++position;
    if (settings.has(option.name)) {
      throw Error(fmt::format("option `{}` of {} is given twice", option.name, call.name),
                  argument.where);
    }
    if (!fits(option, argument.value)) {
      const bool out_of_range = argument.value.index() == 0 && option.type != OptionType::flag &&
                                option.type != OptionType::string &&
                                option.type != OptionType::strings;
      throw Error(fmt::format("option `{}` of {} must be {}, not {}", option.name, call.name,
                              expected(option),
                              out_of_range ? print_value(argument.value)
                                           : fmt::format("{} ({})", kind_of(argument.value),
                                                         print_value(argument.value))),
                  argument.where);
    }
    settings.values_.push_back({option.name, argument.value, argument.where});
  }
  settings.given_ = settings.values_.size();
  for (const OptionSpec& option : options) {
    if (option.standard && !settings.has(option.name)) {
      settings.values_.push_back({option.name, *option.standard, {}});
    }
  }
  return settings;
}

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  std::string best;
  std::size_t least = std::max<std::size_t>(name.size() > 1 ? 1 : 0, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(lower_ascii(name), lower_ascii(candidate));
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string print_value(const Value& value) {
  if (const double* x = std::get_if<double>(&value)) return fmt::format("{}", *x);
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value)) return fmt::format("\"{}\"", *text);
  std::vector<std::string> items;
  for (const std::string& item : std::get<std::vector<std::string>>(value)) {
    items.push_back(fmt::format("\"{}\"", item));
  }
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string describe_options(std::span<const OptionSpec> options) {
  std::string result;
  for (const OptionSpec& option : options) {
    const std::string standard = option.standard ? print_value(*option.standard) : "-";
    result += fmt::format("  {:<10} {:<10} {}\n", option.name, standard, option.doc);
  }
  return result;
}

}  // namespace unfold::data
