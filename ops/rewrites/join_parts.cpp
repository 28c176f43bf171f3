#include "ops/rewrites/join_parts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "graph/rebuild.h"
#include "ops/ops.h"
#include "ops/rewrites/match.h"

namespace unfold {

namespace {

/// Elements begin … end - 1 of the last dimension of `whole`.
struct Part {
  NodeId whole = no_node;
  std::int64_t begin = 0, end = 0;
};

/// An operation on a part: with the same part of another value, or with a vector.
struct Member {
  NodeId id = no_node;
  Part part;
  NodeId vector = no_node;
};

/// What the members of a group have in common: operation, attributes, the value whose parts are the
/// left operand and that of the right; no_node stands for vectors.
using Key = std::tuple<const OpDef*, std::uint32_t, NodeId, NodeId>;

struct Group {
  std::vector<Member> members;
  NodeId joined = no_node;  ///< in the copy
};

class Joiner {
 public:
  explicit Joiner(const Graph& graph) : graph_(graph), fixed_(fixed_values(graph)) {
    for (NodeId id = 0; id < graph.size(); ++id) {
      Member member{id, {}, no_node};
      if (const auto key = key_of(id, member)) groups_[*key].members.push_back(member);
    }
    for (auto& [key, group] : groups_)
      if (is_whole(group)) by_node(group);
  }

  Graph run() {
    return Rebuild(graph_,
                   [&](Rebuild& r, NodeId id) {
                     const auto found = member_of_.find(id);
                     if (found == member_of_.end()) return r.copy(id);
                     auto& [group, part] = found->second;
                     if (group->joined == no_node) group->joined = join(r, *group, id);
                     const Value all = r.to.value(group->joined);
                     return cut(all, all.type().rank() - 1, part.begin, part.end).id;
                   })
        .finish();
  }

 private:
  std::optional<Part> part_of(NodeId id) const {
    if (graph_.node(id).op != &slice_op) return std::nullopt;
    const Attributes& a = graph_.attributes(id);
    if (a.integer("dim") + 1 != graph_.type(id).rank()) return std::nullopt;
    return Part{graph_.inputs(id)[0], a.integer("begin"), a.integer("end")};
  }

  std::optional<Key> key_of(NodeId id, Member& member) const {
    const Node& node = graph_.node(id);
    if (!node.op->elementwise || node.input_count != 2) return std::nullopt;
    const auto in = graph_.inputs(id);
    const auto left = part_of(in[0]), right = part_of(in[1]);
    if (left && right && left->begin == right->begin && left->end == right->end &&
        fits_but_batch(left->whole, right->whole)) {
      member.part = *left;
      return Key{node.op, node.attributes, left->whole, right->whole};
    }
    if (left && is_vector_for(in[1], *left)) {
      member.part = *left;
      member.vector = in[1];
      return Key{node.op, node.attributes, left->whole, no_node};
    }
    if (right && is_vector_for(in[0], *right)) {
      member.part = *right;
      member.vector = in[0];
      // Which side a vector is on matters only if the operation minds.
      return node.op->commutative ? Key{node.op, node.attributes, right->whole, no_node}
                                  : Key{node.op, node.attributes, no_node, right->whole};
    }
    return std::nullopt;
  }

  bool fits_but_batch(NodeId a, NodeId b) const {
    Type type = graph_.type(a);
    type.batched = graph_.type(b).batched;
    return fits(type, graph_.type(b));
  }

  bool is_vector_for(NodeId id, const Part& part) const {
    const Type& type = graph_.type(id);
    return fixed_[id] && type.rank() == 1 && type.kind == Kind::real &&
           type.dims[0].size == part.end - part.begin && !type.dims[0].is_time() &&
           graph_.type(part.whole).batched;
  }

  /// Sorts the members, and says whether they are all parts of a value, each once.
  bool is_whole(Group& group) const {
    if (group.members.size() < 2) return false;
    std::sort(group.members.begin(), group.members.end(),
              [](const Member& a, const Member& b) { return a.part.begin < b.part.begin; });
    std::int64_t at = 0;
    for (const Member& m : group.members) {
      if (m.part.begin != at) return false;
      at = m.part.end;
    }
    return at == graph_.type(group.members[0].part.whole).dims.back().size;
  }

  void by_node(Group& group) {
    for (const Member& m : group.members) member_of_[m.id] = {&group, m.part};
  }

  /// Makes the operation on the whole; `id` is the first member met.
  NodeId join(Rebuild& r, const Group& group, NodeId id) {
    std::vector<Value> in;
    for (const NodeId i : graph_.inputs(id)) {
      const auto part = part_of(i);
      const bool vectors = group.members[0].vector != no_node && fixed_[i];
      in.push_back({&r.to, vectors ? joined_vectors(r, group) : r.need(part->whole)});
    }
    return r.to.add(*graph_.node(id).op, in, graph_.attributes(id)).id;
  }

  NodeId joined_vectors(Rebuild& r, const Group& group) {
    std::vector<NodeId> ids;
    for (const Member& m : group.members) ids.push_back(m.vector);
    NodeId& known = vectors_.try_emplace(ids, no_node).first->second;
    if (known != no_node) return known;
    std::vector<Value> values;
    for (const NodeId id : ids) values.push_back({&r.to, r.need(id)});
    const PlaceScope scope(r.to, place_of_all_steps(r.to));
    return known = put_together(values, 0).id;
  }

  const Graph& graph_;
  const std::vector<bool> fixed_;
  std::map<Key, Group> groups_;
  std::unordered_map<NodeId, std::pair<Group*, Part>> member_of_;
  std::map<std::vector<NodeId>, NodeId> vectors_;
};

}  // namespace

Graph join_parts(const Graph& graph) { return Joiner(graph).run(); }

}  // namespace unfold
