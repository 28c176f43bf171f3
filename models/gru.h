#pragma once

#include "models/sequence.h"

namespace unfold {

// The gated recurrent unit (Cho et al. 2014), h = (1 - z) * h + z * g. Parameters: W_z, W_r, W_h
// [units + n, units], b_z, b_r, b_h [units]; with `Reset::after` W_h [n, units] and U_h
// [units, units] apart, and b_u [units].

/// Where the reset gate r acts in the candidate g.
enum class Reset {
  before,  ///< on the state: g = tanh([r * h, x] W_h + b_h)
  after,   ///< on its product: g = tanh(x W_h + b_h + r * (h U_h + b_u))
};

/// One step: x [n], h [units] -> the next h.
Value gru_cell(ModelBuilder& m, Value x, Value h, Dim units, Reset reset = Reset::before);

/// x [time, n] -> h [time, units]. `init` is h before the first step in every layer, zeros if
/// empty.
Value gru(ModelBuilder& m, Value x, Dim units, Reset reset = Reset::before, const Stack& stack = {},
          Value init = {});

}  // namespace unfold
