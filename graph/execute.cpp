#include "graph/execute.h"

#include <algorithm>
#include <utility>

#include "graph/clock.h"
#include "graph/lane_run.h"
#include "graph/shard_sums.h"

namespace unfold {

namespace {

// How many at once may run calls.
std::size_t workers(const Plan& plan, int shards) {
  auto most = static_cast<std::size_t>(shards);
  for (const Phase& phase : plan.phases) most = std::max(most, phase.lanes.steps.size());
  return most;
}

}  // namespace

/// One run: binds the sources, walks the phases, copies the outputs.
class Executor::Run {
 public:
  Run(Executor& executor, const Feed& feed)
      : e_(executor),
        arenas_(*executor.arenas_),
        plan_(executor.plan_),
        graph_(plan_.graph),
        feed_(feed),
        sums_(plan_, arenas_, feed, e_.scheduler_, e_.profile_, e_.ends_of_jobs_) {}

  void bind(std::map<Symbol, Tensor>& results) {
    if (!arenas_.bind(feed_)) e_.version_ = 0;
    for (const Output& o : graph_.outputs) {
      const Type& type = graph_.type(o.node);
      Dims dims = type.sizes();
      if (type.batched) dims.insert(dims.begin(), feed_.batch);
      const DType dtype = element_type(type, plan_.precision);
      Tensor& t = results[o.name];
      if (t.dims() != dims || t.dtype() != dtype) t = Tensor(dtype, dims);
      results_.push_back(&t);
      const ValueId value = plan_.value_of[o.node];
      if (plan_.homes[value].handed_out) arenas_.hand_out(value, t);
    }
  }

  void execute() {
    std::size_t first = 0;  // index of the phase's first call
    for (const Phase& phase : plan_.phases) {
      const std::size_t index = std::exchange(first, first + phase.call_count());
      if (&phase == plan_.phases.data() && e_.keeps_first_) {
        if (feed_.version != 0 && e_.version_ == feed_.version) continue;
        e_.version_ = 0;  // stays so if it throws
      }
      if (const Arena* only = only_arena(phase)) {
        run_in(phase, index, *only);
        if (!phase.batched) continue;
      } else {
        e_.scheduler_.run(static_cast<std::int64_t>(arenas_.shards().size()), [&](std::int64_t k) {
          const auto shard = static_cast<std::size_t>(k);
          const Arena& arena = arenas_.shards()[shard];
          if (arena.examples > 0) run_calls(phase, index, arena, shard);
        });
      }
      sums_.reduce(phase);
      sums_.add_directly(phase, index + phase.calls.size());
    }
    e_.version_ = feed_.version;
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
      if (arenas_.shared().views[value].data != to.data())
        copy_to(arenas_.shared().views[value], to, 0);
      return;
    }
    for (const Arena& arena : arenas_.shards())
      if (arena.examples > 0) copy_to(arena.views[value], to, arena.first);
  }

  // The one arena that a phase runs in, if it does.
  const Arena* only_arena(const Phase& phase) const {
    if (!phase.batched) return &arenas_.shared();
    const auto busy = [](const Arena& arena) { return arena.examples > 0; };
    const std::vector<Arena>& shards = arenas_.shards();
    const auto first = std::ranges::find_if(shards, busy);
    const bool one = first != shards.end() && std::none_of(first + 1, shards.end(), busy);
    return one ? &*first : nullptr;
  }

  // In one arena: on lanes if the phase has such and there are threads for them.
  void run_in(const Phase& phase, std::size_t first, const Arena& arena) const {
    const auto lanes = static_cast<std::int64_t>(phase.lanes.steps.size());
    if (phase.lanes.empty() || lanes > e_.scheduler_.threads()) {
      e_.scheduler_.run(1, [&](std::int64_t) { run_calls(phase, first, arena, 0); });
      return;
    }
    const LaneRun::Step step = [&](std::size_t lane, const LaneStep& s) {
      run_timed(phase.calls[s.call], first + s.call, arena, lane, s.share);
    };
    LaneRun run(phase.lanes, step);
    e_.scheduler_.run_together(lanes,
                               [&](std::int64_t k) { run.work(static_cast<std::size_t>(k)); });
  }

  void run_calls(const Phase& phase, std::size_t first, const Arena& arena,
                 std::size_t worker) const {
    for (const Call& call : phase.calls) run_timed(call, first++, arena, worker, {});
  }

  // A call, by its index in the plan, or a share of it.
  void run_timed(const Call& call, std::size_t index, const Arena& arena, std::size_t worker,
                 Share share) const {
    std::vector<View>& memory = e_.scratch_[worker].operands;
    if (e_.profile_ == nullptr) return run_call(call, arena, share, memory);
    const double before = seconds_now();
    run_call(call, arena, share, memory);
    e_.profile_->seconds[worker][index] += seconds_now() - before;
  }

  void run_call(const Call& call, const Arena& arena, Share share,
                std::vector<View>& memory) const {
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
      op.kernel({memory, out, attributes, key, false, prepared, plan_.products, share});
      return;
    }
    if (call.kind == Call::Kind::prepare) {
      op.preparation->make(memory[0], attributes, plan_.products, memory[1].data);
      return;
    }
    const View out = arenas_.partial(call.sum, arena);
    const auto kernel =
        call.kind == Call::Kind::fused_sum ? op.sum_kernel : graph_.node(call.sum).op->kernel;
    kernel({memory, out, attributes, key, call.first, nullptr, plan_.products, share});
  }

  Executor& e_;
  Arenas& arenas_;
  const Plan& plan_;
  const Graph& graph_;
  const Feed& feed_;
  ShardSums sums_;
  std::vector<Tensor*> results_;  ///< by output
};

Executor::Executor(const Plan& plan, Scheduler& scheduler, int shards, Workspace* workspace)
    : plan_(plan),
      scheduler_(scheduler),
      own_workspace_(workspace == nullptr ? std::make_unique<Workspace>() : nullptr),
      arenas_(std::make_unique<Arenas>(plan, workspace == nullptr ? *own_workspace_ : *workspace,
                                       shards)),
      keeps_first_(plan.keeps_first_phase()),
      scratch_(workers(plan, shards)) {}

Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

void Executor::run(const Feed& feed, std::map<Symbol, Tensor>& results) {
  const double began = profile_ != nullptr ? seconds_now() : 0;
  Run run(*this, feed);
  run.bind(results);
  run.execute();
  run.collect();
  if (profile_ != nullptr) profile_->total += seconds_now() - began;
}

std::int64_t Executor::bytes() const { return arenas_->bytes(); }

void Executor::set_profile(Profile* profile) {
  profile_ = profile;
  if (profile == nullptr) return;
  std::size_t calls = 0;
  for (const Phase& phase : plan_.phases) calls += phase.call_count();
  profile->seconds.resize(scratch_.size());
  for (std::vector<double>& shard : profile->seconds) shard.resize(calls);
}

}  // namespace unfold
