#include "graph/execute.h"

#include <cassert>
#include <cstring>

namespace unfold {

/// Memory for the slots of one arena, at a given number of examples, and the views of the values in
/// it. A shard's views are those of every node that its phases read, shared ones too.
struct Executor::Arena {
  std::int64_t first = 0;  ///< the shard's first example in the batch
  std::int64_t examples = 0;
  Tensor memory;
  std::vector<std::byte*> slots;
  std::vector<View> views;     ///< by node
  std::vector<View> operands;  ///< of one call; kept to save allocations

  void lay_out(const std::vector<Slot>& wanted) {
    const auto rounded = [&](const Slot& s) {
      return (s.shared + s.per_example * examples + 63) / 64 * 64;
    };
    std::int64_t total = 0;
    for (const Slot& s : wanted) total += rounded(s);
    if (static_cast<std::int64_t>(memory.bytes()) < total)
      memory = Tensor(DType::f64, {(total + 7) / 8});
    slots.clear();
    auto* at = static_cast<std::byte*>(memory.data());
    for (const Slot& s : wanted) {
      slots.push_back(at);
      at += rounded(s);
    }
  }
};

/// One run: binds the sources, walks the phases, copies the outputs.
class Executor::Run {
 public:
  Run(Executor& executor, const Feed& feed)
      : e_(executor), plan_(executor.plan_), graph_(plan_.graph), feed_(feed) {}

  // Views stay from run to run while the batch has the same size; only the sources move.
  void bind() {
    std::vector<const Tensor*> given;
    for (const NodeId id : plan_.bound)
      given.push_back(unfold::bound(graph_, id, feed_, plan_.precision));
    if (e_.batch_ != feed_.batch) lay_out();
    for (std::size_t i = 0; i < given.size(); ++i) point_to(plan_.bound[i], *given[i]);
  }

  void execute() {
    for (const Phase& phase : plan_.phases) {
      if (!phase.batched) {
        e_.scheduler_.run(1, [&](std::int64_t) {
          for (const Call& call : phase.calls) run_call(call, *e_.shared_);
        });
        continue;
      }
      e_.scheduler_.run(static_cast<std::int64_t>(e_.shards_.size()), [&](std::int64_t k) {
        Arena& arena = e_.shards_[static_cast<std::size_t>(k)];
        if (arena.examples > 0)
          for (const Call& call : phase.calls) run_call(call, arena);
      });
      for (const NodeId sum : phase.sums) reduce(sum);
    }
  }

  void collect(std::map<Symbol, Tensor>& results) const {
    for (const Output& o : graph_.outputs) {
      const Type& type = graph_.type(o.node);
      Dims dims = type.sizes();
      if (type.batched) dims.insert(dims.begin(), feed_.batch);
      const DType dtype = type.kind == Kind::index ? DType::i32 : plan_.precision;
      Tensor& t = results[o.name];
      if (t.dims() != dims || t.dtype() != dtype) t = Tensor(dtype, dims);
      if (!type.batched) {
        std::memcpy(t.data(), e_.shared_->views[o.node].data, t.bytes());
        continue;
      }
      const std::size_t one =
          feed_.batch == 0 ? 0 : t.bytes() / static_cast<std::size_t>(feed_.batch);
      for (const Arena& arena : e_.shards_)
        std::memcpy(static_cast<std::byte*>(t.data()) + one * static_cast<std::size_t>(arena.first),
                    arena.views[o.node].data, one * static_cast<std::size_t>(arena.examples));
    }
  }

 private:
  View view(NodeId id, std::int64_t examples) const {
    const Type& type = graph_.type(id);
    View v;
    v.dtype = type.kind == Kind::index ? DType::i32 : plan_.precision;
    v.batched = type.batched;
    v.batch = type.batched ? examples : 1;
    v.sizes = e_.sizes_[graph_.node(id).type];
    return v;
  }

  void lay_out() {
    e_.batch_ = -1;  // stays so if memory runs out
    e_.shared_->lay_out(plan_.shared_slots);
    e_.shared_->views.resize(graph_.size());
    set_views(*e_.shared_, false);
    const auto shards = static_cast<std::int64_t>(e_.shards_.size());
    for (std::int64_t k = 0; k < shards; ++k) {
      Arena& arena = e_.shards_[static_cast<std::size_t>(k)];
      arena.first = feed_.batch * k / shards;
      arena.examples = feed_.batch * (k + 1) / shards - arena.first;
      arena.lay_out(plan_.shard_slots);
      arena.views = e_.shared_->views;
      set_views(arena, true);
    }
    e_.batch_ = feed_.batch;
  }

  void set_views(Arena& arena, bool batched) const {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (graph_.type(id).batched != batched) continue;
      View& v = arena.views[id] = view(id, arena.examples);
      if (plan_.slot[id] != no_slot) v.data = arena.slots[static_cast<std::size_t>(plan_.slot[id])];
    }
  }

  void point_to(NodeId source, const Tensor& t) {
    // Kernels only read their operands; the view is mutable for the results' sake.
    auto* data = const_cast<std::byte*>(static_cast<const std::byte*>(t.data()));
    const bool batched = graph_.type(source).batched;
    e_.shared_->views[source].data = data;
    for (Arena& arena : e_.shards_) {
      View& v = arena.views[source];
      const std::int64_t skipped = batched ? arena.first * v.example_size() : 0;
      v.data = data + static_cast<std::size_t>(skipped) * size_of(v.dtype);
    }
  }

  View partial(NodeId sum, Arena& arena) const {
    View v = view(sum, 1);
    v.data = arena.slots[static_cast<std::size_t>(plan_.partial_slot[sum])];
    return v;
  }

  void run_call(const Call& call, Arena& arena) const {
    std::vector<View>& in = arena.operands;
    in.clear();
    RunKey key = feed_.key;
    key.first_example += arena.first;
    if (call.sums_into != no_node && !call.fused)
      in.push_back(arena.views[call.node]);
    else
      for (const NodeId i : graph_.inputs(call.node)) in.push_back(arena.views[i]);
    const Attributes& attributes = graph_.attributes(call.node);
    const OpDef& op = *graph_.node(call.node).op;
    if (call.sums_into == no_node) {
      op.kernel({in, arena.views[call.node], attributes, key});
      return;
    }
    const View out = partial(call.sums_into, arena);
    if (call.first)
      std::memset(out.data, 0, static_cast<std::size_t>(out.size()) * size_of(out.dtype));
    if (call.fused)
      op.sum_kernel({in, out, attributes, key});
    else
      graph_.node(call.sums_into).op->kernel({in, out, attributes, key});
  }

  // The shards' parts in the order of the shards, whoever computed them.
  void reduce(NodeId sum) {
    const View& out = e_.shared_->views[sum];
    const auto size = static_cast<std::size_t>(out.size());
    std::memset(out.data, 0, size * size_of(out.dtype));
    for (Arena& arena : e_.shards_) {
      if (arena.examples == 0) continue;
      const View part = partial(sum, arena);
      if (out.dtype == DType::f64)
        for (std::size_t i = 0; i < size; ++i) out.as<double>()[i] += part.as<double>()[i];
      else
        for (std::size_t i = 0; i < size; ++i) out.as<float>()[i] += part.as<float>()[i];
    }
    for (Arena& arena : e_.shards_) arena.views[sum] = out;
  }

  Executor& e_;
  const Plan& plan_;
  const Graph& graph_;
  const Feed& feed_;
};

Executor::Executor(const Plan& plan, Scheduler& scheduler, int shards)
    : plan_(plan),
      scheduler_(scheduler),
      shared_(std::make_unique<Arena>()),
      shards_(static_cast<std::size_t>(shards)) {
  assert(shards > 0);
  for (std::uint32_t t = 0; t < plan.graph.type_count(); ++t)
    sizes_.push_back(plan.graph.type_at(t).sizes());
}

Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

void Executor::run(const Feed& feed, std::map<Symbol, Tensor>& results) {
  Run run(*this, feed);
  run.bind();
  run.execute();
  run.collect(results);
}

}  // namespace unfold
