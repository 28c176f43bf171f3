#pragma once

#include <map>
#include <memory>
#include <vector>

#include "graph/feed.h"
#include "graph/plan.h"
#include "graph/profile.h"
#include "graph/scheduler.h"

namespace unfold {

/// Memory that executors of several plans use in turn, as large as the largest of them needs.
class Workspace {
 public:
  Workspace();
  ~Workspace();

 private:
  friend class Executor;
  std::vector<Tensor> blocks_;  ///< of the shared arena, then of each shard's
  const void* user_ = nullptr;  ///< the executor that ran last
};

/// Runs a plan on batches. A batch is cut into `shards` runs of consecutive examples; each shard
/// runs the batched phases in its own arena, and sums over the batch add the shards' parts in their
/// order. So results depend on the number of shards, never on the number of threads. Memory is kept
/// from one run to the next.
class Executor {
 public:
  /// The plan, the scheduler and the workspace must outlive the executor. Without a workspace it
  /// has one of its own.
  Executor(const Plan& plan, Scheduler& scheduler, int shards, Workspace* workspace = nullptr);
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
  struct Arena;
  class Run;

  const Plan& plan_;
  Scheduler& scheduler_;
  std::unique_ptr<Workspace> own_workspace_;
  Workspace& workspace_;
  std::int64_t batch_ = -1;         ///< the size of the batch that the arenas are laid out for
  bool keeps_first_;                ///< the first phase makes only what stays while parameters do
  std::uint64_t version_ = 0;       ///< of the feed that the first phase ran with; 0: it must run
  std::vector<const void*> given_;  ///< where the feed's tensors were in the last run
  std::unique_ptr<Arena> shared_;
  std::vector<Arena> shards_;
  Profile* profile_ = nullptr;
};

}  // namespace unfold
