#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/train/compiled.h"
#include "tools/train/part_data.h"

namespace unfold {

/// One example's outputs, by name: without batch dimension, real steps only.
using Prediction = std::map<std::string, Tensor>;

/// The graph of a program's outputs for so many steps, or, of a program without outputs but with a
/// `sample`, of the distribution `output:next`.
Graph prediction_graph(const Model& model, const std::map<std::string, std::int64_t>& steps,
                       const PassOptions& passes);

/// Computes a model's outputs for examples; only what the outputs need is built, never targets. A
/// program without outputs but with a `sample` has one output, `next`: the distribution of the
/// symbol that follows each step.
class Predictor {
 public:
  Predictor(const Model& model, Scheduler& scheduler, int shards);

  /// What the outputs read of an example.
  const std::vector<data::FieldSpec>& fields() const { return fields_; }
  /// The outputs and the fields that their last dimensions run over.
  const std::vector<OutputInfo>& outputs() const { return outputs_; }

  /// In the order of the examples, which must have at least `fields()`.
  std::vector<Prediction> run(const data::Examples& examples);

 private:
  static constexpr std::int64_t usual_batch = 64;

  const Model& model_;
  std::vector<OutputInfo> outputs_;
  std::vector<data::FieldSpec> fields_;
  PlanCache plans_;
};

}  // namespace unfold
