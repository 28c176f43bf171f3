#pragma once

#include <cstdint>
#include <vector>

#include "tools/data/batch_order.h"

namespace unfold::data {

/// The few shapes (a number of steps on each time axis) that batches of some examples are padded
/// to, so that few plans serve them all. They are chosen from the lengths that there are: as many
/// shapes as batches where these are few, and no more than 32.
///
/// The shapes of the batches of `evaluation_batches`, at most about 100, are merged two by two,
/// those first that add the least padding. On an axis that is full by declaration nothing is
/// padded, and shapes stay apart.
class Buckets {
 public:
  static constexpr std::size_t most = 32;

  /// None: every batch is padded to its own longest.
  Buckets() = default;
  /// For batches of `batch` examples.
  Buckets(const Examples& examples, std::int64_t batch);

  /// The smallest shape that holds `longest`, in the order of `Examples::axes()`; where there is
  /// none, `longest` itself.
  std::vector<std::int64_t> fit(const std::vector<std::int64_t>& longest) const;

  std::size_t size() const { return shapes_.size(); }

 private:
  std::vector<std::vector<std::int64_t>> shapes_;
  std::vector<bool> full_;
};

}  // namespace unfold::data
