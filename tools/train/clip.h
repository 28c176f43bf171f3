#pragma once

#include <vector>

#include "graph/scheduler.h"
#include "tools/train/gradient.h"

namespace unfold {

/// The Euclidean norm of all elements of all gradients (f32 or f64) together, summed in double and
/// always in the same order. Not finite exactly if an element is not or the norm is out of range.
double global_norm(const std::vector<Gradient>& gradients, Scheduler& scheduler);

/// What gradients of this norm are to be multiplied by for a norm of at most `limit`:
/// min(1, limit / (norm + 1e-6)).
double clip_factor(double norm, double limit);

/// Cuts each element to [-limit, limit].
void clip_value(std::vector<Gradient>& gradients, double limit, Scheduler& scheduler);

}  // namespace unfold
