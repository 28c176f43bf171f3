#pragma once

#include <vector>

#include "graph/plan.h"

namespace unfold {

/// Bytes that a call uses, within memory that is known by the value that owns it.
struct Footprint {
  std::uint32_t root = 0;  ///< a value with memory of its own, or a sum over the batch
  std::int64_t begin = 0, end = 0;
  bool writes = false;

  bool meets(std::int64_t from, std::int64_t to) const { return from < end && begin < to; }
};

/// Where the values of a plan lie in memory, for one example. Since no view mixes examples, values
/// that do not overlap there never do.
class Footprints {
 public:
  explicit Footprints(const Plan& plan);

  /// Of all that a call reads and writes.
  std::vector<Footprint> of(const Call& call) const;
  /// The slot behind a root and whether it is in a shard's arena; no_slot if it has none.
  std::pair<std::int32_t, bool> slot_of(std::uint32_t root) const;

 private:
  const Plan& plan_;
  std::vector<Footprint> by_value_;
};

}  // namespace unfold
