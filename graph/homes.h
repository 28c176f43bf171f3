#pragma once

#include <deque>
#include <optional>
#include <unordered_map>

#include "graph/plan.h"

namespace unfold {

/// Makes views of a plan's values for a number of examples. Strides are stored once and stay valid
/// as long as this does.
class ViewMaker {
 public:
  ViewMaker(const Graph& graph, DType precision, std::int64_t batch);

  /// Memory of its own, or given by the feed. `data` stays to be filled in.
  View own(const Home& home);
  /// `base` seen through the operation of home.via; nothing where its strides do not allow it.
  std::optional<View> seen(const Home& home, const View& base);
  /// The part of `whole` that home describes.
  View part(const Home& home, const View& whole);
  /// The view of `home`, whose `of` has the view `of`; data included.
  View make(const Home& home, const View& of);

 private:
  View typed(const Home& home) const;
  std::span<const std::int64_t> keep(std::span<const std::int64_t> strides);

  const Graph& graph_;
  DType precision_;
  std::int64_t batch_;
  std::vector<Dims> sizes_;  ///< of one example, by type
  std::deque<Dims> strides_;
  std::unordered_multimap<std::size_t, const Dims*> index_;
};

/// Decides where each node's value lives and fills homes, value_of and order of the plan, slots
/// excepted. `in_memory[id]` tells which nodes have a value in memory at all. Returns which values
/// are dense, so that a kernel that knows no strides can read them as they are.
std::vector<bool> assign_homes(Plan& plan, const std::vector<bool>& in_memory,
                               const PlanOptions& options);

/// Whether the feed provides the node.
bool is_bound(const Graph& graph, NodeId id);

}  // namespace unfold
