#pragma once

#include <optional>
#include <span>
#include <vector>

#include "graph/step.h"
#include "tools/train/compiled.h"

namespace unfold {

/// How a program is built to be run one symbol of `field` at a time: `steps` on the other axes.
BuildOptions stepping_options(const data::FieldSpec& field,
                              const std::map<std::string, std::int64_t>& steps);

/// What `sample next(FIELD)` draws from, built to be run one symbol at a time, and nothing else.
/// Nothing if it cannot be, and then `diagnostics` say why; errors of values that it does not need
/// do not matter.
std::optional<Graph> stepping_graph(const Program& program, const data::FieldSpec& field,
                                    const std::map<std::string, std::int64_t>& steps,
                                    Diagnostics& diagnostics);

/// Why nothing can be drawn from a model with a `sample`, trained or not: its symbols cannot be
/// computed one after another. Empty if they can, or if it has none.
std::vector<Error> why_no_steps(const Model& model);

/// Runs a model with `sample next(FIELD) from …` one symbol after another, carrying its states.
/// What the other fields alone decide (an encoder) is computed once.
class Stepper {
 public:
  /// For batches of about `batch` examples. Throws Error if the model cannot be run step by step.
  /// All must outlive this.
  Stepper(const Model& model, Scheduler& scheduler, int shards, std::int64_t batch);

  /// The sampled field.
  const data::FieldSpec& field() const { return field_; }
  /// The other fields that the model reads.
  const std::vector<data::FieldSpec>& context() const { return context_; }

  /// Starts sequences for the examples of a batch, which need only have the fields of `context()`.
  /// The batch and the parameters must live until the last step.
  void begin(const data::Batch& batch, const std::vector<TrainedParameter>& parameters);
  /// Takes the next symbol of each example.
  void step(std::span<const std::int32_t> symbols);
  /// Of what follows in example `b`, after a step; -inf for symbols that are no text (`<unk>`,
  /// `<start>`).
  std::vector<double> logits(std::int64_t b) const;

 private:
  SplitStep make(const std::map<std::string, std::int64_t>& steps);

  const Model& model_;
  data::FieldSpec field_;
  std::vector<data::FieldSpec> context_;
  PlanCache plans_;  ///< "carried" are the plans of a step, the others of what is done once
  data::Batch batch_;
  const std::vector<TrainedParameter>* parameters_ = nullptr;
  std::uint64_t begun_ = 0;  ///< tells runs with other parameters apart
  NamedTensors handed_;      ///< to the next step: states, and what was computed once
  std::map<Symbol, Tensor> results_;
};

}  // namespace unfold
