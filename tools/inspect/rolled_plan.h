#pragma once

#include <string>

#include "graph/plan.h"

namespace unfold {

/// A plan for people: what is called in each layer, in order. What is done for all timesteps at
/// once is told from what each step does, and steps of the same calls are one line, so that a
/// training step of any length fits on a page: its first steps, those that repeat, and the last.
/// Lines behind a bar repeat together: all of them for one step, then for the next.
std::string rolled_text(const Plan& plan);

}  // namespace unfold
