#pragma once

#include <string>

#include "tools/data/safetensors.h"

namespace unfold {

/// A parameter in training: its value is f32 or f64; a frozen one is never changed.
struct TrainedParameter {
  std::string name;
  Tensor value;
  bool frozen = false;
};

}  // namespace unfold
