#include "models/bidirectional.h"

namespace unfold {

Value bidirectional(ModelBuilder& m, Value x, const SequenceLayer& layer) {
  const LayerScope scope(m, "bidirectional");
  const auto named = [&](const char* name, Value sequence) {
    m.name_next_layer(name);
    const Value states = layer(m, sequence);
    m.name_next_layer({});  // in case it is a function that opens no layer
    return states;
  };
  const Value forward = named("forward", x);
  const Value backward = reverse(named("backward", reverse(x)));
  return concat(forward, backward);
}

}  // namespace unfold
