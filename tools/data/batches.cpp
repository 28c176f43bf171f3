#include "tools/data/batches.h"

#include <cassert>
#include <cstring>
#include <numeric>

#include "graph/feed.h"

namespace unfold::data {

namespace {

Tensor join(const std::vector<Tensor>& values, std::span<const std::int64_t> which,
            const FieldType& type, std::int64_t steps, const Tensor* lengths) {
  const Tensor& example = values[static_cast<std::size_t>(which[0])];
  Dims dims = example.dims();
  if (type.has_time()) dims[0] = steps;
  const std::size_t stride =
      static_cast<std::size_t>(element_count(dims)) * size_of(example.dtype());
  dims.insert(dims.begin(), static_cast<std::int64_t>(which.size()));
  Tensor result(example.dtype(), dims);
  auto* to = static_cast<std::byte*>(result.data());
  for (const std::int64_t i : which) {
    const Tensor& value = values[static_cast<std::size_t>(i)];
    std::memcpy(to, value.data(), value.bytes());
    to += stride;
  }
  if (lengths != nullptr) repeat_last_step(result, *lengths);
  return result;
}

}  // namespace

Batch make_batch(const Examples& examples, std::span<const std::int64_t> which,
                 const Buckets& buckets) {
  assert(!which.empty());
  Batch batch;
  batch.size = std::ssize(which);
  batch.examples.assign(which.begin(), which.end());
  const std::vector<std::string> axes = examples.axes();
  const std::vector<std::int64_t> steps = buckets.fit(longest_of(examples, which));
  for (std::size_t a = 0; a < axes.size(); ++a) {
    Tensor lengths(DType::i32, {batch.size});
    for (std::size_t b = 0; b < which.size(); ++b)
      lengths.set(static_cast<std::int64_t>(b),
                  static_cast<double>(examples.length(axes[a], which[b])));
    batch.steps[axes[a]] = steps[a];
    batch.lengths.emplace(axes[a], std::move(lengths));
  }
  for (std::size_t f = 0; f < examples.fields.size(); ++f) {
    const FieldSpec& field = examples.fields[f];
    const bool time = field.type.has_time();
    const Tensor* lengths = time ? &batch.lengths.at(field.type.axis) : nullptr;
    batch.inputs.emplace(field.name, join(examples.values[f], which, field.type,
                                          time ? batch.steps.at(field.type.axis) : 0, lengths));
  }
  return batch;
}

void Padding::add(const Batch& batch) {
  for (const auto& [axis, lengths] : batch.lengths) {
    const auto values = lengths.as<std::int32_t>();
    real += std::accumulate(values.begin(), values.end(), std::int64_t{0});
    computed += batch.size * batch.steps.at(axis);
  }
}

void Padding::add(const Examples& examples, std::span<const std::int64_t> which,
                  const Buckets& buckets) {
  const std::vector<std::string> axes = examples.axes();
  const std::vector<std::int64_t> steps = buckets.fit(longest_of(examples, which));
  for (std::size_t a = 0; a < axes.size(); ++a) {
    for (const std::int64_t i : which) real += examples.length(axes[a], i);
    computed += std::ssize(which) * steps[a];
  }
}

double Padding::share() const {
  return computed == 0 ? 0 : 1 - static_cast<double>(real) / static_cast<double>(computed);
}

}  // namespace unfold::data
