#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/train/options.h"

namespace unfold {

/// The schedules a program may name, with their options.
const std::vector<TrainChoice>& schedule_choices();

/// Where training is: updates and epochs made before this one, and the updates of the whole
/// training.
struct TrainPosition {
  std::int64_t update = 0;
  std::int64_t epoch = 0;
  std::int64_t total_updates = 0;
};

/// The factor on the learning rate at each update.
class Schedule {
 public:
  /// What a plateau remembers between epochs.
  struct State {
    double factor = 1;
    std::optional<double> best;
    std::int64_t epochs_without_better = 0;

    bool operator==(const State&) const = default;
  };

  /// Schedule `name` with options `given`. Throws an Error for an unknown name or option, or a
  /// value out of range.
  explicit Schedule(const std::string& name = "constant", const OptionValues& given = {});

  double factor(const TrainPosition& at) const;
  /// Tells the loss that decides what is best, after each epoch.
  void end_epoch(double loss);

  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  std::string name_;
  OptionValues options_;
  State state_;
};

}  // namespace unfold
