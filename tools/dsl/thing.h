#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "graph/graph.h"
#include "models/initialise.h"
#include "tools/dsl/ast.h"

namespace unfold {

/// What stands for an expression that was in error: whatever uses it is silent.
struct Nothing {};

/// The word `none`: an argument that is as good as not given.
struct None {};

/// A plain number, which may be the size of something (`units`, `vocab(char)`, `time(x)`).
struct Number {
  /// A size of something whose shape is still being inferred; what is computed from it is unknown
  /// too.
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  double value = 0;
  Symbol label = {};  ///< what a person calls it
  Dim axis = {};      ///< for `time(x)`: the dimension itself

  bool known() const { return !std::isnan(value); }
};

/// A line of the data block: what an example holds (by number), or where examples come from.
struct FieldRef {
  std::size_t index = 0;
};
struct SourceRef {
  std::size_t index = 0;
};

/// A layer or function that was passed by name, or bound by `layer`.
struct Callable {
  std::string name;
};

struct Thing;
using Things = std::vector<Thing>;

/// A value of the language while a program is evaluated, and where it was defined.
struct Thing {
  std::variant<Nothing, None, Number, bool, std::string, Value, FieldRef, SourceRef, Callable,
               std::shared_ptr<const Initialiser>, Things>
      is;
  Span defined;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&is);
  }
  bool nothing() const { return std::holds_alternative<Nothing>(is); }
};

}  // namespace unfold
