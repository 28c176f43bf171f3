#pragma once

#include "models/builder.h"

namespace unfold {

/// While training, zeroes elements with probability `rate` and scales the others by 1 / (1 - rate),
/// drawing anew at each update, step and example; otherwise x itself (Srivastava et al. 2014).
/// Throws Error unless 0 <= rate < 1.
Value dropout(ModelBuilder& m, Value x, double rate);

}  // namespace unfold
