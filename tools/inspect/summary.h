#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/train/model.h"

namespace unfold {

/// One layer of a model: a layer of the library or a definition by its path, or a quantity that
/// plain operations at the top of the program make, by its name.
struct SummaryRow {
  std::string layer;
  std::string output;           ///< `[time(review), units=3]`; empty if nothing outside uses it
  std::int64_t parameters = 0;  ///< numbers
  double work_step = 0;         ///< floating-point operations for one more step of an example
  double work_once = 0;         ///< and those that do not depend on its length
};

struct Summary {
  std::vector<SummaryRow> rows;  ///< in the order of the program
  std::int64_t parameters = 0, frozen = 0;
  std::int64_t bytes = 0;  ///< of the parameters
  double work_step = 0, work_once = 0;
};

/// What the forward part of a model is made of, dropout left out. Throws ProgramErrors.
Summary summarise(const Model& model);

std::string to_table(const Summary& summary);

}  // namespace unfold
