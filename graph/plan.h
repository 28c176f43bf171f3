#pragma once

#include <vector>

#include "graph/graph.h"

namespace unfold {

/// One kernel call of a plan: computes `node`, or adds its sum over the shard's examples to the
/// shard's part of the batch_sum `sums_into`. A `fused` sum comes straight from the node's
/// sum_kernel, and the node's value is never made.
struct Call {
  NodeId node;
  NodeId sums_into = no_node;
  bool fused = false;
  bool first = false;  ///< the first that adds to `sums_into`: clears it before
};

/// Calls that run together: a shared phase once, a batched phase by each shard of the batch.
struct Phase {
  bool batched = false;
  std::vector<Call> calls;
  /// The sums over the batch that are complete after this phase: each shard's part is then added to
  /// the others', in the order of the shards.
  std::vector<NodeId> sums;
};

/// A piece of an arena that several nodes use one after another. Its size is
/// `shared + batch * per_example` bytes, rounded up to a cache line.
struct Slot {
  std::int64_t shared = 0;
  std::int64_t per_example = 0;
};

inline constexpr std::int32_t no_slot = -1;

/// How to run a graph: phases in order, and where each value lives. Made for one number of steps,
/// it serves any batch size. Shared values live in one arena, batched ones in an arena for each
/// shard; a sum over the batch has a place in both.
struct Plan {
  Graph graph;
  DType precision = DType::f32;
  std::vector<Phase> phases;
  std::vector<Slot> shared_slots, shard_slots;
  std::vector<NodeId> bound;               ///< sources that the feed provides
  std::vector<std::int32_t> slot;          ///< by node, in its own arena; no_slot: bound or unused
  std::vector<std::int32_t> partial_slot;  ///< by node, a batch_sum's part in the shard's arena

  /// Bytes of both arenas for a batch cut into `shards`.
  std::int64_t bytes(std::int64_t batch, int shards) const;
};

/// Plans the nodes that the outputs need. Calls keep the order of the graph within a phase; a slot
/// is used again as soon as the last reader of its value has run.
Plan make_plan(Graph graph, DType precision);

/// The plan as text: phases, calls with their slots, sizes.
std::string print(const Plan& plan);

}  // namespace unfold
