#include "tools/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace unfold {

namespace {

using Type = TrainOption::Type;

TrainOption warmup_option() {
  return {.name = "warmup",
          .type = Type::integer,
          .low = 0,
          .doc = "updates over which the rate first rises in equal steps to its full value"};
}

TrainOption factor_option(double initial, const char* doc) {
  return {.name = "factor", .initial = initial, .low = 0, .high = 1, .low_open = true, .doc = doc};
}

/// Half a cosine from 1 at the end of the warmup to 0 at the end of training.
double cosine(const TrainPosition& at, double warmup) {
  const double length = std::max(1.0, static_cast<double>(at.total_updates) - warmup);
  const double done = (static_cast<double>(at.update) - warmup) / length;
  return 0.5 * (1 + std::cos(std::numbers::pi * std::clamp(done, 0.0, 1.0)));
}

}  // namespace

const std::vector<TrainChoice>& schedule_choices() {
  static const std::vector<TrainChoice> all = {
      {"constant", "The rate stays as it is.", {warmup_option()}},
      {"step",
       "The rate is multiplied by `factor` after each `every` epochs.",
       {{.name = "every",
         .type = Type::integer,
         .required = true,
         .low = 1,
         .doc = "epochs from one change to the next"},
        factor_option(0.1, "what the rate is multiplied by"),
        warmup_option()}},
      {"exponential",
       "The rate is multiplied by `factor` after each epoch.",
       {factor_option(0.95, "what the rate is multiplied by"), warmup_option()}},
      {"cosine",
       "The rate falls along half a cosine to 0 at the last update (Loshchilov & Hutter 2017).",
       {warmup_option()}},
      {"plateau",
       "The rate is multiplied by `factor` when the validation loss has stopped to fall.",
       {factor_option(0.1, "what the rate is multiplied by"),
        {.name = "patience",
         .type = Type::integer,
         .initial = 3,
         .low = 1,
         .doc = "epochs in a row without a lower loss that make the change"},
        warmup_option()}},
  };
  return all;
}

Schedule::Schedule(const std::string& name, const OptionValues& given)
    : name_(name),
      options_(complete_options(find_choice(schedule_choices(), name, "schedule"), given)) {}

double Schedule::factor(const TrainPosition& at) const {
  const double warmup = options_.at("warmup"), epoch = static_cast<double>(at.epoch);
  const double rise =
      warmup > 0 ? std::min(1.0, (static_cast<double>(at.update) + 1) / warmup) : 1.0;
  if (name_ == "step") {
    return rise * std::pow(options_.at("factor"), std::floor(epoch / options_.at("every")));
  }
  if (name_ == "exponential") return rise * std::pow(options_.at("factor"), epoch);
  if (name_ == "cosine") return rise * cosine(at, warmup);
  return rise * state_.factor;
}

void Schedule::end_epoch(double loss) {
  if (name_ != "plateau") return;
  // Where nothing is finite yet nothing is best: no number is less than one that is none.
  if (std::isfinite(loss) && (!state_.best || loss < *state_.best)) {
    state_.best = loss;
    state_.epochs_without_better = 0;
  } else if (++state_.epochs_without_better >= options_.at("patience")) {
    state_.factor *= options_.at("factor");
    state_.epochs_without_better = 0;
  }
}

}  // namespace unfold
