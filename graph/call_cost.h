#pragma once

#include "graph/plan.h"

namespace unfold {

/// About how many microseconds a call takes for one example, on one thread. Only good for weighing
/// calls against each other and against the few microseconds it takes threads to meet.
double estimated_microseconds(const Plan& plan, const Call& call);

/// Of how many blocks of columns that can be computed apart its result consists, for one example.
std::int64_t column_blocks(const Plan& plan, const Call& call);

}  // namespace unfold
