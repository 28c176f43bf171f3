#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tools/data/batches.h"
#include "tools/train/model.h"
#include "tools/train/settings.h"

namespace unfold {

/// The examples of one part of a program's data (training, validation, test, or a file of their
/// own), cut into batches: rows padded to a common length, or pieces of a text.
class PartData {
 public:
  /// The part of the program's own data. Throws Error for what cannot be encoded.
  PartData(const Program& program, data::Part part, const TrainSettings& settings);
  /// Examples that come from elsewhere.
  PartData(data::Examples examples, const TrainSettings& settings);
  PartData(data::Stream stream, const TrainSettings& settings);

  bool empty() const { return batches() == 0; }
  bool is_text() const { return stream_ != nullptr; }
  /// In their own order; none of a text.
  const data::Examples& examples() const { return examples_; }
  /// Puts the examples in the random order of an epoch, for training.
  void shuffle(std::uint64_t seed, std::uint64_t epoch);
  std::int64_t batches() const;
  data::Batch at(std::int64_t k) const;
  /// Share of the steps of all batches that is padding, from 0 to 1; a text has none.
  double padding() const;

 private:
  void cut_examples();
  void cut_text(bool training, const Location& where);

  const TrainSettings& settings_;
  std::unique_ptr<data::Stream> stream_;
  std::optional<data::TextBatches> pieces_;
  data::Examples examples_;
  data::BatchOrder order_;
  data::Buckets buckets_;
};

/// Steps that a batch asks of the network, for the rate of progress: real steps of the
/// axis that has most of them, or examples where there is no time.
std::int64_t token_count(const data::Batch& batch);

/// Reads all parts of a program's data as training and evaluation will, and keeps nothing: what
/// cannot be encoded or cut into batches goes to `diagnostics`.
void check_data(const Program& program, const TrainSettings& settings, Diagnostics& diagnostics);

/// The one source that a program's fields are read from. Throws Error if there are several.
const data::Source& only_source(const Program& program);

}  // namespace unfold
