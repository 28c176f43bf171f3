#pragma once

#include <string>

#include "tools/dsl/program.h"
#include "tools/train/options.h"

namespace unfold {

/// What a train block says, checked and with everything that it leaves out.
struct TrainSettings {
  std::string optimizer = "adam";
  OptionValues optimizer_options;
  std::string schedule = "constant";
  OptionValues schedule_options;
  double clip_norm = 0;   ///< limit of the gradients' global norm, 0: none
  double clip_value = 0;  ///< limit of each element, 0: none
  std::int64_t batch = 32;
  std::int64_t epochs = 10;
  std::string best = "loss";  ///< the loss or metric that says which epoch is the best
  bool best_is_largest = false;
  std::int64_t patience = 0;  ///< epochs without a better one before stopping, 0: never
  std::int64_t truncate = 0;  ///< steps of carried pieces of a text, 0: not cut so
  std::int64_t length = 0;    ///< steps of independent pieces of a text, 0: not cut so
  std::int64_t shards = 0;    ///< 0: one for each core
};

/// One setting's name, meaning and bounds, for checking and for `unfold help train`.
const std::vector<TrainOption>& train_options();

/// Reads the train block; every mistake goes to `diagnostics` with its place.
TrainSettings read_train_settings(const Settings& settings, Diagnostics& diagnostics);

}  // namespace unfold
