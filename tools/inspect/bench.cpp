#include "tools/inspect/bench.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "graph/clock.h"
#include "tools/inspect/machine.h"
#include "tools/train/memory.h"
#include "tools/train/part_data.h"
#include "tools/train/predict.h"
#include "tools/train/training_step.h"

namespace unfold {

namespace {

constexpr std::size_t windows = 5;

/// What is repeated.
class Work {
 public:
  virtual ~Work() = default;
  virtual Compiled& compiled(const data::Batch& batch) = 0;
  virtual void run(const data::Batch& batch) = 0;
};

class TrainingWork : public Work {
 public:
  TrainingWork(Model& model, const TrainSettings& settings, Scheduler& scheduler, int shards)
      : step_(model, settings, scheduler, shards) {}
  Compiled& compiled(const data::Batch& batch) override { return step_.compiled(batch); }
  void run(const data::Batch& batch) override { step_.update(batch, updates_++, 1); }

 private:
  TrainingStep step_;
  std::int64_t updates_ = 0;
};

class InferenceWork : public Work {
 public:
  InferenceWork(const Model& model, std::int64_t batch, Scheduler& scheduler, int shards)
      : model_(model),
        plans_(
            [&model](const auto& steps, bool, const PassOptions& passes) {
              return prediction_graph(model, steps, passes);
            },
            model, scheduler, shards, {.batch = batch, .parameters_stay = true}) {}
  Compiled& compiled(const data::Batch& batch) override { return plans_.get(batch.steps, false); }
  void run(const data::Batch& batch) override {
    const BatchFeed feed(batch, model_.parameters, nullptr, model_.precision, {}, 1);
    compiled(batch).executor.run(feed.feed(), results_);
  }

 private:
  const Model& model_;
  PlanCache plans_;
  std::map<Symbol, Tensor> results_;
};

/// The batches in turn, again and again.
class Course {
 public:
  Course(Work& work, std::vector<data::Batch> batches)
      : work_(work), batches_(std::move(batches)) {}

  const std::vector<data::Batch>& batches() const { return batches_; }

  // A text's first piece starts afresh, so that there are states to carry to the others.
  void warm_up() {
    for (data::Batch& batch : batches_) {
      const bool first = std::exchange(batch.first, true);
      if (!first) work_.run(batch);
      batch.first = first;
    }
    for (int i = 0; i < 2; ++i) round();
  }

  /// Seconds a step in a window of whole rounds, and how many rounds that were.
  std::pair<double, std::int64_t> window(double seconds) {
    const double began = seconds_now();
    std::int64_t rounds = 0;
    double passed = 0;
    do {
      round();
      ++rounds;
      passed = seconds_now() - began;
    } while (passed < seconds);
    return {passed / static_cast<double>(rounds * std::ssize(batches_)), rounds};
  }

 private:
  void round() {
    for (const data::Batch& batch : batches_) work_.run(batch);
  }

  Work& work_;
  std::vector<data::Batch> batches_;
};

/// The batches that share a plan.
struct Use {
  Profile profile;
  std::int64_t batches = 0, examples = 0;
  std::int64_t largest = 0;  ///< examples of one batch
};

std::map<Compiled*, Use> uses_of(Work& work, const std::vector<data::Batch>& batches) {
  std::map<Compiled*, Use> uses;
  for (const data::Batch& batch : batches) {
    Use& use = uses[&work.compiled(batch)];
    ++use.batches;
    use.examples += batch.size;
    use.largest = std::max(use.largest, batch.size);
  }
  return uses;
}

void describe(const std::vector<data::Batch>& batches, BenchResult& result) {
  const auto count = static_cast<double>(batches.size());
  result.batches = std::ssize(batches);
  data::Padding padding;
  for (const data::Batch& batch : batches) {
    result.examples += static_cast<double>(batch.size) / count;
    result.tokens += static_cast<double>(token_count(batch)) / count;
    for (const auto& [axis, steps] : batch.steps)
      result.most_steps = std::max(result.most_steps, steps);
    padding.add(batch);
  }
  result.padding = padding.share();
}

void profile(Course& course, std::map<Compiled*, Use>& uses, double seconds, BenchResult& result) {
  for (auto& [compiled, use] : uses) compiled->executor.set_profile(&use.profile);
  const auto [step, rounds] = course.window(seconds);
  double running = 0;
  for (auto& [compiled, use] : uses) {
    compiled->executor.set_profile(nullptr);
    result.times.add(compiled->plan, use.profile, rounds * use.batches, rounds * use.examples);
    running += use.profile.total;
  }
  result.profiled_steps = static_cast<double>(rounds * result.batches);
  result.profiled_seconds = step * result.profiled_steps;
  if (!result.inference) result.updating_seconds = result.profiled_seconds - running;
}

}  // namespace

BenchResult bench(Model& model, const BenchOptions& options, std::int64_t memory_before) {
  Diagnostics diagnostics;
  TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  if (options.shape.batch) settings.batch = *options.shape.batch;
  Scheduler scheduler(options.threads);
  const int shards = shards_for(model, settings);
  std::unique_ptr<Work> work;
  if (options.inference)
    work = std::make_unique<InferenceWork>(model, settings.batch, scheduler, shards);
  else
    work = std::make_unique<TrainingWork>(model, settings, scheduler, shards);
  Course course(*work, bench_batches(*model.program, settings, options.shape));
  BenchResult result;
  result.inference = options.inference;
  result.products = model.products;
  result.threads = scheduler.threads();
  result.shards = shards;
  describe(course.batches(), result);
  course.warm_up();
  std::vector<double> steps;
  while (steps.size() < windows) steps.push_back(course.window(options.window).first);
  std::ranges::sort(steps);
  result.best = steps.front();
  result.median = steps[windows / 2];
  const ResidentMemory memory = resident_memory();
  result.resident = memory.now;
  result.grown = memory.now - memory_before;
  result.most = memory.most - memory_before;
  auto uses = uses_of(*work, course.batches());
  for (const auto& [compiled, use] : uses) {
    // The plans of one model run in one memory.
    result.plan_bytes = std::max(result.plan_bytes, compiled->plan.bytes(use.largest, shards));
    result.work += work_of_runs(compiled->plan.graph, use.batches, use.examples) /
                   static_cast<double>(result.batches);
  }
  // Not before: its matrices would count as the most memory of a small model.
  result.peak = product_peak(scheduler, model.products);
  profile(course, uses, options.window, result);
  return result;
}

}  // namespace unfold
