#include "tools/data/batches.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <numeric>

#include "graph/feed.h"
#include "tools/data/random.h"

namespace unfold::data {

namespace {

using Groups = std::vector<std::vector<std::int64_t>>;

/// Lengths of an example on all axes, in their order: what examples are sorted by.
std::vector<std::vector<std::int64_t>> lengths_of(const Examples& examples) {
  std::vector<std::vector<std::int64_t>> lengths(static_cast<std::size_t>(examples.size()));
  for (const std::string& axis : examples.axes()) {
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      lengths[i].push_back(examples.length(axis, static_cast<std::int64_t>(i)));
    }
  }
  return lengths;
}

/// For each axis, whether a batch must hold examples of one length.
std::vector<bool> full_axes(const Examples& examples) {
  std::vector<bool> full;
  for (const std::string& axis : examples.axes()) {
    full.push_back(std::ranges::any_of(examples.fields, [&](const FieldSpec& field) {
      return field.type.axis == axis && field.type.full;
    }));
  }
  return full;
}

bool may_join(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b,
              const std::vector<bool>& full) {
  for (std::size_t i = 0; i < full.size(); ++i) {
    if (full[i] && a[i] != b[i]) return false;
  }
  return true;
}

std::vector<std::int64_t> all_indices(const Examples& examples) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(examples.size()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

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

std::int64_t bucket_steps(std::int64_t steps) {
  if (steps < 16) return steps;
  const std::int64_t grain =
      static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(steps)) / 8);
  assert(grain > 0);
  return (steps + grain - 1) / grain * grain;
}

Groups training_batches(const Examples& examples, std::int64_t batch, std::uint64_t seed,
                        std::uint64_t epoch) {
  constexpr std::int64_t batches_in_pool = 50;
  const auto lengths = lengths_of(examples);
  std::vector<std::int64_t> order = all_indices(examples);
  Random(seed, Purpose::epoch_order, epoch).shuffle(std::span(order));
  Groups groups;
  const auto pool_size = static_cast<std::size_t>(batch * batches_in_pool);
  for (std::size_t begin = 0; begin < order.size(); begin += pool_size) {
    const std::span pool =
        std::span(order).subspan(begin, std::min(pool_size, order.size() - begin));
    std::ranges::stable_sort(
        pool,
        {}, [&](std::int64_t i) -> const auto& { return lengths[static_cast<std::size_t>(i)]; });
    for (std::size_t i = 0; i < pool.size(); i += static_cast<std::size_t>(batch)) {
      const auto part = pool.subspan(i, std::min(static_cast<std::size_t>(batch), pool.size() - i));
      groups.emplace_back(part.begin(), part.end());
    }
  }
  Random(seed, Purpose::batch_order, epoch).shuffle(std::span(groups));
  return groups;
}

Groups evaluation_batches(const Examples& examples, std::int64_t batch) {
  const auto lengths = lengths_of(examples);
  const std::vector<bool> full = full_axes(examples);
  std::vector<std::int64_t> order = all_indices(examples);
  const auto length_of = [&](std::int64_t i) -> const auto& {
    return lengths[static_cast<std::size_t>(i)];
  };
  std::ranges::stable_sort(order, {}, length_of);
  Groups groups;
  for (const std::int64_t i : order) {
    const bool fits = !groups.empty() && std::ssize(groups.back()) < batch &&
                      may_join(length_of(groups.back().back()), length_of(i), full);
    if (!fits) groups.emplace_back();
    groups.back().push_back(i);
  }
  return groups;
}

Batch make_batch(const Examples& examples, std::span<const std::int64_t> which) {
  assert(!which.empty());
  Batch batch;
  batch.size = std::ssize(which);
  batch.examples.assign(which.begin(), which.end());
  for (const std::string& axis : examples.axes()) {
    Tensor lengths(DType::i32, {batch.size});
    std::int64_t longest = 0;
    for (std::size_t b = 0; b < which.size(); ++b) {
      const std::int64_t length = examples.length(axis, which[b]);
      lengths.set(static_cast<std::int64_t>(b), static_cast<double>(length));
      longest = std::max(longest, length);
    }
    const auto full = std::ranges::any_of(examples.fields, [&](const FieldSpec& field) {
      return field.type.axis == axis && field.type.full;
    });
    batch.steps[axis] = full ? longest : bucket_steps(longest);
    batch.lengths.emplace(axis, std::move(lengths));
  }
  for (std::size_t f = 0; f < examples.fields.size(); ++f) {
    const FieldSpec& field = examples.fields[f];
    const bool time = field.type.has_time();
    const std::int64_t steps = time ? batch.steps.at(field.type.axis) : 0;
    const Tensor* lengths = time ? &batch.lengths.at(field.type.axis) : nullptr;
    batch.inputs.emplace(field.name, join(examples.values[f], which, field.type, steps, lengths));
  }
  return batch;
}

}  // namespace unfold::data
