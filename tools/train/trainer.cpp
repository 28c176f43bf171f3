#include "tools/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "graph/autodiff.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"
#include "tools/train/clip.h"
#include "tools/train/not_finite.h"

namespace unfold {

namespace {

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

// Epochs of small programs are shorter than the disk takes to keep a file safe.
constexpr double seconds_between_writes = 2;

TrainSettings checked_settings(const Program& program) {
  Diagnostics diagnostics;
  TrainSettings settings = read_train_settings(program.train(), diagnostics);
  if (!diagnostics.empty()) throw ProgramErrors(diagnostics.sorted(), nullptr);
  return settings;
}

int shards_for(const Model& model, const TrainSettings& settings) {
  if (model.checkpoint) return static_cast<int>(model.checkpoint->source.shards);
  return settings.shards > 0 ? static_cast<int>(settings.shards) : core_count();
}

}  // namespace

Trainer::Trainer(Model model, const RunDir& run, Options options)
    : model_(std::move(model)),
      run_(run),
      options_(std::move(options)),
      settings_(checked_settings(*model_.program)),
      shards_(shards_for(model_, settings_)),
      scheduler_(options_.threads),
      train_(std::make_unique<PartData>(*model_.program, data::Part::train, settings_)),
      plans_([this](const auto& steps, bool carried) { return make(steps, carried); },
             model_.precision, scheduler_, shards_),
      evaluation_(std::make_unique<Evaluation>(model_, settings_, scheduler_, shards_)),
      optimizer_(settings_.optimizer, settings_.optimizer_options, model_.parameters),
      schedule_(settings_.schedule, settings_.schedule_options) {
  if (train_->empty()) throw Error("the training part of the data is empty");
  if (only_source(*model_.program).has(data::Part::valid))
    valid_ = std::make_unique<PartData>(*model_.program, data::Part::valid, settings_);
  if (model_.checkpoint) resume(*model_.checkpoint);
  log_ = std::make_unique<Log>(run_.log(), state_.log_bytes);
  gradients_.resize(model_.parameters.size());
}

void Trainer::resume(const Checkpoint& checkpoint) {
  state_ = checkpoint.training;
  optimizer_.restore(state_.update, checkpoint.optimizer);
  schedule_.restore(state_.schedule);
  sums_.restore(state_.sums);
  carried_ = checkpoint.carried;
}

// The graph of a training step: the loss and its sums over the batch, the gradients, and the states
// that go on to the next piece.
Graph Trainer::make(const std::map<std::string, std::int64_t>& steps, bool carried) {
  const BuildOptions options = options_for(*model_.program, settings_, steps, true);
  BuiltModel built = build(model_, options);
  if (!built.has_loss) throw Error("the program has no `loss`: there is nothing to train for");
  Graph graph = std::move(built.model.graph);
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("loss")); });
  const std::vector<Symbol> loss{"loss"};
  SplitSums split = split_sums(graph, loss, core_ops());
  if (!rest_) rest_ = std::move(split.rest);
  graph.outputs.insert(graph.outputs.end(), split.sums.begin(), split.sums.end());
  graph = optimise_forward(with_states(std::move(graph), options.pieces_of, carried),
                           {.off = {}, .batch = settings_.batch, .dump_after = {}});
  const auto nodes = parameter_nodes(graph);
  std::vector<NodeId> wanted;
  for (const TrainedParameter& p : model_.parameters)
    if (!p.frozen)
      if (const auto found = nodes.find(p.name); found != nodes.end())
        wanted.push_back(found->second);
  return differentiate(std::move(graph), "loss", wanted, core_ops());
}

TrainEnd Trainer::run() {
  began_ = now();
  while (state_.epoch < settings_.epochs) {
    if (settings_.patience > 0 && state_.epochs_without_better >= settings_.patience) {
      write();
      return TrainEnd::patience;
    }
    if (!epoch()) {
      write();
      return TrainEnd::interrupted;
    }
    end_epoch();
  }
  write();
  return TrainEnd::finished;
}

// Makes the rest of the current epoch's updates; false if it was stopped before their end.
bool Trainer::epoch() {
  train_->shuffle(model_.program->seed(), static_cast<std::uint64_t>(state_.epoch));
  epoch_began_ = now();
  epoch_tokens_ = 0;
  while (state_.batch < train_->batches()) {
    const data::Batch batch = train_->at(state_.batch);
    update(batch);
    ++state_.batch;
    const std::int64_t tokens = token_count(batch);
    tokens_ += tokens;
    epoch_tokens_ += tokens;
    if (options_.stop && options_.stop()) return false;
  }
  return true;
}

void Trainer::update(const data::Batch& batch) {
  const bool piece = settings_.truncate > 0 && train_->is_text() && !batch.first;
  Compiled& compiled = plans_.get(batch.steps, piece);
  const RunKey key{model_.program->seed(), static_cast<std::uint64_t>(state_.update), 0};
  const BatchFeed feed(batch, model_.parameters, piece ? &carried_ : nullptr, model_.precision,
                       key);
  compiled.executor.run(feed.feed(), results_);
  for (std::size_t i = 0; i < gradients_.size(); ++i)
    if (const auto g = results_.find("grad:" + model_.parameters[i].name); g != results_.end())
      std::swap(gradients_[i], g->second);
  const double loss = results_.at("loss").at(0);
  const double norm = global_norm(gradients_, scheduler_);
  require_finite(loss, norm, compiled, feed);
  const double clip = settings_.clip_norm > 0 ? clip_factor(norm, settings_.clip_norm) : 1;
  if (settings_.clip_value > 0) clip_value(gradients_, settings_.clip_value / clip, scheduler_);
  const std::int64_t total = settings_.epochs * train_->batches();
  optimizer_.update(model_.parameters, gradients_, scheduler_,
                    schedule_.factor({state_.update, state_.epoch, total}), clip);
  for (std::size_t i = 0; i < gradients_.size(); ++i)
    if (const auto g = results_.find("grad:" + model_.parameters[i].name); g != results_.end())
      std::swap(gradients_[i], g->second);
  sums_.add(results_);
  if (settings_.truncate > 0) carried_ = carried_states(compiled.plan.graph, results_);
  ++state_.update;
  show_progress(loss);
}

void Trainer::require_finite(double loss, double norm, const Compiled& compiled,
                             const BatchFeed& feed) {
  if (std::isfinite(loss) && std::isfinite(norm)) return;
  const std::string what = fmt::format("update {}: the {} is not finite ({})", state_.update + 1,
                                       std::isfinite(loss) ? "norm of the gradient" : "loss",
                                       std::isfinite(loss) ? norm : loss);
  write();  // what was learnt until here can go on, with another rate perhaps
  throw describe_not_finite(what, compiled.plan.graph, feed.feed(), model_.precision);
}

// Of the validation part; where there is none, of the training part while learning.
double Trainer::deciding_measure(const EpochReport& report) const {
  const auto& measures = valid_ ? report.valid : report.train;
  const auto found = measures.find(settings_.best);
  if (found != measures.end()) return found->second;
  throw Error(fmt::format(
      "`best` names {}, which {}", settings_.best,
      valid_ ? "is no metric of the program" : "is not measured without a validation part"));
}

void Trainer::end_epoch() {
  EpochReport report;
  report.epoch = ++state_.epoch;
  state_.batch = 0;
  if (!rest_) make(train_->at(0).steps, false);  // resumed after the last update of an epoch
  report.train = sums_.finish(*rest_, model_.parameters);
  sums_.clear();
  carried_.clear();
  report.rate = optimizer_.rate() * schedule_.factor({state_.update - 1, state_.epoch - 1,
                                                      settings_.epochs * train_->batches()});
  report.tokens_per_second =
      static_cast<double>(epoch_tokens_) / std::max(now() - epoch_began_, 1e-9);
  if (valid_) report.valid = evaluation_->run(*valid_, model_.parameters);
  const double measure = deciding_measure(report);
  report.best = std::isfinite(measure) &&
                (!state_.best ||
                 (settings_.best_is_largest ? measure > *state_.best : measure < *state_.best));
  if (report.best) {
    state_.best = measure;
    state_.best_epoch = state_.epoch;
    state_.epochs_without_better = 0;
  } else {
    ++state_.epochs_without_better;
  }
  schedule_.end_epoch(settings_.best_is_largest ? -measure : measure);
  report.seconds = now() - began_;
  log_->write({{"event", "epoch"},
               {"epoch", report.epoch},
               {"update", state_.update},
               {"train", report.train},
               {"valid", report.valid},
               {"rate", report.rate},
               {"best", report.best},
               {"seconds", report.seconds},
               {"tokens_per_second", report.tokens_per_second}});
  if (report.best) best_ = checkpoint();
  if (now() - written_ > seconds_between_writes) write();
  if (options_.on_epoch) options_.on_epoch(report);
}

Checkpoint Trainer::checkpoint() {
  Checkpoint c;
  const ProgramText& text = model_.program->text();
  for (const auto& [name, content] : text.files)
    c.source.files.push_back(
        {std::filesystem::absolute(name).lexically_normal().string(), content});
  c.source.overrides = text.overrides;
  c.source.fields = {{"fields", model_.program->data().fields},
                     {"sources", model_.program->data().source_specs}};
  c.source.fingerprints = nlohmann::json::array();
  c.source.seed = model_.program->seed();
  c.source.shards = shards_;
  c.source.precision = model_.precision;
  c.parameters = model_.parameters;
  c.optimizer = optimizer_.state();
  c.carried = carried_;
  state_.schedule = schedule_.state();
  state_.sums = sums_.numbers();
  state_.log_bytes = log_->bytes();
  c.training = state_;
  return c;
}

// The best first: a run that stops between the two resumes from an older last one and finds it
// again.
void Trainer::write() {
  if (best_) write_checkpoint(run_.best(), *best_);
  best_.reset();
  write_checkpoint(run_.last(), checkpoint());
  written_ = now();
}

void Trainer::show_progress(double loss) {
  if (options_.progress == nullptr || !options_.progress->due(now() - began_)) return;
  const double elapsed = now() - began_;
  const std::int64_t batches = train_->batches();
  const double done = static_cast<double>(state_.epoch * batches + state_.batch + 1);
  const double all = static_cast<double>(settings_.epochs * batches);
  ProgressState p;
  p.label = fmt::format("epoch {}/{}", state_.epoch + 1, settings_.epochs);
  p.done = state_.batch + 1;
  p.total = batches;
  p.amount = static_cast<double>(tokens_);
  p.unit = train_->is_text() ? "symbols" : "steps";
  p.loss = loss;
  p.left = elapsed / done * (all - done);
  options_.progress->update(p, elapsed);
}

}  // namespace unfold
