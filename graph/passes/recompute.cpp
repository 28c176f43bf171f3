#include "graph/passes/recompute.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "graph/rebuild.h"

namespace unfold {

namespace {

constexpr std::uint32_t none = 0xffffffffu;

/// Consecutive forward nodes.
struct Segment {
  std::vector<NodeId> again;      ///< what the backward part reads and is not kept
  NodeId first_reader = no_node;  ///< of these, in the backward part
  NodeId follows = no_node;       ///< what computing again waits for
  std::int64_t numbers = 0;       ///< of one example, that keeping them would take
};

class Recomputer {
 public:
  Recomputer(const Graph& graph, std::int64_t segment, const CoreOps& ops)
      : graph_(graph),
        ops_(ops),
        memory_(graph.size()),
        segment_of_(graph.size(), none),
        seen_(graph.size()) {
    while (backward_ < graph.size() && !graph.node(backward_).backward) ++backward_;
    for (NodeId id = 0; id < graph.size(); ++id) {
      const bool shows = graph.node(id).op->view != nullptr;
      memory_[id] = shows ? memory_[graph.inputs(id)[0]] : id;
    }
    cut(segment);
    find_kept();
    find_readers();
    find_what_to_follow();
  }

  // Which segments are computed again: from the first on, as many as it takes.
  void choose(std::int64_t kept) {
    bool last = true;
    for (std::size_t k = segments_.size(); k-- > 0;) {
      Segment& s = segments_[k];
      if (s.again.empty()) continue;
      if (!last) kept -= s.numbers;
      if (last || kept >= 0 || s.follows == no_node) s.again.clear();
      last = false;
    }
  }

  Graph run() {
    std::multimap<NodeId, const Segment*> due;  // by first reader
    for (const Segment& s : segments_)
      if (!s.again.empty()) due.emplace(s.first_reader, &s);
    // What stands for a node for its backward readers.
    std::vector<NodeId> late(graph_.size(), no_node);
    return rebuild(graph_, [&](Graph& to, NodeId id, const std::vector<NodeId>& map) {
      for (; !due.empty() && due.begin()->first == id; due.erase(due.begin()))
        compute_again(*due.begin()->second, to, late);
      to.current = graph_.place(id);
      return late[id] = copy_node(graph_, to, id, is_forward(id) ? map : late);
    });
  }

 private:
  bool is_forward(NodeId id) const { return id < backward_; }
  bool is_value(NodeId id) const { return is_forward(id) && graph_.type(id).batched; }

  // A node without a step (what a whole segment has in common) is of the segment of the next that
  // has one.
  void cut(std::int64_t steps) {
    std::int64_t current = -1;
    NodeId first = 0;  // that is in no segment yet
    const auto close = [&](NodeId end) {
      const auto k = static_cast<std::uint32_t>(segments_.size() - 1);
      for (; first < end; ++first)
        if (is_forward(first)) segment_of_[first] = k;
    };
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!is_forward(id) || graph_.node(id).step == no_step) continue;
      const std::int64_t index = graph_.node(id).step / steps;
      if (index != current || segments_.empty()) segments_.emplace_back();
      current = index;
      close(id + 1);
    }
    segments_.emplace_back();
    close(graph_.size());
  }

  void keep(NodeId id) { kept_[memory_[id]] = true; }

  void find_kept() {
    kept_.resize(graph_.size());
    for (const Output& o : graph_.outputs) keep(o.node);
    for (NodeId id = graph_.size(); id-- > 0;) {
      if (graph_.inputs(id).empty()) keep(id);
      if (!is_value(id)) continue;
      const std::uint32_t segment = segment_of_[memory_[id]];
      for (const NodeId in : graph_.inputs(id))
        if (is_value(in) && segment_of_[memory_[in]] != segment) {
          keep(in);
          if (graph_.node(id).op->part != nullptr) keep(id);
        }
      // Parts are computed in the memory of the whole.
      if (graph_.node(id).op->part != nullptr && kept_[id])
        for (const NodeId in : graph_.inputs(id))
          if (memory_[in] == in) keep(in);
    }
  }

  void find_readers() {
    std::vector<bool> found(graph_.size()), counted(graph_.size());
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (is_forward(id)) continue;
      for (const NodeId in : graph_.inputs(id)) {
        if (!is_value(in) || kept_[memory_[in]] || found[in]) continue;
        found[in] = true;
        Segment& s = segments_[segment_of_[memory_[in]]];
        s.again.push_back(in);
        if (s.first_reader == no_node) s.first_reader = id;
        if (!counted[memory_[in]]) s.numbers += graph_.type(memory_[in]).size();
        counted[memory_[in]] = true;
      }
    }
  }

  // The latest value before the first reader that is in memory in any case.
  void find_what_to_follow() {
    std::vector<std::pair<NodeId, Segment*>> by_reader;
    for (Segment& s : segments_)
      if (s.first_reader != no_node) by_reader.emplace_back(s.first_reader, &s);
    std::sort(by_reader.begin(), by_reader.end());
    NodeId latest = no_node, id = 0;
    for (auto& [reader, segment] : by_reader) {
      for (; id < reader; ++id)
        if (can_be_followed(id)) latest = id;
      segment->follows = latest;
    }
  }

  bool can_be_followed(NodeId id) const {
    const OpDef& op = *graph_.node(id).op;
    return !is_forward(id) && graph_.type(id).batched && !graph_.inputs(id).empty() &&
           op.kernel != nullptr && op.view == nullptr && op.part == nullptr &&
           op.sum_kernel == nullptr;
  }

  // Whether a node is computed again where its segment is.
  bool is_repeated(NodeId id) const { return is_value(id) && !kept_[memory_[id]]; }

  // All that it takes to compute again what the backward part reads, in order.
  std::vector<NodeId> needed(const Segment& segment) {
    std::vector<NodeId> nodes = segment.again;
    for (const NodeId id : nodes) seen_[id] = true;
    for (std::size_t k = 0; k < nodes.size(); ++k)
      for (const NodeId in : graph_.inputs(nodes[k])) {
        if (!is_repeated(in) || seen_[in]) continue;
        seen_[in] = true;
        nodes.push_back(in);
      }
    std::sort(nodes.begin(), nodes.end());
    return nodes;
  }

  void compute_again(const Segment& segment, Graph& to, std::vector<NodeId>& late) {
    const Value follows = to.value(late[segment.follows]);
    std::unordered_map<NodeId, NodeId> waiting;  // what is kept, by way of `after`
    std::vector<NodeId> in;
    for (const NodeId id : needed(segment)) {
      to.current = graph_.place(id);
      in.clear();
      for (const NodeId i : graph_.inputs(id)) {
        if (is_repeated(i) || !graph_.type(i).batched) {
          in.push_back(late[i]);
          continue;
        }
        NodeId& wrapped = waiting.try_emplace(i, no_node).first->second;
        if (wrapped == no_node) wrapped = ops_.after(to.value(late[i]), follows).id;
        in.push_back(wrapped);
      }
      const Node& node = graph_.node(id);
      late[id] = to.add_raw(*node.op, in, node.attributes, node.type);
    }
  }

  const Graph& graph_;
  const CoreOps& ops_;
  NodeId backward_ = 0;                    ///< where the backward part begins
  std::vector<NodeId> memory_;             ///< by node: in whose memory it is seen
  std::vector<std::uint32_t> segment_of_;  ///< by node, of forward nodes
  std::vector<bool> kept_;                 ///< by node that has memory
  std::vector<bool> seen_;                 ///< by node
  std::vector<Segment> segments_;
};

}  // namespace

Graph recompute(const Graph& graph, std::int64_t segment, std::int64_t kept, const CoreOps& ops) {
  if (segment == 0) return graph;
  Recomputer recomputer(graph, segment, ops);
  recomputer.choose(kept);
  return recomputer.run();
}

}  // namespace unfold
