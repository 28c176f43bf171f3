#pragma once

#include <functional>
#include <map>
#include <vector>

#include "graph/unroll.h"
#include "models/initialise.h"
#include "ops/ops.h"

namespace unfold {

/// A parameter of a model: what it is called, its shape, how it starts, whether it is trained.
struct ParameterSpec {
  Symbol name;  ///< layer path and name, `encoder.forward.W_f`
  std::vector<Dim> dims;
  Initialiser init;
  bool frozen = false;
  Location where = {};  ///< the line that declares it, if a program does
};

/// A model under construction: a graph, its parameters, and the path of the layer being built.
/// Layers are functions that take a builder and values and return values; each opens a
/// `LayerScope`, so that its parameters have names of their own.
class ModelBuilder {
 public:
  Graph graph;
  /// Whether it is built to be trained: if not, layers such as dropout do nothing.
  bool training = true;

  /// The parameter `name` of the layer being built, declared at its first use. Asked for again (at
  /// another step of a recurrence) it is the same node; with another shape that is an Error.
  Value parameter(Symbol name, std::vector<Dim> dims, Initialiser init, bool frozen = false);
  const std::vector<ParameterSpec>& parameters() const { return parameters_; }

  /// Unrolls a recurrence (graph/unroll.h) so that layers called in its body have one set of
  /// parameters for all steps.
  std::vector<Value> unroll(const Recurrence& recurrence,
                            const std::function<void(Unroller&)>& body);

  /// The path of the layer being built; empty at the top.
  Symbol path() const { return graph.current.site.path; }
  /// A path of its own for a layer that is declared now and called later, perhaps several times.
  Symbol reserve(Symbol name) { return unique(name); }
  /// What the next layer to open its scope is called instead of by its own name: a name within the
  /// current path, or, after `reserve`, that very path, whose parameters all its calls share.
  void name_next_layer(Symbol name) { next_name_ = name; }
  void share_next_layer(Symbol path) { next_path_ = path; }

  /// What was added since a point in time can be taken back, e.g. after inferring shapes.
  struct Mark {
    NodeId nodes;
    std::size_t parameters, outputs, states;
    std::map<Symbol, int> used, used_by_states;
  };
  Mark mark() const;
  void roll_back(const Mark& mark);

  /// Where this layer's call stands, for operations that draw random numbers: unique in the model.
  Symbol call_site(Symbol name);

 private:
  friend class LayerScope;
  /// `base`, or `base_2`, `base_3`, … if the layer being built has used it.
  Symbol unique(Symbol base);
  /// A name for a state of a recurrence within step `outer` of another, or within none.
  Symbol unique_state(Symbol name, std::int32_t outer);

  std::vector<ParameterSpec> parameters_;
  std::map<Symbol, NodeId> nodes_;
  Symbol next_name_, next_path_;
  std::map<Symbol, int> used_;  ///< full paths of layers, and how often each was asked for
  std::string outer_steps_;     ///< of the recurrences around the innermost: `[2][0]`
  std::map<Symbol, int> used_by_states_;  ///< names of states, likewise
};

/// Makes a layer's path the current one while it lives: `lstm` inside `encoder` is `encoder.lstm`,
/// a second one `encoder.lstm_2`.
class LayerScope {
 public:
  LayerScope(ModelBuilder& builder, Symbol name);
  ~LayerScope();
  LayerScope(const LayerScope&) = delete;
  LayerScope& operator=(const LayerScope&) = delete;

 private:
  ModelBuilder& builder_;
  Symbol saved_;
};

}  // namespace unfold
