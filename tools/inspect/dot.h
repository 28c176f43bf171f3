#pragma once

#include <string>

#include "tools/inspect/picture.h"

namespace unfold {

/// The picture in the language of Graphviz: a cluster for each timestep (one for all of them if it
/// is rolled), time from left to right. What differentiation made is red; edges of the forward
/// computation are solid, those of the backward one dashed, and forward values that gradients use
/// dotted. An edge that crosses steps in a rolled picture is labelled with its delay.
std::string to_dot(const Picture& picture);

}  // namespace unfold
