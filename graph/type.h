#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/symbol.h"
#include "graph/tensor.h"

namespace unfold {

/// One dimension of a value. A time axis is a named dimension; when it is ragged each example has a
/// length of its own and steps at or after `length - trim` are padding that nothing may see.
struct Dim {
  static constexpr std::int64_t unknown = -1;

  std::int64_t size = unknown;  ///< `unknown` only while shapes are being inferred or checked
  Symbol axis = {};             ///< name of the time axis, empty for a plain dimension
  bool ragged = false;          ///< lengths differ from example to example
  std::uint16_t trim = 0;       ///< how many of an example's last steps are not real
  Symbol label = {};            ///< what a person calls this size (`units`); for messages only

  bool is_time() const { return !axis.empty(); }
  bool operator==(const Dim&) const = default;
};

inline Dim plain(std::int64_t size, Symbol label = {}) { return {size, {}, false, 0, label}; }

/// Real numbers (in the precision of the run) or integers (ids, lengths).
enum class Kind : std::uint8_t { real, index };

/// The shape of one example's value, and whether there is one for each example of the batch
/// (batched) or one for all (shared, as parameters are).
struct Type {
  std::vector<Dim> dims;
  bool batched = false;
  Kind kind = Kind::real;
  bool known = true;  ///< false: not even the rank is known yet (inference of states' shapes)

  std::int64_t rank() const { return static_cast<std::int64_t>(dims.size()); }
  std::int64_t size() const;  ///< numbers in one example's value; the largest integer if even more
  Dims sizes() const;
  bool operator==(const Type&) const = default;
};

Type real_type(std::vector<Dim> dims, bool batched = false);
Type index_type(std::vector<Dim> dims, bool batched = false);
Type unknown_type();

/// What an element of such a value is in a run of that precision.
inline DType element_type(const Type& type, DType precision) {
  return type.kind == Kind::index ? DType::i32 : precision;
}

/// `[time(char)=50, units=128]`, as messages show shapes.
std::string describe(const Type& type);
std::string describe(const Dim& dim);

/// Whether they are equal but for labels, which only messages show.
bool same_but_labels(const Type& a, const Type& b);
/// Whether all dimensions have equal sizes.
bool same_sizes(const Type& a, const Type& b);

std::size_t hash_of(const Type& type);
inline std::size_t hash_mix(std::size_t a, std::size_t b) {
  return a ^ (b + 0x9e3779b97f4a7c15ull + (a << 6) + (a >> 2));
}

}  // namespace unfold
