#pragma once

#include <map>
#include <string>

#include "graph/tensor.h"

namespace unfold {

/// A parameter in training: its value is f32 or f64; a frozen one is never changed.
struct TrainedParameter {
  std::string name;
  Tensor value;
  bool frozen = false;
};

/// Tensors by name, in an order that does not depend on how they came.
using NamedTensors = std::map<std::string, Tensor>;

}  // namespace unfold
