#include "models/layer_norm.h"

#include "models/shapes.h"

namespace unfold {

Value layer_norm(ModelBuilder& m, Value x, double epsilon) {
  const LayerScope scope(m, "layer_norm");
  const Dim n = width_of("layer_norm", x);
  const Value scale = m.parameter("scale", {n}, init::Ones{});
  const Value shift = m.parameter("shift", {n}, init::Zeros{});
  return layer_norm(x, scale, shift, epsilon);
}

}  // namespace unfold
