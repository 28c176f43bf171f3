#pragma once

#include "tools/data/batches.h"
#include "tools/dsl/program.h"

namespace unfold {

/// Three examples of the program's training part, side by side: the shortest, one of middle length
/// and one between; of a text, pieces of 5 steps. Throws Error if there are none.
data::Batch few_examples(const Program& program);

}  // namespace unfold
