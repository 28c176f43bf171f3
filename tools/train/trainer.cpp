#include "tools/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "graph/clock.h"
#include "tools/train/not_finite.h"

namespace unfold {

namespace {

// Epochs of small programs are shorter than the disk takes to keep a file safe.
constexpr double seconds_between_writes = 2;

TrainSettings checked_settings(const Program& program) {
  Diagnostics diagnostics;
  TrainSettings settings = read_train_settings(program.train(), diagnostics);
  if (!diagnostics.empty()) throw ProgramErrors(diagnostics.sorted(), nullptr);
  return settings;
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
      step_(model_, settings_, scheduler_, shards_),
      evaluation_(
          std::make_unique<Evaluation>(model_, settings_, scheduler_, shards_, step_.workspace())),
      schedule_(settings_.schedule, settings_.schedule_options) {
  if (train_->empty()) throw Error("the training part of the data is empty");
  if (only_source(*model_.program).has(data::Part::valid))
    valid_ = std::make_unique<PartData>(*model_.program, data::Part::valid, settings_);
  require_one_rest(model_, settings_, *train_, false);
  if (valid_) require_one_rest(model_, settings_, *valid_, true);
  if (model_.checkpoint) resume(*model_.checkpoint);
  log_ = std::make_unique<Log>(run_.log(), state_.log_bytes);
  // In a new directory the best model is the one that this begins with, until another is better.
  const bool at_its_best = state_.best && state_.best_epoch == state_.epoch && state_.batch == 0;
  if (at_its_best && !std::filesystem::exists(run_.best())) best_ = checkpoint();
}

void Trainer::resume(const Checkpoint& checkpoint) {
  state_ = checkpoint.training;
  step_.optimizer().restore(state_.update, checkpoint.optimizer);
  schedule_.restore(state_.schedule);
  sums_.restore(state_.sums);
  step_.carried() = checkpoint.carried;
}

TrainEnd Trainer::run() {
  began_ = seconds_now();
  began_at_ = batches_made();
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
  epoch_began_ = seconds_now();
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
  const std::int64_t total = settings_.epochs * train_->batches();
  double loss = 0;
  try {
    loss =
        step_.update(batch, state_.update, schedule_.factor({state_.update, state_.epoch, total}));
  } catch (const NotFinite& error) {
    write();  // what was learnt until here can go on, with another rate perhaps
    throw NotFinite(step_.explained(error, batch, state_.update));
  }
  sums_.add(step_.results());
  ++state_.update;
  show_progress(loss);
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
  require_finite();
  EpochReport report;
  report.epoch = ++state_.epoch;
  state_.batch = 0;
  report.train = sums_.finish(step_.rest(train_->at(0).steps), model_.parameters);
  sums_.clear();
  step_.carried().clear();
  report.rate = step_.optimizer().rate() * schedule_.factor({state_.update - 1, state_.epoch - 1,
                                                             settings_.epochs * train_->batches()});
  report.tokens_per_second =
      static_cast<double>(epoch_tokens_) / std::max(seconds_now() - epoch_began_, 1e-9);
  report.padding = train_->padding();
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
  report.seconds = seconds_now() - began_;
  log_->write({{"event", "epoch"},
               {"epoch", report.epoch},
               {"update", state_.update},
               {"train", report.train},
               {"valid", report.valid},
               {"rate", report.rate},
               {"best", report.best},
               {"seconds", report.seconds},
               {"tokens_per_second", report.tokens_per_second},
               {"padding", report.padding}});
  if (report.best) best_ = checkpoint();
  if (seconds_now() - written_ > seconds_between_writes) write();
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
  c.source.seed = model_.program->seed();
  c.source.shards = shards_;
  c.source.precision = model_.precision;
  c.source.products = model_.products;
  c.source.passes_off = model_.passes.off;
  c.parameters = model_.parameters;
  c.optimizer = step_.optimizer().state();
  c.carried = step_.carried();
  state_.schedule = schedule_.state();
  state_.sums = sums_.numbers();
  state_.log_bytes = log_->bytes();
  c.training = state_;
  return c;
}

// The best first: a run that stops between the two resumes from an older last one and finds it
// again.
// The loss and the gradients of the last update were finite; what an optimizer made of them need
// not be.
void Trainer::require_finite() const {
  for (const TrainedParameter& p : model_.parameters)
    if (!is_finite(p.value))
      throw Error(
          fmt::format("update {} has made numbers of {} that are not finite, so nothing after "
                      "the last checkpoint is kept; a smaller rate may help",
                      state_.update, p.name));
}

void Trainer::write() {
  require_finite();
  if (best_) write_checkpoint(run_.best(), *best_);
  best_.reset();
  write_checkpoint(run_.last(), checkpoint());
  written_ = seconds_now();
}

double Trainer::batches_made() const {
  return static_cast<double>(state_.epoch * train_->batches() + state_.batch);
}

void Trainer::show_progress(double loss) {
  if (options_.progress == nullptr || !options_.progress->due(seconds_now() - began_)) return;
  const double elapsed = seconds_now() - began_;
  const std::int64_t batches = train_->batches();
  ProgressState p;
  p.label = fmt::format("epoch {}/{}", state_.epoch + 1, settings_.epochs);
  p.done = state_.batch + 1;
  p.total = batches;
  p.amount = static_cast<double>(tokens_);
  p.unit = train_->is_text() ? "symbols" : "steps";
  p.loss = loss;
  p.left = seconds_left(elapsed, began_at_, batches_made() + 1,
                        static_cast<double>(settings_.epochs * batches));
  options_.progress->update(p, elapsed);
}

}  // namespace unfold
