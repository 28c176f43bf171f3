#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "graph/tensor.h"
#include "tools/data/buckets.h"
#include "tools/data/examples.h"

namespace unfold::data {

/// Some examples side by side. Beyond an example's own length its last real value is repeated: the
/// program never sees it, but functions applied to it stay finite.
struct Batch {
  std::int64_t size = 0;                      ///< B
  std::map<std::string, Tensor> inputs;       ///< field name -> [B, …] or [B, T, …]
  std::map<std::string, Tensor> lengths;      ///< axis -> i32 [B]
  std::map<std::string, std::int64_t> steps;  ///< axis -> T
  std::vector<std::int64_t>
      examples;       ///< which examples, in the order of B (text: streams or pieces)
  bool first = true;  ///< states start afresh; false: they are carried from the batch before
};

/// Puts examples side by side, padded to the bucket that holds the longest of them.
Batch make_batch(const Examples& examples, std::span<const std::int64_t> which,
                 const Buckets& buckets = {});

/// How much of what is computed is padding: steps of all examples of some batches, on all time
/// axes.
struct Padding {
  std::int64_t real = 0, computed = 0;

  void add(const Batch& batch);
  /// The batch that `make_batch` makes of these, without making it.
  void add(const Examples& examples, std::span<const std::int64_t> which, const Buckets& buckets);
  /// From 0 to 1; 0 where no batch has a time axis.
  double share() const;
};

/// How a text is cut. At most one of `truncate` and `length` is above 0; with neither it is one
/// sequence, in a batch of one.
struct TextCut {
  std::int64_t batch = 1;     ///< streams, or pieces in a batch
  std::int64_t truncate = 0;  ///< steps of consecutive pieces
  std::int64_t length = 0;    ///< steps of independent pieces, in random order when training
};

/// The batches of one epoch of a text. Each gives the field's ids and, as `next(NAME)`, the symbols
/// that follow; in every batch all lengths are equal to its steps. The last short piece counts.
class TextBatches {
 public:
  /// In the order of the text. The stream must outlive the batches.
  /// Errors at `where`: a text too short for so many streams; one sequence of more than 10,000
  /// steps.
  TextBatches(const Stream& stream, TextCut cut, const Location& where);
  /// With `length`: puts the pieces in the order that (seed, epoch) gives.
  void shuffle(std::uint64_t seed, std::uint64_t epoch);

  std::int64_t size() const;
  /// Batch k; `first` says whether states start afresh there.
  Batch at(std::int64_t k) const;

 private:
  Batch consecutive(std::int64_t k) const;
  Batch independent(std::int64_t k) const;
  Batch gather(std::span<const std::int64_t> starts, std::int64_t steps) const;

  const Stream* stream_;
  TextCut cut_;
  std::int64_t per_stream_ = 0;       // symbols predicted in each stream
  std::vector<std::int64_t> pieces_;  // `length`: whole pieces, in the order of the epoch
  std::int64_t short_ = 0;            // `length`: steps of the last, short piece
};

}  // namespace unfold::data
