#pragma once

#include <functional>
#include <string>

#include "tools/train/stepper.h"

namespace unfold {

struct GenerateOptions {
  std::string prime;          ///< what the text begins with
  std::int64_t length = 200;  ///< symbols to draw after it
  double temperature = 1;     ///< logits are divided by it; 0 takes the likeliest each time
  std::int64_t top_k = 0;     ///< draw among the k likeliest only, 0: among all
  std::uint64_t seed = 1;
};

/// Draws from a model with `sample next(FIELD) from …`, one step at a time, each symbol becoming
/// the next step's input.
class Generator {
 public:
  /// Throws Error if the model cannot be run step by step.
  Generator(const Model& model, Scheduler& scheduler);

  /// Calls `emit` with each piece of text as it is drawn, the prime first; stops early when `stop`
  /// says so. Without a prime the text begins with the start (`start = true`), else with a newline
  /// if there is such a symbol, else with the most frequent one; it is not shown.
  void run(const GenerateOptions& options, const std::function<void(const std::string&)>& emit,
           const std::function<bool()>& stop);

 private:
  const data::FieldSpec& field() const { return stepper_.field(); }
  std::vector<double> step(std::int32_t symbol);
  std::string text_of(std::int32_t symbol, bool first) const;

  const Model& model_;
  Stepper stepper_;
};

}  // namespace unfold
