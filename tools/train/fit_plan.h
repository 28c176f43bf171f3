#pragma once

#include <cstdint>
#include <functional>

#include "ops/rewrites/pipeline.h"

namespace unfold {

/// What a plan is to fit into.
struct Fit {
  DType precision = DType::f32;
  std::int64_t batch = 1;  ///< examples of a batch
  int shards = 1;
  std::int64_t memory = 0;  ///< bytes for arenas, the plan itself and what running it takes
  PlanOptions options = {};
};

/// Plans a graph with all of its steps together; if that does not fit, in segments of about the
/// square root of `steps`, the first of which are computed again for the backward part, as few as
/// will do. What does not fit either way is planned as small as possible. `make(passes)`: the graph
/// as `optimise` takes it.
Plan fit_plan(const std::function<Graph(const PassOptions& passes)>& make, PassOptions passes,
              std::int64_t steps, const Fit& fit);

}  // namespace unfold
