#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/builder.h"
#include "tools/dsl/program.h"

namespace unfold {

struct BuildOptions {
  /// Steps on each time axis, by name; an axis that is not named gets `default_steps`.
  std::map<std::string, std::int64_t> steps;
  std::int64_t default_steps = 3;
  bool training = true;  ///< dropout drops
  bool initial_values =
      true;  ///< false: `load(…)` reads nothing, the values come from a model file
  /// States are carried over this axis: the graph sees one piece of a longer sequence.
  Symbol pieces_of;
  /// What errors say of that (`Graph::pieces_hint`).
  Symbol pieces_hint = "`truncate` cuts it so, `length = n` trains on pieces that start afresh";
  /// The pieces are single steps, run by this graph one and all: nothing may depend on a step's
  /// number.
  bool single_steps = false;
};

/// An `output` of the program, and what its numbers mean.
struct OutputInfo {
  std::string name;
  /// The field whose symbols or classes the last dimension runs over, empty if it is none.
  std::string field;
};

/// A program's model as a graph for so many steps. Outputs of the graph: `loss`, `metric:NAME`,
/// `output:NAME`, and `sample`, the logits that the next symbol is drawn from.
struct BuiltModel {
  ModelBuilder model;
  std::vector<std::string> metrics;
  std::vector<OutputInfo> outputs;
  std::string sampled_field;  ///< of `sample next(FIELD) from …`, empty if there is none
  /// Of `exact(FIELD)` in metrics, empty if there is none. The graph then has an input
  /// `exact_name(FIELD)`, for each example 1 if its sequence is decoded without a mistake, else 0.
  std::string decoded_field;
  bool has_loss = false;
  Location loss_where;  ///< of the loss's definition
};

std::string exact_name(const std::string& field);

/// Evaluates the model block. Errors go to `diagnostics`; the result is usable if there were none.
BuiltModel build_model(const Program& program, const BuildOptions& options,
                       Diagnostics& diagnostics);

}  // namespace unfold
