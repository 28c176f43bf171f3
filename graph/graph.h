#pragma once

#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include "graph/error.h"
#include "graph/op_def.h"

namespace unfold {

/// Where a node comes from in the model: which layer, which named quantity, which line.
struct Site {
  Symbol path = {};  ///< layer path, `encoder.forward`
  Symbol name = {};  ///< the quantity being defined, `h`
  Symbol file = {};
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  /// One of several results of a call: what the program calls it, `encoder.c`, as path and name are
  /// those of the call.
  Symbol result = {};
  bool operator==(const Site&) const = default;
};

inline constexpr std::int32_t no_step = -1;

/// A site at a timestep (`no_step` outside recurrences). `backward` marks nodes that
/// differentiation made; they keep the place of the node whose gradient they compute.
struct Place {
  Site site = {};
  std::int32_t step = no_step;
  bool backward = false;
};

/// One operation applied once. Small and of fixed size: types, attributes and sites are interned.
struct Node {
  const OpDef* op;
  std::uint32_t type;
  std::uint32_t attributes;
  std::uint32_t site;
  std::int32_t step;
  std::uint32_t first_input;
  std::uint32_t input_count;
  bool backward;
};

struct Output {
  Symbol name;
  NodeId node;
};

/// A value that one piece of a long sequence hands to the next: `in` is the node that a carried
/// value may replace, `out` the node that holds it at the end of the piece.
struct State {
  Symbol name;
  Symbol axis;  ///< the time axis that the pieces follow each other on
  NodeId in;
  NodeId out;
};

/// A plain directed acyclic graph: nodes in topological order, never changed after creation.
class Graph {
 public:
  Graph();

  /// Adds a node; its type follows from the operation's shape rule. Throws Error when the operands
  /// do not fit or are not this graph's, or when the result has more than `max_rank` dimensions, or
  /// more numbers than any memory holds.
  Value add(const OpDef& op, std::span<const Value> in, Attributes attributes = {});
  /// The type that the same call of `add` would give its node.
  Type result_type(const OpDef& op, std::span<const Value> in, const Attributes& attributes);
  /// Adds a source (input, parameter, constant), whose type is given. Throws Error when that has
  /// more than `max_rank` dimensions, a negative size or too many numbers, or when the source holds
  /// numbers of another type.
  Value add_source(const OpDef& op, Attributes attributes, Type type);
  /// Adds a node whose shape is known to be `type` without asking the rule again (copies).
  NodeId add_raw(const OpDef& op, std::span<const NodeId> in, std::uint32_t attributes,
                 std::uint32_t type);

  /// Says what the program calls a node that is one of several results of a call.
  void name_result(NodeId id, Symbol name);
  /// Takes back the nodes from `count` on. Nothing may refer to them any more.
  void truncate(NodeId count);

  NodeId size() const { return static_cast<NodeId>(nodes_.size()); }
  const Node& node(NodeId id) const { return nodes_[id]; }
  std::span<const NodeId> inputs(NodeId id) const {
    return {inputs_.data() + nodes_[id].first_input, nodes_[id].input_count};
  }
  const Type& type(NodeId id) const { return types_[nodes_[id].type]; }
  const Attributes& attributes(NodeId id) const { return attributes_[nodes_[id].attributes]; }
  Place place(NodeId id) const;
  Value value(NodeId id) { return {this, id}; }

  /// The place that nodes added from now on get.
  Place current;
  /// The time axis of which this graph sees one piece of a longer sequence; empty if there is none.
  Symbol pieces_of;
  /// What errors say of it: who cuts the sequence, and what can be done.
  Symbol pieces_hint;

  std::vector<Output> outputs;
  std::vector<State> states;
  /// The output called `name`, or no_node.
  NodeId output(Symbol name) const;

  /// A graph without nodes whose interned types, attributes and sites are this one's, so that ids
  /// of the tables stay valid: what a pass that copies most nodes starts from.
  Graph same_tables() const;
  /// Makes room for as many nodes as `other` has.
  void reserve(const Graph& other);
  std::uint32_t intern(Type type);
  std::uint32_t intern(Attributes attributes);
  std::uint32_t intern(const Site& site);
  const Type& type_at(std::uint32_t id) const { return types_[id]; }
  std::uint32_t type_count() const { return static_cast<std::uint32_t>(types_.size()); }

 private:
  // A node whose operands are the last `inputs` of `inputs_`.
  NodeId push(const OpDef& op, std::size_t inputs, std::uint32_t attributes, std::uint32_t type);

  std::vector<Node> nodes_;
  std::vector<NodeId> inputs_;
  // Deques, so that a reference to a type or attributes outlives the addition of nodes.
  std::deque<Type> types_;
  std::deque<Attributes> attributes_;
  std::deque<Site> sites_;
  std::unordered_multimap<std::size_t, std::uint32_t> type_index_, attribute_index_, site_index_;
  std::vector<const Type*> operand_types_;  ///< of one call of `add`; kept to save allocations
  Site last_site_;
  std::uint32_t last_site_id_ = 0;
};

/// Throws Error unless the numbers that a source holds, if it holds any, are of its type: shared,
/// of equal sizes, and ids where that is of ids.
void check_held_numbers(const OpDef& op, const Attributes& attributes, const Type& type);

/// Puts a place in force for a scope and restores the former at its end.
class PlaceScope {
 public:
  PlaceScope(Graph& graph, Place place) : graph_(graph), saved_(graph.current) {
    graph_.current = std::move(place);
  }
  ~PlaceScope() { graph_.current = saved_; }
  PlaceScope(const PlaceScope&) = delete;
  PlaceScope& operator=(const PlaceScope&) = delete;

 private:
  Graph& graph_;
  Place saved_;
};

/// "the network sees one piece of it at a time", with the graph's hint: how errors end that refuse
/// what needs the whole of a sequence.
std::string seen_in_pieces(const Graph& graph);

/// `file:line:column` of a site as an error location.
Location location_of(const Site& site);

}  // namespace unfold
