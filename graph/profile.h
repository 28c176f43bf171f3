#pragma once

#include <cstddef>
#include <vector>

namespace unfold {

/// How long an executor's runs took, added up from run to run. Calls are counted through the phases
/// of the plan, a phase's direct sums after its other calls: call k of phase p has the index of
/// phase p's first call plus k.
struct Profile {
  std::vector<std::vector<double>>
      seconds;       ///< by shard, then by call; what is no shard's: shard 0
  double total = 0;  ///< of whole runs, by the clock
};

}  // namespace unfold
