#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/train/model.h"

namespace unfold {

/// What a step of training will take, known before anything runs.
struct Forecast {
  std::int64_t steps = 0;  ///< of every sequence; 0: no time axis
  std::int64_t batch = 0;
  int shards = 0;
  std::int64_t arena_bytes = 0;  ///< values of the graph, forward and backward, of all shards
  double work = 0;               ///< floating-point operations, both directions
  /// Of the whole process while it trains: what it has once the step is compiled (the program,
  /// parameters, the optimizer's state, graph and plan, a batch), the arenas, and the gradients
  /// handed to the optimizer. Rows read from files are not in it; 0 where the system does not say.
  std::int64_t resident_bytes = 0;
};

struct ForecastShape {
  std::optional<std::int64_t> steps{};  ///< none: the program has no time axis
  std::optional<std::int64_t> batch{};  ///< none: the program's `batch`
};

/// Compiles the training step for such batches and asks its plan. Of a text in pieces it is a piece
/// that goes on from another. Throws UsageError if steps are needed and not given; Error or
/// ProgramErrors for a program that cannot be trained.
Forecast forecast(Model& model, const ForecastShape& shape);

std::string to_text(const Forecast& forecast);

}  // namespace unfold
