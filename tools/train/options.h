#pragma once

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace unfold {

/// One option of an optimizer or a schedule, `rate` of `adam`: what the language checks an argument
/// against and `unfold help adam` prints.
struct TrainOption {
  enum class Type { number, integer, boolean };

  std::string name;
  Type type = Type::number;
  double initial = 0;     ///< the value where none is given; a boolean is 0 or 1
  bool required = false;  ///< there is no such value
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;  ///< the bound itself is excluded
  std::string doc;

  /// "a number greater than 0", "an integer at least 1", "true or false".
  std::string expected() const;
  bool allows(double value) const;
  /// Throws an Error if `value` is not what is expected; `owner` is the name before the bracket.
  void check(const std::string& owner, double value) const;
};

/// An optimizer or a schedule that a program may name.
struct TrainChoice {
  std::string name;
  std::string doc;
  std::vector<TrainOption> options;

  /// The option of this name, or null.
  const TrainOption* option(const std::string& option_name) const;
};

using OptionValues = std::map<std::string, double, std::less<>>;

/// The choice of this name. Throws an Error that lists the names; `kind` is "optimizer" or
/// "schedule".
const TrainChoice& find_choice(const std::vector<TrainChoice>& choices, const std::string& name,
                               const std::string& kind);

/// All options of `choice`: those given, checked, and the initial values of the others. Throws an
/// Error for an option that it does not have, that is out of range or that is required and missing.
OptionValues complete_options(const TrainChoice& choice, const OptionValues& given);

}  // namespace unfold
