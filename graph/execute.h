#pragma once

#include <map>
#include <memory>
#include <vector>

#include "graph/arenas.h"
#include "graph/feed.h"
#include "graph/plan.h"
#include "graph/profile.h"
#include "graph/scheduler.h"

namespace unfold {

/// Runs a plan on batches. A batch is cut into `shards` runs of consecutive examples; each shard
/// runs the batched phases in its own arena, and sums over the batch add the shards' parts in their
/// order. So results depend on the number of shards, never on the number of threads. Memory is kept
/// from one run to the next. A run has the libraries behind matrix products (OpenBLAS, and OpenMP
/// on the calling thread) work on one thread from then on, since threads of their own would get in
/// the way of the scheduler's.
class Executor {
 public:
  /// The plan, the scheduler and the workspace must outlive the executor, and stay where they are.
  /// Without a workspace it has one of its own. Throws Error without a shard.
  Executor(const Plan& plan, Scheduler& scheduler, int shards, Workspace* workspace = nullptr);
  Executor(Plan&& plan, Scheduler&, int, Workspace* = nullptr) = delete;
  ~Executor();
  Executor(Executor&&) noexcept;

  /// Computes the graph's outputs into `results`, by name, reusing tensors of the right shape that
  /// are there. A batched output has the batch as its first dimension. Throws Error when the feed
  /// lacks something or has it in the wrong shape.
  void run(const Feed& feed, std::map<Symbol, Tensor>& results);

  /// Of the arenas that the last run used, as they were allocated.
  std::int64_t bytes() const;

  /// From now on each run adds its times to `profile`, which must outlive them; null: to none.
  void set_profile(Profile* profile);

 private:
  class Run;
  /// What a thread needs for a call, kept to save allocations; in a cache line of its own.
  struct alignas(64) Scratch {
    std::vector<View> operands;
  };

  const Plan& plan_;
  Scheduler& scheduler_;
  std::unique_ptr<Workspace> own_workspace_;
  std::unique_ptr<Arenas> arenas_;
  bool keeps_first_;              ///< the first phase makes only what stays while parameters do
  std::uint64_t version_ = 0;     ///< of the feed that the first phase ran with; 0: it must run
  std::vector<Scratch> scratch_;  ///< by shard or lane
  std::vector<std::int64_t> ends_of_jobs_;
  Profile* profile_ = nullptr;
};

}  // namespace unfold
