#pragma once

#include <functional>

#include "models/builder.h"

namespace unfold {

/// Any layer from a sequence to a sequence: [time, n] -> [time, units].
using SequenceLayer = std::function<Value(ModelBuilder& m, Value x)>;

/// A layer over x as it is and, with parameters of its own, over x from its end, side by side at
/// each step (Schuster & Paliwal 1997): [time, n] -> [time, 2 * units]. The second starts at each
/// example's own end. The two are named `forward` and `backward`.
Value bidirectional(ModelBuilder& m, Value x, const SequenceLayer& layer);

}  // namespace unfold
