#pragma once

#include <cstddef>
#include <vector>

namespace unfold {

/// How long an executor's runs took, added up from run to run. Calls are counted through the phases
/// of the plan, a phase's direct sums after its other calls: call k of phase p has the index of
/// phase p's first call plus k.
struct Profile {
  /// By shard or lane, then by call; a direct sum's: the first.
  std::vector<std::vector<double>> seconds;
  double total = 0;  ///< of whole runs, by the clock
};

}  // namespace unfold
