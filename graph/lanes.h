#pragma once

#include "graph/plan.h"

namespace unfold {

/// Deals the calls of each phase out to lanes where that is worth meeting for
/// (Phase::lanes), for a batch of one example or a few. Calls that do not depend on each other run
/// side by side (list scheduling in the order of the phase, by the time that a call should take);
/// a large call beside which there is nothing else to do is cut by columns of its result, the same
/// columns always on the same lane, so that a thread keeps its part of the weights in its cache.
void assign_lanes(Plan& plan, const PlanOptions& options);

/// Once slots are known: whoever is the first to use a slot again waits for those who used it.
void wait_for_slots(Plan& plan);

/// By call of a phase, the lane that makes its result, or -1 where the phase has no lanes.
std::vector<std::int32_t> lanes_of_calls(const Phase& phase);

}  // namespace unfold
