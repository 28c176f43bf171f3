#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace unfold::data {

/// What a stream of random numbers is for, so that no two uses share one.
enum class Purpose : std::uint32_t {
  split,
  epoch_order,
  batch_order,
  task_train,
  task_valid,
  task_test
};

/// Counter-based random numbers (Philox4x32-10, Salmon et al. 2011). A stream is named by seed,
/// purpose and index (an epoch, an example), and can be made again at any time without the ones
/// before it.
class Random {
 public:
  Random(std::uint64_t seed, Purpose purpose, std::uint64_t index = 0);

  std::uint32_t bits();
  /// Uniform in [0, 1), 24 random bits: exact in float32.
  float uniform();
  /// Uniform in 0 … n-1, without bias; n is at least 1 and under 2^32.
  std::int64_t below(std::int64_t n);

  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
    }
  }

 private:
  void refill();

  std::uint64_t seed_;
  std::uint32_t purpose_;
  std::uint64_t index_;
  std::uint32_t block_ = 0;
  std::uint32_t words_[4] = {};
  int used_ = 4;
};

}  // namespace unfold::data
