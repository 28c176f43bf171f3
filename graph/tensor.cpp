#include "graph/tensor.h"

#include <cstring>

namespace unfold {

namespace {

constexpr std::size_t cache_line = 64;

std::byte* allocate(std::size_t bytes) {
  const std::size_t rounded = (bytes / cache_line + 1) * cache_line;
  auto* p = static_cast<std::byte*>(std::aligned_alloc(cache_line, rounded));
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

Tensor::Tensor(DType type, Dims dims)
    : type_(type), dims_(std::move(dims)), memory_(allocate(bytes())) {
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
  assert(element_count(dims) == size());
  Tensor result = *this;
  result.dims_ = std::move(dims);
  return result;
}

bool Tensor::operator==(const Tensor& other) const {
  return type_ == other.type_ && dims_ == other.dims_ &&
         std::memcmp(data(), other.data(), bytes()) == 0;
}

}  // namespace unfold
