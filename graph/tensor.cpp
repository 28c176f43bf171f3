#include "graph/tensor.h"

#include <sys/mman.h>

#include <cstring>

#include "graph/error.h"

namespace unfold {

namespace {

constexpr std::size_t cache_line = 64;

// What the processor translates addresses of at once, if the system gives it: products walk through
// rows that lie many of the usual pages apart.
constexpr std::size_t huge_page = std::size_t{1} << 21;

std::byte* allocate(std::size_t bytes) {
  const std::size_t line = bytes < huge_page ? cache_line : huge_page;
  const std::size_t rounded = (bytes / cache_line + 1) * cache_line;
  void* p = nullptr;
  if (posix_memalign(&p, line, rounded) != 0) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  // Only whole ones, so that no memory is taken that is not used. It is advice: refusal is no
  // error.
  if (bytes >= huge_page) madvise(p, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  return static_cast<std::byte*>(p);
}

// Throws Error for sizes that no memory has.
Dims checked(Dims dims) {
  std::int64_t bytes = static_cast<std::int64_t>(sizeof(double));
  for (const std::int64_t d : dims)
    if (d < 0 || __builtin_mul_overflow(bytes, d, &bytes))
      throw Error("a tensor of a negative size, or of more bytes than can be counted");
  return dims;
}

}  // namespace

Tensor::Tensor(DType type, Dims dims)
    : type_(type), dims_(checked(std::move(dims))), memory_(allocate(bytes())) {
  std::memset(memory_.get(), 0, bytes());
}

Tensor::Tensor(const Tensor& other)
    : type_(other.type_), dims_(other.dims_), memory_(allocate(other.bytes())) {
  std::memcpy(memory_.get(), other.memory_.get(), bytes());
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this != &other) *this = Tensor(other);
  return *this;
}

double Tensor::at(std::int64_t i) const {
  switch (type_) {
    case DType::f32: return as<float>()[i];
    case DType::f64: return as<double>()[i];
    case DType::i32: return as<std::int32_t>()[i];
  }
  return 0;
}

void Tensor::set(std::int64_t i, double value) {
  switch (type_) {
    case DType::f32: as<float>()[i] = static_cast<float>(value); break;
    case DType::f64: as<double>()[i] = value; break;
    case DType::i32: as<std::int32_t>()[i] = static_cast<std::int32_t>(value); break;
  }
}

Tensor Tensor::to(DType type) const {
  if (type == type_) return *this;
  Tensor result(type, dims_);
  for (std::int64_t i = 0; i < size(); ++i) result.set(i, at(i));
  return result;
}

Tensor Tensor::reshaped(Dims dims) const& {
  dims = checked(std::move(dims));
  if (element_count(dims) != size()) throw Error("a tensor keeps the number of its numbers");
  Tensor result = *this;
  result.dims_ = std::move(dims);
  return result;
}

bool Tensor::operator==(const Tensor& other) const {
  return type_ == other.type_ && dims_ == other.dims_ &&
         std::memcmp(data(), other.data(), bytes()) == 0;
}

}  // namespace unfold
