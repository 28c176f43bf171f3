#include "graph/shard_sums.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "graph/call_cost.h"
#include "graph/clock.h"

namespace unfold {

namespace {

template <class T>
void add_parts(const std::vector<const void*>& parts, std::int64_t begin, std::int64_t end,
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

}  // namespace

// Has threads share `count` jobs of several pieces each: job(i, piece, pieces).
template <class Pieces, class Job>
void ShardSums::share_out(std::size_t count, const Pieces& pieces, const Job& job) const {
  std::vector<std::int64_t>& end = ends_;
  end.clear();
  for (std::size_t i = 0; i < count; ++i) end.push_back(pieces(i) + (i == 0 ? 0 : end.back()));
  scheduler_.run(end.empty() ? 0 : end.back(), [&](std::int64_t k) {
    const auto i = static_cast<std::size_t>(std::ranges::upper_bound(end, k) - end.begin());
    const std::int64_t begin = i == 0 ? 0 : end[i - 1];
    job(i, k - begin, end[i] - begin);
  });
}

// What adds to one sum goes one after the other, and all else together.
void ShardSums::add_directly(const Phase& phase, std::size_t index) const {
  const std::span<const Call> calls = phase.direct_sums;
  for (std::size_t first = 0, last = 0; first < calls.size(); first = last) {
    const auto again = [&](const Call& c) { return c.sum == calls[last].sum; };
    for (last = first + 1; last < calls.size(); ++last)
      if (std::ranges::any_of(calls.subspan(first, last - first), again)) break;
    share_out(
        last - first, [&](std::size_t i) { return column_blocks(plan_, calls[first + i]); },
        [&](std::size_t i, std::int64_t block, std::int64_t blocks) {
          const double before = profile_ != nullptr ? seconds_now() : 0;
          add_shards(calls[first + i], {block, blocks});
          if (profile_ != nullptr)
            std::atomic_ref(profile_->seconds[0][index + first + i])
                .fetch_add(seconds_now() - before);
        });
  }
}

void ShardSums::add_shards(const Call& call, Share share) const {
  thread_local std::vector<View> operands;
  const Graph& graph = plan_.graph;
  bool fresh = call.first;
  for (const Arena& arena : arenas_.shards()) {
    if (arena.examples == 0) continue;
    operands.clear();
    for (const ValueId v : plan_.reads(call)) operands.push_back(arena.views[v]);
    graph.node(call.node).op->sum_kernel(
        {operands, arenas_.shared().views[plan_.value_of[call.sum]], graph.attributes(call.node),
         feed_.key, std::exchange(fresh, false), nullptr, plan_.products, share});
  }
}

void ShardSums::reduce(const Phase& phase) const {
  constexpr std::int64_t at_once = 1 << 15;
  const auto size = [&](std::size_t i) {
    return arenas_.shared().views[plan_.value_of[phase.sums[i]]].size();
  };
  const auto pieces = [&](std::size_t i) {
    return is_set_later(phase, phase.sums[i]) ? 0 : (size(i) + at_once - 1) / at_once;
  };
  share_out(phase.sums.size(), pieces, [&](std::size_t i, std::int64_t piece, std::int64_t) {
    reduce(phase.sums[i], piece * at_once, std::min(size(i), (piece + 1) * at_once));
  });
}

// Whether a sum's first term is added directly, which then sets it.
bool ShardSums::is_set_later(const Phase& phase, NodeId sum) const {
  const auto sets = [sum](const Call& c) { return c.first && c.sum == sum; };
  return feed_.batch > 0 && std::ranges::any_of(phase.direct_sums, sets);
}

// Elements begin … end - 1 of a sum.
void ShardSums::reduce(NodeId sum, std::int64_t begin, std::int64_t end) const {
  thread_local std::vector<const void*> parts;
  parts.clear();
  for (const Arena& arena : arenas_.shards())
    if (arena.examples > 0 && plan_.partial_slot[sum] != no_slot)
      parts.push_back(arenas_.partial(sum, arena).data);
  const View& out = arenas_.shared().views[plan_.value_of[sum]];
  if (out.dtype == DType::f64)
    add_parts<double>(parts, begin, end, out);
  else
    add_parts<float>(parts, begin, end, out);
}

}  // namespace unfold
