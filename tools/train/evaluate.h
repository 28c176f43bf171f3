#pragma once

#include <map>
#include <string>

#include "graph/sums.h"
#include "tools/train/decode.h"
#include "tools/train/part_data.h"

namespace unfold {

/// Sums over batches, from which a loss and metrics of all examples together follow: numerators and
/// denominators of means are added up first, and the rest of an expression is applied once.
class RunningSums {
 public:
  /// Adds the outputs `sum:0`, `sum:1`, … of a run.
  void add(const std::map<Symbol, Tensor>& results);
  bool empty() const { return sums_.empty(); }
  void clear() { sums_.clear(); }
  /// The outputs of `rest` (graph/sums.h) for these sums.
  std::map<std::string, double> finish(const Graph& rest,
                                       const std::vector<TrainedParameter>& parameters) const;

  /// As plain numbers `sum:0/3`, for a model file, and back.
  std::map<std::string, double> numbers() const;
  void restore(const std::map<std::string, double>& numbers);

 private:
  std::map<Symbol, Tensor> sums_;  ///< f64
};

/// Loss and metrics of a model over whole parts of data: without dropout, states of a text carried
/// from piece to piece; sequences that a metric asks for are decoded.
class Evaluation {
 public:
  /// Runs in `workspace`, which whatever else uses it does at other times.
  Evaluation(const Model& model, const TrainSettings& settings, Scheduler& scheduler, int shards,
             std::shared_ptr<Workspace> workspace = std::make_shared<Workspace>());

  /// By name: `loss`, and the metrics. Throws Error when the model has none.
  std::map<std::string, double> run(const PartData& data,
                                    const std::vector<TrainedParameter>& parameters);

 private:
  Graph make(const std::map<std::string, std::int64_t>& steps, bool carried,
             const PassOptions& passes);

  const Model& model_;
  const TrainSettings& settings_;
  Scheduler& scheduler_;
  int shards_;
  PlanCache plans_;
  std::optional<Graph> rest_;
  std::unique_ptr<Decoder> decoder_;  ///< if a metric needs one
};

/// The names of the outputs that are the loss and metrics of a built model.
std::vector<Symbol> measures(const BuiltModel& built);

/// Keeps the first `rest` (graph/sums.h) of a program's graphs. Throws Error for another that says
/// something else: sums over its batches cannot be added to those of the first.
void keep_rest(std::optional<Graph>& kept, Graph rest);

/// Throws the Error of `keep_rest` before anything runs, if the pieces of a text will lead to it:
/// for the loss, and with `metrics` for all measures.
void require_one_rest(const Model& model, const TrainSettings& settings, const PartData& data,
                      bool metrics);

/// How a program is built for evaluation or training on batches of these steps.
BuildOptions options_for(const Program& program, const TrainSettings& settings,
                         const std::map<std::string, std::int64_t>& steps, bool training);

/// What a run hands to the next piece: the outputs named like the graph's states.
NamedTensors carried_states(const Graph& graph, std::map<Symbol, Tensor>& results);

/// Adds states as inputs and outputs (`carried`), or as outputs only.
Graph with_states(Graph graph, Symbol axis, bool carried);

}  // namespace unfold
