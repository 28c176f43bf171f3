#pragma once

#include "models/builder.h"

namespace unfold {

/// Over the last dimension of x [.., n]: mean 0, variance 1, then `* scale + shift` (Ba et al.
/// 2016). Parameters: scale [n] ones, shift [n] zeros.
Value layer_norm(ModelBuilder& m, Value x, double epsilon = 1e-5);

}  // namespace unfold
