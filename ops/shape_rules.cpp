#include "ops/shape_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace unfold::shapes {

namespace {

[[noreturn]] void mismatch(std::string_view op, const std::string& what, const Type& left,
                           const Type& right) {
  throw Error(
      fmt::format("{}: {}: left is {}, right is {}", op, what, describe(left), describe(right)));
}

std::string both(const Dim& a, const Dim& b) {
  return fmt::format("({} vs {})", describe(a), describe(b));
}

// One dimension of a broadcast. Different time axes never meet, even when their sizes are equal
// now.
Dim broadcast_dim(std::string_view op, const Dim& a, const Dim& b, const Type& left,
                  const Type& right) {
  if (a.size == 1 && !a.is_time()) return b;
  if (b.size == 1 && !b.is_time()) return a;
  return matched(op, "shapes do not broadcast", a, b, left, right);
}

Type broadcast_two(std::string_view op, const Type& left, const Type& right) {
  Type out = left.rank() >= right.rank() ? left : right;
  const std::size_t shorter = std::min(left.dims.size(), right.dims.size());
  for (std::size_t i = 1; i <= shorter; ++i)
    out.dims[out.dims.size() - i] = broadcast_dim(op, left.dims[left.dims.size() - i],
                                                  right.dims[right.dims.size() - i], left, right);
  return out;
}

}  // namespace

Dim matched(std::string_view op, const char* what, const Dim& a, const Dim& b, const Type& left,
            const Type& right) {
  if (a.size != b.size && a.size != Dim::unknown && b.size != Dim::unknown)
    mismatch(op, fmt::format("{} {}", what, both(a, b)), left, right);
  if (a.is_time() && b.is_time() && !(a.axis == b.axis))
    mismatch(op, fmt::format("{} and {} are different time axes", a.axis.str(), b.axis.str()), left,
             right);
  // A single step that was broadcast to a size of 1 comes back so in a gradient.
  const bool single = a.size == 1 && b.size == 1;
  if (a.is_time() != b.is_time() && (a.ragged || b.ragged) && !single) {
    const Dim& axis = a.is_time() ? a : b;
    mismatch(op,
             fmt::format("{} differs from example to example, the other size is fixed {}",
                         axis.axis.str(), both(a, b)),
             left, right);
  }
  Dim out = a.is_time() || !b.is_time() ? a : b;
  if (out.size == Dim::unknown) out.size = std::max(a.size, b.size);
  if (out.label.empty()) out.label = a.label.empty() ? b.label : a.label;
  out.trim = std::max(a.trim, b.trim);
  return out;
}

Type broadcast(std::string_view op, const ShapeArgs& args) {
  Type out = unknown_type();
  bool complete = true;
  for (const Type* t : args.in) {
    complete = complete && t->known;
    if (!t->known) continue;
    require_real(op, *t);
    out = out.known ? broadcast_two(op, out, *t) : *t;
  }
  // A single number fits any shape, so beside an unknown one it says nothing.
  return complete || out.rank() > 0 ? out : unknown_type();
}

Type compared(std::string_view op, const ShapeArgs& args) {
  if (!args.in[0]->known || !args.in[1]->known) return unknown_type();
  if (args.in[0]->kind != args.in[1]->kind)
    throw Error(fmt::format("{}: cannot compare ids with real numbers", op));
  Type out = broadcast_two(op, *args.in[0], *args.in[1]);
  out.kind = Kind::real;
  return out;
}

Type same(const ShapeArgs& args) { return *args.in[0]; }

std::size_t dimension(std::string_view op, const Type& type, std::int64_t dim) {
  const std::int64_t at = dim < 0 ? dim + type.rank() : dim;
  if (at < 0 || at >= type.rank())
    throw Error(fmt::format("{}: there is no dimension {} in {}", op, dim, describe(type)));
  return static_cast<std::size_t>(at);
}

std::size_t stored_dimension(std::string_view op, const Type& type, const Attributes& attributes) {
  const std::int64_t dim = attributes.integer("dim");
  if (dim < 0) throw Error(fmt::format("{}: dimensions are stored counted from the front", op));
  return dimension(op, type, dim);
}

void require_real(std::string_view op, const Type& type) {
  if (type.known && type.kind != Kind::real)
    throw Error(
        fmt::format("{}: needs real numbers, got ids {} (embedding or one_hot makes real "
                    "numbers of them)",
                    op, describe(type)));
}

void require_index(std::string_view op, const Type& type) {
  if (type.known && type.kind != Kind::index)
    throw Error(fmt::format("{}: needs ids of symbols or classes, got real numbers {}", op,
                            describe(type)));
}

AxisFact pointwise(const ShapeArgs&, int, int) { return {}; }

}  // namespace unfold::shapes
