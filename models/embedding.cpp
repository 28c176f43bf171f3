#include "models/embedding.h"

namespace unfold {

Value embedding(ModelBuilder& m, Value ids, Dim count, Dim width, const Initialiser& init) {
  const LayerScope scope(m, "embedding");
  return gather(m.parameter("W", {count, width}, init), ids);
}

}  // namespace unfold
