#include "tools/data/batch_order.h"

#include <algorithm>
#include <numeric>

#include "tools/data/random.h"

namespace unfold::data {

namespace {

/// Puts examples together by their lengths.
class Arranger {
 public:
  Arranger(const Examples& examples, std::int64_t batch)
      : batch_(static_cast<std::size_t>(batch)), full_(full_axes(examples)) {
    for (const std::string& axis : examples.axes()) {
      std::vector<std::int64_t>& lengths = lengths_.emplace_back();
      for (std::int64_t i = 0; i < examples.size(); ++i)
        lengths.push_back(examples.length(axis, i));
    }
  }

  /// Reorders `pool` and appends its batches to `out`.
  void arrange(std::span<std::int64_t> pool, BatchOrder& out) const {
    const auto key = [&](std::int64_t i) { return full_lengths(i); };
    std::ranges::stable_sort(pool, {}, key);
    for (std::size_t begin = 0, end = 0; begin < pool.size(); begin = end) {
      while (end < pool.size() && key(pool[end]) == key(pool[begin])) ++end;
      halve(pool.subspan(begin, end - begin), out);
    }
  }

 private:
  std::int64_t length(std::size_t axis, std::int64_t i) const {
    return lengths_[axis][static_cast<std::size_t>(i)];
  }

  std::vector<std::int64_t> full_lengths(std::int64_t i) const {
    std::vector<std::int64_t> lengths;
    for (std::size_t axis = 0; axis < full_.size(); ++axis)
      if (full_[axis]) lengths.push_back(length(axis, i));
    return lengths;
  }

  std::int64_t padding(std::span<const std::int64_t> part, std::size_t axis) const {
    std::int64_t longest = 0, real = 0;
    for (const std::int64_t i : part) {
      longest = std::max(longest, length(axis, i));
      real += length(axis, i);
    }
    return longest * std::ssize(part) - real;
  }

  void halve(std::span<std::int64_t> part, BatchOrder& out) const {
    if (part.size() <= batch_) {
      out.emplace_back(part.begin(), part.end());
      return;
    }
    std::int64_t most = 0;
    std::size_t along = lengths_.size();
    for (std::size_t axis = 0; axis < lengths_.size(); ++axis) {
      const std::int64_t padded = padding(part, axis);
      if (padded <= most) continue;
      most = padded;
      along = axis;
    }
    if (along < lengths_.size())
      std::ranges::stable_sort(part, {}, [&](std::int64_t i) { return length(along, i); });
    const std::size_t batches = (part.size() + batch_ - 1) / batch_;
    const std::size_t middle = (batches + 1) / 2 * batch_;
    halve(part.first(middle), out);
    halve(part.subspan(middle), out);
  }

  std::size_t batch_;
  std::vector<std::vector<std::int64_t>> lengths_;  // of each axis, of each example
  std::vector<bool> full_;
};

std::vector<std::int64_t> all_indices(const Examples& examples) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(examples.size()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

}  // namespace

std::vector<bool> full_axes(const Examples& examples) {
  std::vector<bool> full;
  for (const std::string& axis : examples.axes()) {
    full.push_back(std::ranges::any_of(examples.fields, [&](const FieldSpec& field) {
      return field.type.axis == axis && field.type.full;
    }));
  }
  return full;
}

std::vector<std::int64_t> longest_of(const Examples& examples,
                                     std::span<const std::int64_t> which) {
  std::vector<std::int64_t> longest;
  for (const std::string& axis : examples.axes()) {
    longest.push_back(0);
    for (const std::int64_t i : which)
      longest.back() = std::max(longest.back(), examples.length(axis, i));
  }
  return longest;
}

BatchOrder training_batches(const Examples& examples, std::int64_t batch, std::uint64_t seed,
                            std::uint64_t epoch) {
  constexpr std::int64_t batches_in_pool = 50;
  const Arranger arranger(examples, batch);
  std::vector<std::int64_t> order = all_indices(examples);
  Random(seed, Purpose::epoch_order, epoch).shuffle(std::span(order));
  BatchOrder groups;
  const std::int64_t batches = (examples.size() + batch - 1) / batch;
  // A last, short pool would hold examples of very different lengths.
  const std::int64_t pools = std::max<std::int64_t>(batches / batches_in_pool, 1);
  const auto start = [&](std::int64_t pool) {
    return static_cast<std::size_t>(std::min(batches * pool / pools * batch, examples.size()));
  };
  for (std::int64_t pool = 0; pool < pools; ++pool)
    arranger.arrange(std::span(order).subspan(start(pool), start(pool + 1) - start(pool)), groups);
  Random(seed, Purpose::batch_order, epoch).shuffle(std::span(groups));
  return groups;
}

BatchOrder evaluation_batches(const Examples& examples, std::int64_t batch) {
  std::vector<std::int64_t> order = all_indices(examples);
  BatchOrder groups;
  Arranger(examples, batch).arrange(order, groups);
  return groups;
}

}  // namespace unfold::data
