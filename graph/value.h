#pragma once

#include <cstdint>

namespace unfold {

class Graph;
struct Type;

using NodeId = std::uint32_t;
inline constexpr NodeId no_node = 0xffffffffu;

/// A node of a graph under construction, as expressions handle it: `tanh(x * w + b)`. Operators and
/// functions on values are in ops/ops.h. An empty value stands for "none". Refers to the graph
/// where it is: once that is moved or passed on by value, ask the new one (`Graph::value`).
struct Value {
  Graph* graph = nullptr;
  NodeId id = no_node;

  explicit operator bool() const { return graph != nullptr; }
  const Type& type() const;
  bool same_as(const Value& other) const { return graph == other.graph && id == other.id; }
};

}  // namespace unfold
