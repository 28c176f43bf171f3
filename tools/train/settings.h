#pragma once

#include <string>

#include "tools/dsl/program.h"
#include "tools/train/options.h"

namespace unfold {

/// What a train block says, checked and with everything that it leaves out (named_settings() and
/// train_options() say what that is).
struct TrainSettings {
  std::string optimizer;
  OptionValues optimizer_options;
  std::string schedule;
  OptionValues schedule_options;
  std::string best;  ///< the loss or metric that says which epoch is the best
  bool best_is_largest = false;
  Location best_where;        ///< of `best`, where the block has it
  double clip_norm = 0;       ///< limit of the gradients' global norm, 0: none
  double clip_value = 0;      ///< limit of each element, 0: none
  std::int64_t batch = 0;     ///< examples, or streams of a text
  std::int64_t epochs = 0;    ///< passes over the training part
  std::int64_t patience = 0;  ///< epochs without a better one before stopping, 0: never
  std::int64_t truncate = 0;  ///< steps of carried pieces of a text, 0: not cut so
  std::int64_t length = 0;    ///< steps of independent pieces of a text, 0: not cut so
  Location cut_where;         ///< of `truncate` or `length`, where the block has one
  std::int64_t shards = 0;    ///< 0: one for each core
};

/// A setting that names something, for checking and for `unfold help NAME`.
struct NamedSetting {
  std::string name;
  std::string initial;  ///< what it names where the block does not have it
  std::string written;  ///< how it is written, by an example
  std::string doc;
  const std::vector<TrainChoice>* choices = nullptr;  ///< null: what it names is the program's
};

/// `optimizer`, `schedule` and `best`.
const std::vector<NamedSetting>& named_settings();

/// The settings that are numbers: meaning, bounds, and the value where the block has none. One that
/// is outside its own bounds means that there is none.
const std::vector<TrainOption>& train_options();

/// Reads the train block; every mistake goes to `diagnostics` with its place.
TrainSettings read_train_settings(const Settings& settings, Diagnostics& diagnostics);

}  // namespace unfold
