#include "graph/execute.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "graph/homes.h"
#include "graph/slots.h"

namespace unfold {

namespace {

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

std::byte nowhere{};  // stands for memory that is not known yet

}  // namespace

/// Memory for the slots of one arena, at a given number of examples, and the views of the values in
/// it. A shard's views are those of all values, shared ones too.
struct Executor::Arena {
  std::int64_t first = 0;  ///< the shard's first example in the batch
  std::int64_t examples = 0;
  const void* memory = nullptr;  ///< where the workspace's block was when the slots were laid out
  std::int64_t bytes = 0;        ///< that the slots take of it
  std::vector<std::byte*> slots;
  std::optional<ViewMaker> maker;  ///< keeps the strides
  std::vector<View> views;         ///< by value
  std::vector<View> operands;      ///< of one call; kept to save allocations

  void lay_out(const std::vector<Slot>& wanted, Tensor& block) {
    const auto size = [&](const Slot& s) {
      return cache_lines(s.shared + s.per_example * examples);
    };
    bytes = 0;
    for (const Slot& s : wanted) bytes += size(s);
    if (static_cast<std::int64_t>(block.bytes()) < bytes) {
      block = Tensor();  // before the larger one: both need not fit
      block = Tensor(DType::f64, {(bytes + 7) / 8});
    }
    memory = block.data();
    slots.clear();
    auto* at = static_cast<std::byte*>(block.data());
    for (const Slot& s : wanted) {
      slots.push_back(at);
      at += size(s);
    }
  }
};

/// One run: binds the sources, walks the phases, copies the outputs.
class Executor::Run {
 public:
  Run(Executor& executor, const Feed& feed)
      : e_(executor), plan_(executor.plan_), graph_(plan_.graph), feed_(feed) {}

  // Views stay from run to run while the batch has the same size; only what the feed gives and what
  // the caller takes moves.
  void bind(std::map<Symbol, Tensor>& results) {
    std::vector<const Tensor*> given;
    for (const NodeId id : plan_.bound)
      given.push_back(unfold::bound(graph_, id, feed_, plan_.precision));
    if (e_.batch_ != feed_.batch || memory_moved()) {
      lay_out();
      e_.version_ = 0;
    } else if (e_.workspace_.user_ != &e_) {
      fill_uniforms();
      e_.version_ = 0;
    }
    e_.workspace_.user_ = &e_;
    for (std::size_t i = 0; i < given.size(); ++i) point_to(i, given[i]->data());
    for (const Output& o : graph_.outputs) {
      const Type& type = graph_.type(o.node);
      Dims dims = type.sizes();
      if (type.batched) dims.insert(dims.begin(), feed_.batch);
      const DType dtype = type.kind == Kind::index ? DType::i32 : plan_.precision;
      Tensor& t = results[o.name];
      if (t.dims() != dims || t.dtype() != dtype) t = Tensor(dtype, dims);
      results_.push_back(&t);
      const ValueId value = plan_.value_of[o.node];
      if (plan_.homes[value].handed_out) move_everywhere(value, static_cast<std::byte*>(t.data()));
    }
  }

  void execute() {
    std::size_t first = 0;  // index of the phase's first call
    for (const Phase& phase : plan_.phases) {
      const std::size_t index = std::exchange(first, first + phase.call_count());
      if (&phase == plan_.phases.data() && e_.keeps_first_) {
        if (feed_.version != 0 && e_.version_ == feed_.version) continue;
        e_.version_ = feed_.version;
      }
      if (!phase.batched) {
        e_.scheduler_.run(1, [&](std::int64_t) { run_calls(phase, index, *e_.shared_, 0); });
        continue;
      }
      e_.scheduler_.run(static_cast<std::int64_t>(e_.shards_.size()), [&](std::int64_t k) {
        Arena& arena = e_.shards_[static_cast<std::size_t>(k)];
        if (arena.examples > 0) run_calls(phase, index, arena, static_cast<std::size_t>(k));
      });
      for (const NodeId sum : phase.sums) reduce(phase, sum);
      for (std::size_t k = 0; k < phase.direct_sums.size(); ++k)
        add_directly(phase.direct_sums[k], index + phase.calls.size() + k);
    }
  }

  void collect() const {
    e_.scheduler_.run(std::ssize(results_), [&](std::int64_t k) {
      const auto i = static_cast<std::size_t>(k);
      collect(graph_.outputs[i].node, *results_[i]);
    });
  }

 private:
  // Copies a value into the examples of a dense tensor that begin with `first`.
  static void copy_to(const View& from, Tensor& t, std::int64_t first) {
    std::array<std::int64_t, max_rank + 1> strides{};
    View to = from;
    dense_strides(to.sizes, to.batched, to.batch, false, strides);
    to.strides = std::span(strides).first(to.sizes.size() + 1);
    to.data = static_cast<std::byte*>(t.data()) +
              first * to.example_size() * static_cast<std::int64_t>(size_of(t.dtype()));
    copy(from, to);
  }

  void collect(NodeId node, Tensor& to) const {
    const ValueId value = plan_.value_of[node];
    if (!graph_.type(node).batched) {
      if (e_.shared_->views[value].data != to.data()) copy_to(e_.shared_->views[value], to, 0);
      return;
    }
    for (const Arena& arena : e_.shards_)
      if (arena.examples > 0) copy_to(arena.views[value], to, arena.first);
  }

  void lay_out() {
    e_.batch_ = -1;  // stays so if memory runs out
    Arena& shared = *e_.shared_;
    shared.lay_out(plan_.shared_slots, e_.workspace_.blocks_[0]);
    place_values(shared, false);
    const auto shards = static_cast<std::int64_t>(e_.shards_.size());
    for (std::int64_t k = 0; k < shards; ++k) {
      Arena& arena = e_.shards_[static_cast<std::size_t>(k)];
      arena.first = feed_.batch * k / shards;
      arena.examples = feed_.batch * (k + 1) / shards - arena.first;
      arena.lay_out(plan_.shard_slots, e_.workspace_.blocks_[static_cast<std::size_t>(k) + 1]);
      arena.views = shared.views;
      place_values(arena, true);
    }
    fill_uniforms();
    e_.given_.assign(plan_.bound.size(), nullptr);
    e_.batch_ = feed_.batch;
  }

  bool memory_moved() const {
    const auto& blocks = e_.workspace_.blocks_;
    bool moved = e_.shared_->memory != blocks[0].data();
    for (std::size_t k = 0; k < e_.shards_.size(); ++k)
      moved = moved || e_.shards_[k].memory != blocks[k + 1].data();
    return moved;
  }

  // Views of what the arena holds. What comes from outside starts nowhere, and moves later.
  void place_values(Arena& arena, bool batched) const {
    arena.maker.emplace(graph_, plan_.precision, batched ? arena.examples : 1);
    arena.views.resize(plan_.homes.size());
    for (const ValueId v : plan_.order) {
      const Home& home = plan_.homes[v];
      if (home.batched != batched) continue;
      View& view = arena.views[v] =
          arena.maker->make(home, home.of == no_value ? View{} : arena.views[home.of]);
      if (home.kind == Home::Kind::bound || home.handed_out) view.data = &nowhere;
      if (home.slot == no_slot) continue;
      const Arena& owner = home.uniform ? *e_.shared_ : arena;
      view.data = owner.slots[static_cast<std::size_t>(home.slot)];
    }
  }

  // Numbers that stand for all elements of their values; they stay until another plan runs.
  void fill_uniforms() const {
    const std::int64_t stride = 0;
    for (ValueId v = 0; v < plan_.homes.size(); ++v) {
      const Home& home = plan_.homes[v];
      if (!home.uniform) continue;
      View one;
      one.dtype = graph_.type_at(home.type).kind == Kind::index ? DType::i32 : plan_.precision;
      one.data = e_.shared_->slots[static_cast<std::size_t>(home.slot)];
      one.strides = {&stride, 1};
      graph_.node(home.via).op->kernel({{}, one, graph_.attributes(home.via), {}});
    }
  }

  // Moves a source and all that is seen through it.
  void point_to(std::size_t source, const void* data) {
    if (e_.given_[source] == data) return;
    // Kernels only read their operands; the view is mutable for the results' sake.
    auto* bytes = const_cast<std::byte*>(static_cast<const std::byte*>(data));
    const ValueId value = plan_.value_of[plan_.bound[source]];
    move(*e_.shared_, value, bytes);
    for (Arena& arena : e_.shards_) {
      const View& v = arena.views[value];
      const std::int64_t skipped = v.batched ? arena.first * v.example_size() : 0;
      move(arena, value, bytes + skipped * static_cast<std::int64_t>(size_of(v.dtype)));
    }
    e_.given_[source] = data;
  }

  // A shared value.
  void move_everywhere(ValueId value, std::byte* to) const {
    if (e_.shared_->views[value].data == to) return;
    move(*e_.shared_, value, to);
    for (Arena& arena : e_.shards_) move(arena, value, to);
  }

  void move(Arena& arena, ValueId value, std::byte* to) const {
    auto* from = static_cast<std::byte*>(arena.views[value].data);
    arena.views[value].data = to;
    for (const ValueId v : plan_.seen_through[value])
      arena.views[v].data = to + (static_cast<std::byte*>(arena.views[v].data) - from);
  }

  View partial(NodeId sum, Arena& arena) const {
    View v = e_.shared_->views[plan_.value_of[sum]];
    v.data = arena.slots[static_cast<std::size_t>(plan_.partial_slot[sum])];
    return v;
  }

  void run_calls(const Phase& phase, std::size_t first, Arena& arena, std::size_t shard) const {
    if (e_.profile_ == nullptr) {
      for (const Call& call : phase.calls) run_call(call, arena);
      return;
    }
    double* seconds = e_.profile_->seconds[shard].data() + first;
    double before = now();
    for (const Call& call : phase.calls) {
      run_call(call, arena);
      const double after = now();
      *seconds++ += after - before;
      before = after;
    }
  }

  void run_call(const Call& call, Arena& arena) const {
    std::vector<View>& memory = arena.operands;
    memory.clear();
    for (std::uint32_t k = 0; k < call.operand_count; ++k)
      memory.push_back(arena.views[plan_.operands[call.first_operand + k]]);
    if (call.kind == Call::Kind::fused) {
      run_fused(plan_.programs[call.program], memory);
      return;
    }
    if (call.kind == Call::Kind::copy) {
      copy(memory[0], memory[1]);
      return;
    }
    RunKey key = feed_.key;
    key.first_example += arena.first;
    const Attributes& attributes = graph_.attributes(call.node);
    const OpDef& op = *graph_.node(call.node).op;
    if (call.kind == Call::Kind::kernel) {
      const View out = memory.back();
      memory.pop_back();
      const void* prepared = call.prepared ? memory.back().data : nullptr;
      if (call.prepared) memory.pop_back();
      op.kernel({memory, out, attributes, key, false, prepared});
      return;
    }
    if (call.kind == Call::Kind::prepare) {
      op.preparation->make(memory[0], attributes, memory[1].data);
      return;
    }
    const View out = partial(call.sum, arena);
    const auto kernel =
        call.kind == Call::Kind::fused_sum ? op.sum_kernel : graph_.node(call.sum).op->kernel;
    kernel({memory, out, attributes, key, call.first});
  }

  // Some columns of a view; all where none are named.
  struct Columns {
    std::int64_t begin = 0, end = 0;
  };

  class Cut {
   public:
    Cut(const View& v, Columns columns) : view(v) {
      if (columns.end == 0) return;
      std::copy(v.sizes.begin(), v.sizes.end(), sizes_.begin());
      sizes_[v.sizes.size() - 1] = columns.end - columns.begin;
      view.sizes = std::span(sizes_).first(v.sizes.size());
      view.data = static_cast<std::byte*>(v.data) +
                  columns.begin * v.strides.back() * static_cast<std::int64_t>(size_of(v.dtype));
    }
    View view;

   private:
    std::array<std::int64_t, max_rank> sizes_{};
  };

  // The shards' examples in the order of the shards; by columns, always the same ones, where the
  // operation can.
  void add_directly(const Call& call, std::size_t index) const {
    const View& sum = e_.shared_->views[plan_.value_of[call.sum]];
    const auto add = [&](Columns columns) {
      const double before = e_.profile_ != nullptr ? now() : 0;
      add_shards(call, sum, columns);
      if (e_.profile_ != nullptr)
        std::atomic_ref(e_.profile_->seconds[0][index]).fetch_add(now() - before);
    };
    if (!graph_.node(call.node).op->sums_columns)
      return e_.scheduler_.run(1, [&](std::int64_t) { add({}); });
    constexpr std::int64_t pieces = 8, line = 64;
    const std::int64_t columns = sum.sizes.back();
    const std::int64_t at_once = (columns + pieces * line - 1) / (pieces * line) * line;
    e_.scheduler_.run((columns + at_once - 1) / at_once, [&](std::int64_t k) {
      add({k * at_once, std::min(columns, (k + 1) * at_once)});
    });
  }

  void add_shards(const Call& call, const View& sum, Columns columns) const {
    thread_local std::vector<View> operands;
    const Cut out(sum, columns);
    bool fresh = call.first;
    for (const Arena& arena : e_.shards_) {
      if (arena.examples == 0) continue;
      operands.clear();
      for (const ValueId v : plan_.reads(call)) operands.push_back(arena.views[v]);
      const Cut last(operands.back(), columns);
      operands.back() = last.view;
      graph_.node(call.node).op->sum_kernel({operands, out.view, graph_.attributes(call.node),
                                             feed_.key, std::exchange(fresh, false)});
    }
  }

  // The shards' parts in the order of the shards, whoever computed them.
  void reduce(const Phase& phase, NodeId sum) {
    const auto sets = [sum](const Call& c) { return c.first && c.sum == sum; };
    if (feed_.batch > 0 && std::ranges::any_of(phase.direct_sums, sets)) return;
    const View& out = e_.shared_->views[plan_.value_of[sum]];
    std::vector<const void*> parts;
    for (Arena& arena : e_.shards_)
      if (arena.examples > 0 && plan_.partial_slot[sum] != no_slot)
        parts.push_back(partial(sum, arena).data);
    constexpr std::int64_t at_once = 1 << 15;
    const std::int64_t size = out.size();
    e_.scheduler_.run((size + at_once - 1) / at_once, [&](std::int64_t k) {
      const std::int64_t begin = k * at_once, end = std::min(size, begin + at_once);
      if (out.dtype == DType::f64)
        add_parts<double>(parts, begin, end, out);
      else
        add_parts<float>(parts, begin, end, out);
    });
  }

  template <class T>
  static void add_parts(const std::vector<const void*>& parts, std::int64_t begin, std::int64_t end,
                        const View& out) {
    T* to = out.as<T>();
    if (parts.empty()) return std::fill(to + begin, to + end, T(0)), void();
    const T* first = static_cast<const T*>(parts[0]);
    if (parts.size() == 1) return std::copy(first + begin, first + end, to + begin), void();
    const T* second = static_cast<const T*>(parts[1]);
    for (std::int64_t i = begin; i < end; ++i) to[i] = first[i] + second[i];
    for (std::size_t k = 2; k < parts.size(); ++k) {
      const T* from = static_cast<const T*>(parts[k]);
      for (std::int64_t i = begin; i < end; ++i) to[i] += from[i];
    }
  }

  Executor& e_;
  const Plan& plan_;
  const Graph& graph_;
  const Feed& feed_;
  std::vector<Tensor*> results_;  ///< by output
};

Workspace::Workspace() = default;
Workspace::~Workspace() = default;

Executor::Executor(const Plan& plan, Scheduler& scheduler, int shards, Workspace* workspace)
    : plan_(plan),
      scheduler_(scheduler),
      own_workspace_(workspace == nullptr ? std::make_unique<Workspace>() : nullptr),
      workspace_(workspace == nullptr ? *own_workspace_ : *workspace),
      shared_(std::make_unique<Arena>()),
      shards_(static_cast<std::size_t>(shards)) {
  assert(shards > 0);
  keeps_first_ = plan.keeps_first_phase();
  const std::size_t blocks = shards_.size() + 1;
  if (workspace_.blocks_.size() < blocks) workspace_.blocks_.resize(blocks);
}

Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

void Executor::run(const Feed& feed, std::map<Symbol, Tensor>& results) {
  const double began = profile_ != nullptr ? now() : 0;
  Run run(*this, feed);
  run.bind(results);
  run.execute();
  run.collect();
  if (profile_ != nullptr) profile_->total += now() - began;
}

std::int64_t Executor::bytes() const {
  std::int64_t total = shared_->bytes;
  for (const Arena& arena : shards_) total += arena.bytes;
  return total;
}

void Executor::set_profile(Profile* profile) {
  profile_ = profile;
  if (profile == nullptr) return;
  std::size_t calls = 0;
  for (const Phase& phase : plan_.phases) calls += phase.call_count();
  profile->seconds.resize(shards_.size());
  for (std::vector<double>& shard : profile->seconds) shard.resize(calls);
}

}  // namespace unfold
