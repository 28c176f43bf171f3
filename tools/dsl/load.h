#pragma once

#include <filesystem>
#include <string>

#include "graph/tensor.h"

namespace unfold {

/// The values that `load(file)` (a .npy) or `load(file, name)` (a tensor of a .safetensors file,
/// such as a model file) start a parameter from. Throws Error.
Tensor load_initial(const std::filesystem::path& file, const std::string& name);

}  // namespace unfold
