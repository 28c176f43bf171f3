#pragma once

#include "tools/data/source.h"

namespace unfold {

/// The part that a model is judged on: the test part, where there is none the validation part, and
/// without either the training part.
data::Part evaluation_part(const data::Source& source);

}  // namespace unfold
