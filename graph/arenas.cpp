#include "graph/arenas.h"

#include <algorithm>

#include "graph/call_cost.h"
#include "graph/slots.h"

namespace unfold {

namespace {

std::byte nowhere{};  // stands for memory that is not known yet

}  // namespace

Arenas::Arenas(const Plan& plan, Workspace& workspace, int shards)
    : plan_(plan),
      graph_(plan.graph),
      workspace_(workspace),
      shards_(static_cast<std::size_t>(std::max(shards, 0))) {
  if (shards < 1) throw Error("an executor needs at least one shard");
  const std::size_t blocks = shards_.size() + 1;
  if (workspace_.blocks_.size() < blocks) workspace_.blocks_.resize(blocks);
}

bool Arenas::bind(const Feed& feed) {
  std::vector<const Tensor*> given;
  for (const NodeId id : plan_.bound) given.push_back(bound(graph_, id, feed, plan_.precision));
  const bool fits = batch_ == feed.batch && !memory_moved();
  const bool undisturbed = fits && workspace_.user_ == this;
  if (!fits) lay_out(feed.batch);
  if (!undisturbed) fill_uniforms();
  workspace_.user_ = this;
  for (std::size_t i = 0; i < given.size(); ++i) point_to(i, given[i]->data());
  return undisturbed;
}

void Arenas::hand_out(ValueId value, Tensor& to) {
  auto* data = static_cast<std::byte*>(to.data());
  if (shared_.views[value].data == data) return;
  move(shared_, value, data);
  for (Arena& arena : shards_) move(arena, value, data);
}

View Arenas::partial(NodeId sum, const Arena& shard) const {
  View v = shared_.views[plan_.value_of[sum]];
  v.data = shard.slots[static_cast<std::size_t>(plan_.partial_slot[sum])];
  return v;
}

std::int64_t Arenas::bytes() const {
  std::int64_t total = shared_.bytes;
  for (const Arena& arena : shards_) total += arena.bytes;
  return total;
}

void Arenas::lay_out(std::int64_t batch) {
  batch_ = -1;  // stays so if memory runs out
  lay_out_slots(shared_, plan_.shared_slots, workspace_.blocks_[0]);
  place_values(shared_, false);
  const std::int64_t used = shards_of_batch(plan_, batch, std::ssize(shards_));
  for (std::int64_t k = 0; k < std::ssize(shards_); ++k) {
    Arena& arena = shards_[static_cast<std::size_t>(k)];
    arena.first = batch * std::min(k, used) / used;
    arena.examples = batch * std::min(k + 1, used) / used - arena.first;
    // A shard without examples needs no memory.
    const std::vector<Slot> none;
    lay_out_slots(arena, arena.examples > 0 ? plan_.shard_slots : none,
                  workspace_.blocks_[static_cast<std::size_t>(k) + 1]);
    arena.views = shared_.views;
    if (arena.examples > 0) place_values(arena, true);
  }
  given_.assign(plan_.bound.size(), nullptr);
  batch_ = batch;
}

void Arenas::lay_out_slots(Arena& arena, const std::vector<Slot>& wanted, Tensor& block) const {
  const auto size = [&](const Slot& s) {
    return cache_lines(s.shared + s.per_example * arena.examples);
  };
  arena.bytes = 0;
  for (const Slot& s : wanted) arena.bytes += size(s);
  if (static_cast<std::int64_t>(block.bytes()) < arena.bytes) {
    block = Tensor();  // before the larger one: both need not fit
    block = Tensor(DType::f64, {(arena.bytes + 7) / 8});
  }
  arena.memory = block.data();
  arena.slots.clear();
  auto* at = static_cast<std::byte*>(block.data());
  for (const Slot& s : wanted) {
    arena.slots.push_back(at);
    at += size(s);
  }
}

bool Arenas::memory_moved() const {
  const auto& blocks = workspace_.blocks_;
  bool moved = shared_.memory != blocks[0].data();
  for (std::size_t k = 0; k < shards_.size(); ++k)
    moved = moved || shards_[k].memory != blocks[k + 1].data();
  return moved;
}

// Views of what the arena holds. What comes from outside starts nowhere, and moves later.
void Arenas::place_values(Arena& arena, bool batched) const {
  arena.maker.emplace(graph_, plan_.precision, batched ? arena.examples : 1);
  arena.views.resize(plan_.homes.size());
  for (const ValueId v : plan_.order) {
    const Home& home = plan_.homes[v];
    if (home.batched != batched) continue;
    View& view = arena.views[v] =
        arena.maker->make(home, home.of == no_value ? View{} : arena.views[home.of]);
    if (home.kind == Home::Kind::bound || home.handed_out) view.data = &nowhere;
    if (home.slot == no_slot) continue;
    const Arena& owner = home.uniform ? shared_ : arena;
    view.data = owner.slots[static_cast<std::size_t>(home.slot)];
  }
}

// Numbers that stand for all elements of their values; they stay until another plan runs.
void Arenas::fill_uniforms() const {
  const std::int64_t stride = 0;
  for (ValueId v = 0; v < plan_.homes.size(); ++v) {
    const Home& home = plan_.homes[v];
    if (!home.uniform) continue;
    View one;
    one.dtype = element_type(graph_.type_at(home.type), plan_.precision);
    one.data = shared_.slots[static_cast<std::size_t>(home.slot)];
    one.strides = {&stride, 1};
    graph_.node(home.via).op->kernel({{}, one, graph_.attributes(home.via), {}});
  }
}

// Moves a source and all that is seen through it.
void Arenas::point_to(std::size_t source, const void* data) {
  if (given_[source] == data) return;
  // Kernels only read their operands; the view is mutable for the results' sake.
  auto* bytes = const_cast<std::byte*>(static_cast<const std::byte*>(data));
  const ValueId value = plan_.value_of[plan_.bound[source]];
  move(shared_, value, bytes);
  for (Arena& arena : shards_) {
    const View& v = arena.views[value];
    const std::int64_t skipped = v.batched ? arena.first * v.example_size() : 0;
    move(arena, value, bytes + skipped * static_cast<std::int64_t>(size_of(v.dtype)));
  }
  given_[source] = data;
}

void Arenas::move(Arena& arena, ValueId value, std::byte* to) const {
  auto* from = static_cast<std::byte*>(arena.views[value].data);
  arena.views[value].data = to;
  for (const ValueId v : plan_.seen_through[value])
    arena.views[v].data = to + (static_cast<std::byte*>(arena.views[v].data) - from);
}

}  // namespace unfold
