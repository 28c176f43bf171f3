#include "graph/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace unfold {

std::int64_t Type::size() const {
  std::int64_t n = 1;
  for (const Dim& d : dims)
    if (__builtin_mul_overflow(n, d.size, &n)) return std::numeric_limits<std::int64_t>::max();
  return n;
}

Dims Type::sizes() const {
  Dims out;
  out.reserve(dims.size());
  for (const Dim& d : dims) out.push_back(d.size);
  return out;
}

Type real_type(std::vector<Dim> dims, bool batched) {
  return {std::move(dims), batched, Kind::real, true};
}

Type index_type(std::vector<Dim> dims, bool batched) {
  return {std::move(dims), batched, Kind::index, true};
}

Type unknown_type() { return {{}, false, Kind::real, false}; }

std::string describe(const Dim& dim) {
  const Symbol name = dim.is_time() ? dim.axis : dim.label;
  if (dim.size == Dim::unknown) return name.empty() ? "?" : name.str();
  if (name.empty()) return std::to_string(dim.size);
  return fmt::format("{}={}", name.str(), dim.size);
}

std::string describe(const Type& type) {
  if (!type.known) return "[?]";
  std::string out = "[";
  for (std::size_t i = 0; i < type.dims.size(); ++i)
    out += (i == 0 ? "" : ", ") + describe(type.dims[i]);
  return out + "]";
}

bool same_but_labels(const Type& a, const Type& b) {
  const auto same = [](const Dim& x, const Dim& y) {
    return x.size == y.size && x.axis == y.axis && x.ragged == y.ragged && x.trim == y.trim;
  };
  return a.batched == b.batched && a.kind == b.kind && a.known == b.known &&
         std::ranges::equal(a.dims, b.dims, same);
}

bool same_sizes(const Type& a, const Type& b) {
  return std::ranges::equal(a.dims, b.dims, {}, &Dim::size, &Dim::size);
}

std::size_t hash_of(const Type& type) {
  std::size_t h = type.batched + 2 * static_cast<std::size_t>(type.kind) + 4 * type.known;
  for (const Dim& d : type.dims) {
    h = hash_mix(h, static_cast<std::size_t>(d.size));
    h = hash_mix(h, d.axis.hash());
    h = hash_mix(h, d.label.hash() + d.trim + 0x10000u * d.ragged);
  }
  return h;
}

}  // namespace unfold
