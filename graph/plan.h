#pragma once

#include <vector>

#include "graph/fused.h"
#include "graph/graph.h"

namespace unfold {

/// A value of a plan, by its number in Plan::homes.
using ValueId = std::uint32_t;
inline constexpr ValueId no_value = 0xffffffffu;
inline constexpr std::int32_t no_slot = -1;

/// Where a value lives: in memory of its own, in what the feed gives, or in the memory of another
/// value, as a view of it or as a part that is written in place.
struct Home {
  enum class Kind : std::uint8_t { own, bound, view, part };
  Kind kind = Kind::own;
  bool batched = false;
  bool time_major = false;  ///< own: the first dimension, a time axis, is outside of the batch
  bool uniform = false;     ///< own: one number stands for all
  bool handed_out = false;  ///< own: an output, written where the caller wants it
  std::uint32_t type = 0;   ///< in the graph's table
  NodeId via = no_node;     ///< view, part: whose operation tells how; bound, uniform: the source
  ValueId of = no_value;    ///< view, part: the value in whose memory it lives
  std::uint32_t index = 0;  ///< part: which operand of `via`
  std::int32_t slot = no_slot;  ///< own
  std::int64_t prepared = 0;    ///< own: numbers of an operand's prepared form; else as the type
};

/// One kernel call of a plan. Its operands and results are listed in Plan::operands.
struct Call {
  enum class Kind : std::uint8_t {
    kernel,     ///< computes `node`; the last operand is the result
    prepare,    ///< the first operand\'s prepared form for the kernel of `node`, into the second
    fused,      ///< runs `program`; operands and results are the program's memory
    copy,       ///< the first operand into the second
    sum,        ///< adds the sum over the shard's examples of the one operand to `sum`
    fused_sum,  ///< adds the sum of `node`, straight from its operands, without making it
  };
  Kind kind = Kind::kernel;
  bool prepared = false;  ///< kernel: the operand before the result is a prepared form
  bool first = false;     ///< the first that adds to `sum`; it may find anything there
  NodeId node = no_node;
  NodeId sum = no_node;  ///< the batch_sum
  std::uint32_t program = 0;
  std::uint32_t first_operand = 0, operand_count = 0;
};

/// A call of a phase, or a thread's share of it.
struct LaneStep {
  std::uint32_t call = 0;  ///< by its place in the phase
  Share share;
};

/// The calls of a phase dealt out to threads that work side by side: each lane's steps in their
/// order, which is that of the phase.
struct Lanes {
  std::vector<std::vector<LaneStep>> steps;  ///< by lane
  /// By lane, for each step one number for each lane: so many steps of that lane must be done
  /// before it, because it reads what they write, or writes what they use.
  std::vector<std::vector<std::uint32_t>> after;

  bool empty() const { return steps.empty(); }
};

/// Calls that run together: a shared phase once, a batched phase by each shard of the batch.
struct Phase {
  bool batched = false;
  std::vector<Call> calls;
  /// How threads share the calls where there is one arena to run them in: in a shared phase, and
  /// when the batch is not cut. Empty: one after another is as fast.
  Lanes lanes;
  /// The sums over the batch that are complete after this phase: each shard's part is then added to
  /// the others', in the order of the shards.
  std::vector<NodeId> sums;
  /// Then sums for which shards have no parts of their own, since each touches little of the result
  /// or the result is larger than what it is made of: each shard's examples are added in turn.
  std::vector<Call> direct_sums;

  std::size_t call_count() const { return calls.size() + direct_sums.size(); }
};

/// A piece of an arena that several values use one after another. Its size is
/// `shared + batch * per_example` bytes, rounded up to a cache line.
struct Slot {
  std::int64_t shared = 0;
  std::int64_t per_example = 0;

  bool operator==(const Slot&) const = default;
};

/// How to run a graph: phases in order, and where each value lives. Made for one number of steps,
/// it serves any batch size. Shared values live in one arena, batched ones in an arena for each
/// shard; a sum over the batch has a place in both.
struct Plan {
  Graph graph;
  DType precision = DType::f32;
  Products products = Products::full;  ///< with `precision` f32
  std::vector<Phase> phases;
  std::vector<FusedProgram> programs;
  std::vector<ValueId> operands;
  std::vector<Home> homes;
  std::vector<ValueId> order;     ///< all values, each after the one in whose memory it lives
  std::vector<ValueId> value_of;  ///< by node; no_value for what never is in memory
  /// By value, of those that live in memory from outside (given by the feed, or handed out): the
  /// views that show it.
  std::vector<std::vector<ValueId>> seen_through;
  std::vector<Slot> shared_slots, shard_slots;
  std::vector<NodeId> bound;               ///< sources that the feed provides
  std::vector<std::int32_t> partial_slot;  ///< by node, a batch_sum's part in the shard's arena

  /// Whether the first phase is shared and makes nothing that is handed out: its values depend on
  /// shared sources only and stay in memory until the next run.
  bool keeps_first_phase() const;
  /// The values that a call reads, and those that it writes.
  std::span<const ValueId> reads(const Call& call) const;
  std::span<const ValueId> writes(const Call& call) const;
  /// Bytes of both arenas for a batch cut into `shards`.
  std::int64_t bytes(std::int64_t batch, int shards) const;
  /// About how many bytes the plan itself takes, with the views of an executor of so many shards.
  std::int64_t own_bytes(int shards) const;
};

/// What a plan may leave out of memory and time, and of precision; without any of it a plan is
/// still right.
struct PlanOptions {
  bool fuse_elementwise = true;  ///< what grouping.h joins is one call
  bool views = true;             ///< slices, steps of sequences and the like need no call
  /// Parts of what is stacked or joined are computed in its memory, or written there too by the
  /// kernel that makes them, and elementwise results in that of an operand that nothing reads
  /// again.
  bool in_place = true;
  /// Threads that there will be. With more than one, phases have lanes where they gain by it; no
  /// bit of a result changes.
  int lanes = 1;
  /// Batches will be cut into a shard for each of them, so that only shared phases have lanes.
  bool cut_batches = false;
  double meeting = 10;  ///< microseconds that it takes threads to come together
  /// Runs share parameters (Feed::version), so that what is made of these alone pays off even for
  /// a single reader.
  bool parameters_stay = false;
  Products products = Products::full;  ///< of no effect in double precision
};

/// Plans the nodes that the outputs need. Elementwise operations on one shape that feed each other
/// or read the same numbers become one call; slices, steps of sequences and the like are views, and
/// parts of what is stacked or joined are computed in their places, so that neither needs a call. A
/// slot is used again as soon as the last reader of its value has run. Throws Error for a graph
/// with unknown sizes, or with outputs that it has not.
Plan make_plan(Graph graph, DType precision, const PlanOptions& options = {});

/// The plan as text: phases, calls with where their results live, sizes.
std::string print(const Plan& plan);

}  // namespace unfold
