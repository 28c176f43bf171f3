#pragma once

#include <string>

#include "graph/tensor.h"

namespace unfold::data {

/// The array of a NumPy file (`numpy.save`, format versions 1 to 3): little-endian floats or
/// integers in row-major order, as doubles. Throws Error that names the file and what is wrong with
/// it.
Tensor read_npy(const std::string& path);

}  // namespace unfold::data
