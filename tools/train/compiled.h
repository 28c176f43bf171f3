#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/execute.h"
#include "tools/data/batches.h"
#include "tools/train/model.h"

namespace unfold {

/// A graph that is optimised, planned and ready to run.
struct Compiled {
  /// `graph`: as `optimise` takes it. `parameters_stay`: as in PlanOptions.
  Compiled(Graph graph, DType precision, const PassOptions& passes, Scheduler& scheduler,
           int shards, Workspace* workspace = nullptr, bool parameters_stay = false);
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  Plan plan;
  Executor executor;
};

/// Plans for each number of steps met, made by `make` at first use. They run in one workspace.
class PlanCache {
 public:
  using Make = std::function<Graph(const std::map<std::string, std::int64_t>& steps, bool carried)>;
  /// `make`: a graph of `model` as `optimise` takes it. `parameters_stay`: as in PlanOptions.
  PlanCache(Make make, const Model& model, Scheduler& scheduler, int shards,
            bool parameters_stay = false)
      : make_(std::move(make)),
        precision_(model.precision),
        passes_(model.passes),
        scheduler_(scheduler),
        shards_(shards),
        parameters_stay_(parameters_stay) {}

  /// For these steps; `carried`: with the states of the former piece as inputs.
  Compiled& get(const std::map<std::string, std::int64_t>& steps, bool carried);

 private:
  Make make_;
  DType precision_;
  PassOptions passes_;
  Scheduler& scheduler_;
  int shards_;
  bool parameters_stay_;
  Workspace workspace_;
  std::map<std::pair<std::map<std::string, std::int64_t>, bool>, std::unique_ptr<Compiled>> plans_;
};

/// What a run on a batch reads: the batch, the parameters and, where there are any, carried states,
/// all of which must outlive it; `version` as in Feed. Keeps converted copies of what is not in the
/// run's precision.
class BatchFeed {
 public:
  BatchFeed(const data::Batch& batch, const std::vector<TrainedParameter>& parameters,
            const NamedTensors* carried, DType precision, RunKey key, std::uint64_t version = 0);
  BatchFeed(const BatchFeed&) = delete;
  BatchFeed& operator=(const BatchFeed&) = delete;

  const Feed& feed() const { return feed_; }

 private:
  Feed feed_;
  std::vector<std::unique_ptr<Tensor>> converted_;
};

/// The axis that a program's texts run over in pieces, empty if it has no text. Throws Error if the
/// model reads several texts.
Symbol text_axis(const Program& program);

/// The node of each named parameter of a graph.
std::map<std::string, NodeId> parameter_nodes(const Graph& graph);

}  // namespace unfold
