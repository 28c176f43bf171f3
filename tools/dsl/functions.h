#pragma once

#include <string>
#include <vector>

#include "tools/dsl/arguments.h"

namespace unfold {

class Evaluator;

/// A function of the language that is an operation, a size, a loss or a metric: its arguments, what
/// `unfold help` prints of it, and how to apply it.
struct Function {
  std::string name;
  std::string doc;
  std::vector<FormalArgument> formals;
  bool variadic = false;  ///< any number of values by position (`concat`)
  Thing (*apply)(Evaluator&, const Arguments&);
};

/// All functions: those of numbers and shapes, reductions and losses, sizes and fields.
const std::vector<Function>& functions();
const Function* find_function(const std::string& name);

/// What a `param` may start from: what `unfold help` prints of it.
struct InitialiserInfo {
  std::string name;
  std::string written;  ///< with its arguments: `uniform(a, b)`
  std::string doc;
};

const std::vector<InitialiserInfo>& initialisers();

/// A layer of the library: bound to its C++ composition, and defined in the language by the text
/// that `unfold help` prints.
struct Layer {
  std::string name;
  std::string doc;
  std::vector<FormalArgument> formals;
  std::string definition;  ///< a `def`
  Things (*apply)(Evaluator&, const Arguments&);
};

const std::vector<Layer>& library_layers();
const Layer* find_layer(const std::string& name);

}  // namespace unfold
