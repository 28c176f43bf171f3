#include "tools/data/buckets.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace unfold::data {

namespace {

using Shape = std::vector<std::int64_t>;

struct Counted {
  Shape shape;
  std::int64_t examples = 0;
};

std::int64_t total(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{0});
}

bool equal_where(const std::vector<bool>& full, const Shape& a, const Shape& b) {
  for (std::size_t axis = 0; axis < full.size(); ++axis)
    if (full[axis] && a[axis] != b[axis]) return false;
  return true;
}

void grow(Shape& shape, const Shape& other) {
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    shape[axis] = std::max(shape[axis], other[axis]);
}

// Steps that are padding if two shapes become one, beyond those that are now.
std::int64_t padding_of_merging(const Counted& a, const Counted& b) {
  Shape both = a.shape;
  grow(both, b.shape);
  return a.examples * (total(both) - total(a.shape)) + b.examples * (total(both) - total(b.shape));
}

/// Merges the two that add the least padding; false if no two may.
bool merge(std::vector<Counted>& shapes, const std::vector<bool>& full) {
  auto least = std::numeric_limits<std::int64_t>::max();
  std::size_t first = 0, second = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (std::size_t j = i + 1; j < shapes.size(); ++j) {
      if (!equal_where(full, shapes[i].shape, shapes[j].shape)) continue;
      const std::int64_t added = padding_of_merging(shapes[i], shapes[j]);
      if (added >= least) continue;
      least = added;
      first = i;
      second = j;
    }
  }
  if (first == second) return false;
  grow(shapes[first].shape, shapes[second].shape);
  shapes[first].examples += shapes[second].examples;
  shapes.erase(shapes.begin() + static_cast<std::ptrdiff_t>(second));
  return true;
}

}  // namespace

Buckets::Buckets(const Examples& examples, std::int64_t batch) : full_(full_axes(examples)) {
  constexpr std::int64_t most_batches = 100;
  if (examples.size() == 0) return;
  const std::int64_t large = std::max(batch, (examples.size() + most_batches - 1) / most_batches);
  std::map<Shape, std::int64_t> met;
  Shape longest(full_.size(), 0);  // for a batch that is long on all axes
  for (const auto& which : evaluation_batches(examples, large)) {
    const Shape shape = longest_of(examples, which);
    met[shape] += std::ssize(which);
    grow(longest, shape);
  }
  met.try_emplace(longest, 0);
  std::vector<Counted> shapes;
  for (const auto& [shape, count] : met) shapes.push_back({shape, count});
  while (shapes.size() > most && merge(shapes, full_)) {
  }
  for (Counted& counted : shapes) shapes_.push_back(std::move(counted.shape));
  std::ranges::stable_sort(shapes_, {}, total);
}

std::vector<std::int64_t> Buckets::fit(const std::vector<std::int64_t>& longest) const {
  const auto found = std::ranges::find_if(shapes_, [&](const Shape& shape) {
    return equal_where(full_, shape, longest) &&
           std::ranges::equal(longest, shape, std::ranges::less_equal());
  });
  return found == shapes_.end() ? longest : *found;
}

}  // namespace unfold::data
