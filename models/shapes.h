#pragma once

#include <string_view>
#include <vector>

#include "graph/type.h"
#include "graph/value.h"
#include "models/initialise.h"

namespace unfold {

/// The last dimension of what `layer` is given, real numbers [.., n]; unknown while shapes are
/// being inferred. Throws Error for ids and for a single number.
Dim width_of(std::string_view layer, Value x);

/// `units` with that as its label in messages, unless it has one.
Dim labelled_units(Dim units);

/// The shape of a weight for the joined vector [h, x], and how it starts: recurrent rows
/// orthogonal, input rows glorot, so that joining them changes neither start.
std::vector<Dim> joined_dims(const Dim& units, const Dim& inputs);
Initialiser joined_start(const Dim& units, const Dim& inputs);

}  // namespace unfold
