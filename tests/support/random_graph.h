#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace unfold::support {

struct RandomGraphOptions {
  int operations = 30;
  bool smooth = false;     ///< only operations whose results have a derivative everywhere
  bool gradients = false;  ///< outputs for the gradients of a loss for all parameters
  bool separate = false;   ///< examples meet nowhere but in the loss, a sum over them
  std::int64_t steps = 4;  ///< on the time axis
  bool recurrent = false;  ///< also two recurrences over steps of what is there
};

/// A graph of random operations of all kinds on batched and shared values, with and without a
/// ragged time axis; the same for the same seed and compiler. Its outputs are some of its
/// values, sources among them, and the shared number `loss`; it has a state. Feed it with `Feeds`.
Graph random_graph(std::uint32_t seed, RandomGraphOptions options = {});

}  // namespace unfold::support
