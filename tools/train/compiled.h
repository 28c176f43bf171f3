#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/execute.h"
#include "tools/data/batches.h"
#include "tools/train/fit_plan.h"
#include "tools/train/model.h"

namespace unfold {

/// What is known of the runs that a plan is made for.
struct PlanUse {
  std::int64_t batch = 1;        ///< examples in all batches but perhaps a last one
  std::int64_t runs = 1;         ///< about how many share what is made of parameters alone
  bool parameters_stay = false;  ///< as in PlanOptions
};

/// A plan that is ready to run.
struct Compiled {
  /// `graph`: as `optimise` takes it.
  Compiled(Graph graph, DType precision, const PassOptions& passes, Scheduler& scheduler,
           int shards);
  Compiled(Plan planned, Scheduler& scheduler, int shards, Workspace* workspace = nullptr)
      : plan(std::move(planned)), executor(plan, scheduler, shards, workspace) {}
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  Plan plan;
  Executor executor;
};

/// Plans for each number of steps met, made by `make` at first use. They run in one workspace,
/// which may be that of another cache whose plans run at other times.
class PlanCache {
 public:
  using Make = std::function<Graph(const std::map<std::string, std::int64_t>& steps, bool carried,
                                   const PassOptions& passes)>;
  /// `make`: a graph of `model` as `optimise` takes it, after these passes.
  PlanCache(Make make, const Model& model, Scheduler& scheduler, int shards, const PlanUse& use,
            std::shared_ptr<Workspace> workspace = std::make_shared<Workspace>());

  const std::shared_ptr<Workspace>& workspace() const { return workspace_; }
  /// For these steps; `carried`: with the states of the former piece as inputs.
  Compiled& get(const std::map<std::string, std::int64_t>& steps, bool carried);

 private:
  Make make_;
  PassOptions passes_;
  Fit fit_;
  Scheduler& scheduler_;
  std::shared_ptr<Workspace> workspace_;
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
