#pragma once

// For the files that hold rows of functions().

#include "tools/dsl/evaluator.h"
#include "tools/dsl/functions.h"

namespace unfold::rows {

inline FormalArgument need(const char* name) {
  return {name, FormalArgument::Kind::value, false, {}};
}
inline FormalArgument may(const char* name) {
  return {name, FormalArgument::Kind::value, true, {}};
}
/// An optional argument that is a word: `reduce = sum`.
inline FormalArgument word(const char* name) {
  return {name, FormalArgument::Kind::symbolic, true, {}};
}

inline Value value(Evaluator& e, const Arguments& a, const std::string& name) {
  return e.value_of(a.get(name).thing);
}

std::vector<Function> reductions_and_losses();
std::vector<Function> sizes_and_fields();

}  // namespace unfold::rows
