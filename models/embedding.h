#pragma once

#include "models/builder.h"

namespace unfold {

/// A row of a table for each id: ids [..] of `count` symbols -> [.., width]. Parameter: W [count,
/// width]. Throws Error for real numbers.
Value embedding(ModelBuilder& m, Value ids, Dim count, Dim width,
                const Initialiser& init = init::Normal{1});

}  // namespace unfold
