#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/data/batches.h"
#include "tools/train/model.h"
#include "tools/train/settings.h"

namespace unfold {

struct BenchShape {
  std::optional<std::int64_t> batch{};  ///< examples; none: the program's `batch`
  std::optional<std::int64_t> steps{};  ///< of made-up examples; none: the program's own data
  /// Examples of a table in the order of the data, whatever their lengths, instead of those of like
  /// length together as training has them.
  bool mixed = false;
};

/// A batch of the settings' size with ids and numbers drawn evenly, every sequence `steps` long. Of
/// a text in pieces it is one that goes on from carried states.
data::Batch made_up_batch(const Program& program, const TrainSettings& settings,
                          std::int64_t steps);

/// The batches to measure on, in turn: one made-up batch if `steps` is given; the first piece of a
/// text; else up to eight of the first epoch's batches. A batch that is not `first` is one that
/// goes on from carried states, and the same batch with `first` may be run before it.
std::vector<data::Batch> bench_batches(const Program& program, const TrainSettings& settings,
                                       const BenchShape& shape);

}  // namespace unfold
