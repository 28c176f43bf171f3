#include "models/dense.h"

#include "models/shapes.h"

namespace unfold {

Value dense(ModelBuilder& m, Value x, Dim n) {
  const LayerScope scope(m, "dense");
  const Value W = m.parameter("W", {width_of("dense", x), n}, init::Glorot{});
  const Value b = m.parameter("b", {n}, init::Zeros{});
  return matmul(x, W) + b;
}

}  // namespace unfold
