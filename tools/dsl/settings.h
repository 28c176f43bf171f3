#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "graph/error.h"

namespace unfold {

struct Setting;

/// `adam(rate = 0.01, schedule = cosine(warmup = 200))` or `sgd`: a choice and its own settings.
struct Choice {
  std::string name;
  std::vector<Setting> settings;
};

/// One line of the train block, or one argument of a choice, as plain data. What names and values
/// mean is tools/train's business. A setting given by position has an empty name.
struct Setting {
  std::string name;
  std::variant<double, bool, std::string, Choice> value;
  Location where;
  Location name_where = {};  ///< unknown for one given by position
};

using Settings = std::vector<Setting>;

}  // namespace unfold
