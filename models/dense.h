#pragma once

#include "models/builder.h"

namespace unfold {

/// x [.., width] -> x W + b [.., n], the same at every step. Parameters: W [width, n] glorot, b [n]
/// zeros.
Value dense(ModelBuilder& m, Value x, Dim n);

}  // namespace unfold
