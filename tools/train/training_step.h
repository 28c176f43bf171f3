#pragma once

#include <map>
#include <optional>
#include <vector>

#include "tools/train/compiled.h"
#include "tools/train/optimizer.h"
#include "tools/train/settings.h"

namespace unfold {

/// A loss or a gradient was not finite. The parameters are as they were before.
class NotFinite : public Error {
 public:
  explicit NotFinite(Error error) : Error(std::move(error)) {}
};

/// What a training step runs, and what its sums mean.
struct TrainingGraph {
  /// As `optimise` takes it. Outputs: `loss`, the sums over the batch `sum:0` …, the gradient of
  /// each parameter that is not frozen, `grad:NAME` or by rows (tools/train/gradient.h), and the
  /// states that go on to the next piece.
  Graph graph;
  Graph rest;  ///< what turns these sums into the loss (graph/sums.h)
};

/// Makes it of a program's graph, built for training. `pieces_of`: the axis that states are carried
/// over, empty if there is none; `carried`: from a former piece. Throws Error without a `loss`.
TrainingGraph training_graph(Graph built, const std::vector<TrainedParameter>& parameters,
                             Symbol pieces_of, bool carried, const PassOptions& passes);

/// Throws Error if the loss depends on no parameter that is trained.
void require_trained(const BuiltModel& built);

/// The passes that training runs on a model's graphs.
PassOptions training_passes(const Model& model, const TrainSettings& settings);

/// What training does with one batch: forward, backward, clipping, the optimizer. Keeps the plans,
/// and the states that go on to the next piece of a text.
class TrainingStep {
 public:
  /// All of them must outlive this; `model`'s parameters are what is trained.
  TrainingStep(Model& model, const TrainSettings& settings, Scheduler& scheduler, int shards);

  /// One update, number `number` from 0, at the optimizer's rate times `factor`. Returns the loss.
  /// Throws NotFinite; ProgramErrors and Error for a program that cannot be trained.
  double update(const data::Batch& batch, std::int64_t number, double factor);
  /// Where in the program it came from that this update threw NotFinite. Computes the batch again
  /// and keeps all of its values; where there is no memory for that, says what was said already.
  Error explained(const NotFinite& error, const data::Batch& batch, std::int64_t number);

  /// The plan that `update` runs for this batch.
  Compiled& compiled(const data::Batch& batch) { return plans_.get(batch.steps, !batch.first); }
  /// The memory that updates run in.
  const std::shared_ptr<Workspace>& workspace() const { return plans_.workspace(); }
  /// What the last update's run computed: `loss` and the sums over the batch, `sum:0` ….
  const std::map<Symbol, Tensor>& results() const { return results_; }
  /// What turns these sums into the loss and the metrics (graph/sums.h). `steps`: those of any
  /// batch, needed when no update was made yet.
  const Graph& rest(const std::map<std::string, std::int64_t>& steps);

  Optimizer& optimizer() { return optimizer_; }
  /// The states at the end of the last piece.
  NamedTensors& carried() { return carried_; }

 private:
  Graph make(const std::map<std::string, std::int64_t>& steps, bool carried,
             const PassOptions& passes);
  RunKey key(std::int64_t number) const;
  void exchange_gradients();
  void take_gradients();

  Model& model_;
  const TrainSettings& settings_;
  Scheduler& scheduler_;
  PlanCache plans_;
  Optimizer optimizer_;
  std::optional<Graph> rest_;
  NamedTensors carried_;
  std::map<Symbol, Tensor> results_;
  std::vector<Gradient> gradients_;  ///< by parameter; those not by rows during an update only
};

/// How many shards the batches of a model are cut into: as it was trained, else as the settings
/// say.
int shards_for(const Model& model, const TrainSettings& settings);

}  // namespace unfold
