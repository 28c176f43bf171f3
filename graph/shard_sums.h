#pragma once

#include <vector>

#include "graph/arenas.h"
#include "graph/feed.h"
#include "graph/plan.h"
#include "graph/profile.h"
#include "graph/scheduler.h"

namespace unfold {

/// What ends a phase: the sums over the batch that the shards' parts make, and those to which the
/// shards' examples are added without parts. Either goes through the shards in their order, so that
/// the bits do not depend on who does it; threads share the numbers of a sum.
class ShardSums {
 public:
  /// Of one run. `profile` may be null; `ends` is memory that is kept from run to run.
  ShardSums(const Plan& plan, const Arenas& arenas, const Feed& feed, Scheduler& scheduler,
            Profile* profile, std::vector<std::int64_t>& ends)
      : plan_(plan),
        arenas_(arenas),
        feed_(feed),
        scheduler_(scheduler),
        profile_(profile),
        ends_(ends) {}

  /// The parts.
  void reduce(const Phase& phase) const;
  /// The phase's direct sums, of which the first has this index among the plan's calls.
  void add_directly(const Phase& phase, std::size_t index) const;

 private:
  template <class Pieces, class Job>
  void share_out(std::size_t count, const Pieces& pieces, const Job& job) const;
  void add_shards(const Call& call, Share share) const;
  bool is_set_later(const Phase& phase, NodeId sum) const;
  void reduce(NodeId sum, std::int64_t begin, std::int64_t end) const;

  const Plan& plan_;
  const Arenas& arenas_;
  const Feed& feed_;
  Scheduler& scheduler_;
  Profile* profile_;
  std::vector<std::int64_t>& ends_;
};

}  // namespace unfold
