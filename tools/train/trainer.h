#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tools/train/evaluate.h"
#include "tools/train/interrupt.h"
#include "tools/train/log.h"
#include "tools/train/progress.h"
#include "tools/train/run_dir.h"
#include "tools/train/schedule.h"
#include "tools/train/training_step.h"

namespace unfold {

/// What an epoch came to.
struct EpochReport {
  std::int64_t epoch = 0;
  std::map<std::string, double> train,
      valid;  ///< by name; valid is empty without a validation part
  double rate = 0, seconds = 0, tokens_per_second = 0;
  double padding = 0;  ///< share of the steps computed in training
  bool best = false;
};

enum class TrainEnd { finished, patience, interrupted };

/// Trains a model: updates, validation after each epoch, the best and the last model kept, a log. A
/// run that stops at any update and is resumed ends with the same bits as one that does not stop.
class Trainer {
 public:
  struct Options {
    int threads = 0;  ///< 0: one for each core
    std::function<void(const EpochReport&)> on_epoch;
    std::function<bool()> stop;  ///< asked after each update
    Progress* progress = nullptr;
  };

  /// A model that comes from a file goes on where that stopped. The run directory must outlive
  /// this.
  Trainer(Model model, const RunDir& run, Options options);

  TrainEnd run();

  const TrainingState& state() const { return state_; }
  const std::vector<TrainedParameter>& parameters() const { return model_.parameters; }
  const TrainSettings& settings() const { return settings_; }
  bool has_validation() const { return valid_ != nullptr; }

 private:
  void resume(const Checkpoint& checkpoint);
  bool epoch();
  void update(const data::Batch& batch);
  double deciding_measure(const EpochReport& report) const;
  void end_epoch();
  Checkpoint checkpoint();
  void require_finite() const;
  void write();
  double batches_made() const;
  void show_progress(double loss);

  Model model_;
  const RunDir& run_;
  Options options_;
  TrainSettings settings_;
  int shards_;
  Scheduler scheduler_;
  std::unique_ptr<PartData> train_, valid_;
  TrainingStep step_;
  std::unique_ptr<Evaluation> evaluation_;
  Schedule schedule_;
  TrainingState state_;
  RunningSums sums_;
  std::unique_ptr<Log> log_;
  std::optional<Checkpoint> best_;  ///< the best model, until it is written
  double began_ = 0, epoch_began_ = 0, written_ = 0;
  double began_at_ = 0;  ///< batches made before, in a run that is resumed
  std::int64_t tokens_ = 0, epoch_tokens_ = 0;
};

}  // namespace unfold
