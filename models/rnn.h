#pragma once

#include "models/sequence.h"

namespace unfold {

// The plain recurrent network (Elman 1990). Parameters: W [units + n, units], b [units].

/// One step: x [n], h [units] -> the next h.
Value rnn_cell(ModelBuilder& m, Value x, Value h, Dim units);

/// x [time, n] -> h [time, units]. `init` is h before the first step in every layer, zeros if
/// empty.
Value rnn(ModelBuilder& m, Value x, Dim units, const Stack& stack = {}, Value init = {});

}  // namespace unfold
