#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace unfold {

// clang-format off
/// The text form of a graph, one node a line:
///
///     graph {
///       %0 = input {name="x"} : batched real [4@"time(x)"~, 5:"vocab"] at "" "x" step - "f.fold":3:1
///       %1 = tanh %0 : batched real [4@"time(x)"~, 5:"vocab"] at "" "h" step 2 "f.fold":4:1
///       output "h" %1
///       state "h@1" "time(x)" %0 %1
///       pieces "time(x)"
///     }
// clang-format on
///
/// A dimension is its size (`?` when unknown), then `@"axis"` (with `~` when ragged and `-n` when n
/// last steps are not real), then `:"label"`. A place may say `as "c"` behind its two names, what
/// the program calls one of several results of a call. `print` and `parse` are exact inverses, but
/// for the hint that goes with the pieces.
std::string print(const Graph& graph);

/// One node's line without its number and place: `tanh %0 : batched real [4, 5]`.
std::string print_node(const Graph& graph, NodeId id);
std::string print(const Type& type);

/// Finds an operation's record by name, null when there is none.
using OpLookup = std::function<const OpDef*(std::string_view name)>;

/// Reads the text form. Throws Error with line and column; a written type that differs from the one
/// the shape rule gives is such an error.
Graph parse(std::string_view text, const OpLookup& find_op, const std::string& file = "graph");

}  // namespace unfold
