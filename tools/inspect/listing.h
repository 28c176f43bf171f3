#pragma once

#include <string>

#include "tools/inspect/picture.h"

namespace unfold {

/// The picture as text: nodes grouped by timestep, forward ones first, each a line with its name,
/// its equation, its shape and its place in the program.
std::string to_listing(const Picture& picture);

}  // namespace unfold
