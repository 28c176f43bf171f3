#pragma once

#include "models/sequence.h"

namespace unfold {

// Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).
// Parameters: W_f, W_i, W_c, W_o [units + n, units] and b_f, b_i, b_c, b_o [units].

/// What the literature varies in the gates.
struct LstmGates {
  double forget_bias = 1;  ///< where b_f starts: remember by default (Jozefowicz et al. 2015)
  bool peephole = false;   ///< gates see the cell through w_f, w_i, w_o [units] (Gers et al. 2002)
  bool coupled = false;    ///< i = 1 - f, without W_i and b_i (Greff et al. 2017)
};

/// Hidden state and cell, [units] at one step, [time, units] of a sequence.
struct LstmState {
  Value h, c;
};

/// One step: x [n] and the former state -> the next state.
LstmState lstm_cell(ModelBuilder& m, Value x, const LstmState& before, Dim units,
                    const LstmGates& gates = {});

/// x [time, n] -> the states of the last layer. `init` is the state before the first step in every
/// layer, zeros where empty.
LstmState lstm(ModelBuilder& m, Value x, Dim units, const LstmGates& gates = {},
               const Stack& stack = {}, const LstmState& init = {});

}  // namespace unfold
