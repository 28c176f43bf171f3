#pragma once

#include <optional>
#include <vector>

#include "graph/feed.h"
#include "graph/homes.h"
#include "graph/plan.h"

namespace unfold {

/// Memory that executors of several plans use in turn, as large as the largest of them needs.
class Workspace {
 private:
  friend class Arenas;
  std::vector<Tensor> blocks_;  ///< of the shared arena, then of each shard's
  const void* user_ = nullptr;  ///< whose arenas were used last
};

/// Memory for the slots of the shared values or of one shard, at a given number of examples, and
/// the views of the values in it. A shard's views are those of all values, shared ones too.
struct Arena {
  std::int64_t first = 0;  ///< the shard's first example in the batch
  std::int64_t examples = 0;
  const void* memory = nullptr;  ///< where the workspace's block was when the slots were laid out
  std::int64_t bytes = 0;        ///< that the slots take of it
  std::vector<std::byte*> slots;
  std::optional<ViewMaker> maker;  ///< keeps the strides
  std::vector<View> views;         ///< by value
};

/// The arenas of a plan that runs on batches cut into shards. Views stay from run to run while the
/// batch has the same size; only what the feed gives and what the caller takes moves.
class Arenas {
 public:
  /// The plan and the workspace must outlive this.
  Arenas(const Plan& plan, Workspace& workspace, int shards);

  /// Lays the arenas out for the feed's batch if they are not, and points them to its tensors.
  /// Throws Error when the feed lacks something or has it in the wrong shape. Whether what the
  /// last run left in the shared arena is still there.
  bool bind(const Feed& feed);
  /// Where a shared value that is handed out is to be written.
  void hand_out(ValueId value, Tensor& to);

  const Arena& shared() const { return shared_; }
  /// One for each shard; those of a small batch may have no examples.
  const std::vector<Arena>& shards() const { return shards_; }
  /// A shard's part of a sum over the batch.
  View partial(NodeId sum, const Arena& shard) const;
  /// Of all arenas, as they were laid out.
  std::int64_t bytes() const;

 private:
  void lay_out(std::int64_t batch);
  void lay_out_slots(Arena& arena, const std::vector<Slot>& wanted, Tensor& block) const;
  void place_values(Arena& arena, bool batched) const;
  void fill_uniforms() const;
  bool memory_moved() const;
  void point_to(std::size_t source, const void* data);
  void move(Arena& arena, ValueId value, std::byte* to) const;

  const Plan& plan_;
  const Graph& graph_;
  Workspace& workspace_;
  std::int64_t batch_ = -1;         ///< the size of the batch that the arenas are laid out for
  std::vector<const void*> given_;  ///< where the feed's tensors were in the last run
  Arena shared_;
  std::vector<Arena> shards_;
};

}  // namespace unfold
