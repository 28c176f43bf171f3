#pragma once

#include <span>
#include <vector>

#include "tools/train/stepper.h"

namespace unfold {

/// Whether a program's answer is a sequence decoded from other fields (an encoder's): it has no
/// outputs, and what it samples has a `<start>` and depends on another field.
bool decodes(const Model& model);

/// Decodes sequences greedily: from `<start>`, the likeliest symbol each time.
class Decoder {
 public:
  /// For batches of about `batch` examples. Throws Error if the model cannot be run step by step,
  /// or its sequences have no `<start>`.
  Decoder(const Model& model, Scheduler& scheduler, int shards, std::int64_t batch = usual_batch);

  const data::FieldSpec& field() const { return stepper_.field(); }
  /// The fields that are decoded from.
  const std::vector<data::FieldSpec>& context() const { return stepper_.context(); }

  /// For each example of the batch the symbols after `<start>`: until `<end>`, which is the last,
  /// or `most[b]` of them.
  std::vector<std::vector<std::int32_t>> run(const data::Batch& batch,
                                             const std::vector<TrainedParameter>& parameters,
                                             std::span<const std::int64_t> most);

  /// For each example, of which only the fields of `context()` are needed, the text that is
  /// decoded; at most `most` symbols of it.
  std::vector<std::string> texts(const data::Examples& examples,
                                 const std::vector<TrainedParameter>& parameters,
                                 std::int64_t most = 200);

  /// For each example 1 if what is decoded is its own sequence of the field, else 0: [batch]. A
  /// sequence without `<end>` is compared as far as it goes.
  Tensor exact(const data::Batch& batch, const std::vector<TrainedParameter>& parameters);

 private:
  static constexpr std::int64_t usual_batch = 64;

  Stepper stepper_;
};

}  // namespace unfold
