#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/scheduler.h"
#include "tools/train/gradient.h"
#include "tools/train/options.h"
#include "tools/train/parameter.h"

namespace unfold {

/// The optimizers a program may name, with their options.
const std::vector<TrainChoice>& optimizer_choices();

/// Moves parameters against their gradients. The formulae are those of PyTorch, so that its
/// learning rates mean the same here; numbers are those of the parameter's type, and a sequence of
/// updates gives the same bits every time.
class Optimizer {
 public:
  /// Optimizer `name` with options `given` for these parameters. Throws an Error for an unknown
  /// name or option, or a value out of range.
  Optimizer(const std::string& name, const OptionValues& given,
            const std::vector<TrainedParameter>& parameters);

  /// One update; `gradients[i]` is that of `parameters[i]`, ignored if that is frozen. An empty one
  /// leaves its parameter alone. The learning rate is `rate` times `factor`, which comes from the
  /// schedule; gradients are multiplied by `clip` (tools/train/clip.h) on the way.
  void update(std::vector<TrainedParameter>& parameters, const std::vector<Gradient>& gradients,
              Scheduler& scheduler, double factor = 1, double clip = 1);

  /// The learning rate before any schedule.
  double rate() const { return options_.at("rate"); }
  /// What the next update depends on besides parameters and the number of updates made: tensors
  /// `slot/parameter`.
  NamedTensors state() const;
  /// Continues after `updates` updates with what `state()` gave then. Throws an Error if the
  /// tensors are not those of this optimizer and its parameters.
  void restore(std::int64_t updates, const NamedTensors& state);

 private:
  struct Slot {
    std::string name;
    std::vector<Tensor> values;  ///< one for each parameter, empty if that is frozen
  };

  std::string name_;
  OptionValues options_;
  std::vector<std::string> parameter_names_;
  std::vector<Slot> slots_;
  std::int64_t updates_ = 0;
};

}  // namespace unfold
