#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/error.h"

namespace unfold::data {

/// What a program can hand to a source or a reader.
using Value = std::variant<double, bool, std::string, std::vector<std::string>>;

/// One argument of a call; `name` is empty for one given by position. `where` is its place in the
/// program, to which errors about it point.
struct Argument {
  std::string name;
  Value value;
  Location where;
};

/// A call in the data block, such as `words(reviews, column = "text")`, without the source (or
/// field) that a reader is applied to.
struct Call {
  std::string name;
  std::vector<Argument> arguments;
  Location where;
};

enum class OptionType {
  number,   ///< any real number in [least, most]
  whole,    ///< a whole number in [least, most]
  flag,     ///< true or false
  string,   ///< one string
  strings,  ///< a list of strings; a single string is a list of one
  part      ///< a share under 1, a whole number of examples, or the name of a file
};

/// One option of a source or a reader: what `unfold help` prints and what arguments are checked by.
struct OptionSpec {
  std::string name;
  OptionType type;
  std::optional<Value> standard;  ///< value when not given; nothing: `Settings::has` is false then
  std::string doc;
  double least = 0;
  double most = std::numeric_limits<double>::infinity();
};

/// Checked values of the options of one call: those given and the standard ones.
class Settings {
 public:
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Whether the program itself gave the option.
  bool given(std::string_view name) const;
  double number(std::string_view name) const;
  std::int64_t whole(std::string_view name) const;
  bool flag(std::string_view name) const;
  const std::string& string(std::string_view name) const;
  std::vector<std::string> strings(std::string_view name) const;
  const Value& value(std::string_view name) const;
  /// Where the option was given, or the whole call.
  Location where(std::string_view name) const;

 private:
  friend Settings read_settings(const Call&, std::span<const OptionSpec>);
  const Argument* find(std::string_view name) const;

  std::vector<Argument> values_;  // those given, then standard ones
  std::size_t given_ = 0;
  Location call_;
};

/// Matches the call's arguments with the options: by name, or by position in the table's order.
/// Errors, at the argument: an unknown name (with the nearest known one), a value of the wrong type
/// or out of range, an option given twice, too many arguments.
Settings read_settings(const Call& call, std::span<const OptionSpec> options);

/// The candidate that is most like `name`, empty if none is near enough to be a slip of the pen.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// A value as a program writes it: `0.9`, `true`, `"text"`, `["a", "b"]`.
std::string print_value(const Value& value);

/// Options as lines of a help text: name, type, standard value, meaning.
std::string describe_options(std::span<const OptionSpec> options);

}  // namespace unfold::data
