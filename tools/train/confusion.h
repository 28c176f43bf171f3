#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/train/predict.h"

namespace unfold {

/// How often each class was taken for each, and what follows from it.
struct Confusion {
  std::string output;  ///< whose largest number is the answer
  std::vector<std::string> classes;
  std::vector<std::vector<std::int64_t>> counts;  ///< [right class][answer]

  double precision(std::size_t c) const;
  double recall(std::size_t c) const;
  double f1(std::size_t c) const;
};

/// For the first output over the classes of a field that the examples have; nothing if there is
/// none.
std::optional<Confusion> confusion_of(const Program& program, Predictor& predictor,
                                      const data::Examples& examples);

/// As a table: the matrix for up to 20 classes, then precision, recall and F1 of each.
std::string print(const Confusion& confusion);

}  // namespace unfold
