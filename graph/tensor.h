#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "graph/error.h"

namespace unfold {

/// What a tensor's elements are: real numbers in two precisions, and integers (ids of symbols and
/// classes, lengths).
enum class DType : std::uint8_t { f32, f64, i32 };

/// How products of matrices take their operands, in float32: as they are, or rounded to bfloat16.
/// Sums and results are float32 either way.
enum class Products : std::uint8_t { full, bfloat16 };

constexpr std::size_t size_of(DType type) { return type == DType::f64 ? 8 : 4; }

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::f32;
  if constexpr (std::is_same_v<T, double>) return DType::f64;
  if constexpr (std::is_same_v<T, std::int32_t>) return DType::i32;
}

/// Dimensions an example's value may have; kernels walk through those and the batch.
inline constexpr int max_rank = 9;

/// Sizes of a tensor's dimensions, outermost first.
using Dims = std::vector<std::int64_t>;

inline std::int64_t element_count(std::span<const std::int64_t> dims) {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

/// Dense numbers in row-major order, owned. Memory starts on a cache line. A copy copies the
/// numbers.
class Tensor {
 public:
  Tensor() : Tensor(DType::f32, {0}) {}
  /// Zeros of the given shape. Throws Error for a negative size.
  Tensor(DType type, Dims dims);
  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor& other);
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;

  /// A tensor of T (float, double or int32) holding `values` in row-major order. Throws Error for
  /// another number of them.
  template <class T>
  static Tensor of(Dims dims, const std::vector<T>& values);

  DType dtype() const { return type_; }
  const Dims& dims() const { return dims_; }
  std::int64_t rank() const { return static_cast<std::int64_t>(dims_.size()); }
  std::int64_t size() const { return element_count(dims_); }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * size_of(type_); }

  void* data() { return memory_.get(); }
  const void* data() const { return memory_.get(); }

  /// The elements, which must be of type T.
  template <class T>
  std::span<T> as() {
    assert(dtype_of<T>() == type_);
    return {static_cast<T*>(data()), static_cast<std::size_t>(size())};
  }
  template <class T>
  std::span<const T> as() const {
    assert(dtype_of<T>() == type_);
    return {static_cast<const T*>(data()), static_cast<std::size_t>(size())};
  }

  /// Element i in row-major order as a double, whatever the type.
  double at(std::int64_t i) const;
  /// Stores `value` as element i, rounded to the element type.
  void set(std::int64_t i, double value);
  /// The same numbers in another element type.
  Tensor to(DType type) const;
  /// The same numbers in another shape of equal size; throws Error for one of another.
  Tensor reshaped(Dims dims) const&;

  /// Same type, shape and bits.
  bool operator==(const Tensor& other) const;

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  DType type_;
  Dims dims_;
  std::unique_ptr<std::byte, Free> memory_;
};

template <class T>
Tensor Tensor::of(Dims dims, const std::vector<T>& values) {
  Tensor result(dtype_of<T>(), std::move(dims));
  if (static_cast<std::size_t>(result.size()) != values.size())
    throw Error("a tensor was given more or fewer numbers than its shape has");
  std::copy(values.begin(), values.end(), result.as<T>().begin());
  return result;
}

}  // namespace unfold
