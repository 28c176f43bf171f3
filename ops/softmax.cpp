// Softmax and its logarithm along one dimension.

#include <cmath>

#include "ops/blocks.h"
#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"

namespace unfold {

namespace {

std::size_t dim_of(const Attributes& a) { return static_cast<std::size_t>(a.integer("dim")); }

template <auto name>
Type softmax_shape(const ShapeArgs& args) {
  shapes::require_real(name(), *args.in[0]);
  shapes::stored_dimension(name(), *args.in[0], args.attributes);
  return *args.in[0];
}

// A number so low that its exponential is 0, and which, unlike infinity, makes no NaN of 0 * y.
AxisFact softmax_axis(const ShapeArgs& args, int, int dim) {
  if (static_cast<std::size_t>(dim) != dim_of(args.attributes)) return {};
  return {AxisUse::reduces, -1e30};
}

Value summed(Value x, const Attributes& a) {
  const std::int64_t dim = a.integer("dim");
  std::vector<Dim> dims = x.type().dims;
  dims[static_cast<std::size_t>(dim)] = plain(1);
  return reshape(sum(x, {dim}), std::move(dims));
}

std::vector<Value> softmax_gradient(const GradientArgs& args) {
  const Value weighted = args.adjoint * args.self;
  return {weighted - args.self * summed(weighted, args.attributes)};
}

std::vector<Value> log_softmax_gradient(const GradientArgs& args) {
  return {args.adjoint - exp(args.self) * summed(args.adjoint, args.attributes)};
}

// Calls f(from, to) for each line along the dimension; elements of a line are `stride` apart.
template <class T, class F>
void for_each_line(const KernelArgs& args, const blocks::Split& s, const F& f) {
  for (std::int64_t o = 0; o < s.outer; ++o)
    for (std::int64_t i = 0; i < s.inner; ++i) {
      const std::int64_t at = o * s.size * s.inner + i;
      f(args.in[0].as<T>() + at, args.out.as<T>() + at);
    }
}

template <class T>
T largest(const T* line, const blocks::Split& s) {
  T m = line[0];
  for (std::int64_t i = 1; i < s.size; ++i) m = std::max(m, line[i * s.inner]);
  return m;
}

void softmax_kernel(const KernelArgs& args) {
  const blocks::Split s = blocks::at(args.in[0], dim_of(args.attributes));
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    for_each_line<T>(args, s, [&](const T* from, T* to) {
      const T top = largest(from, s);
      T total = 0;
      for (std::int64_t i = 0; i < s.size; ++i)
        total += to[i * s.inner] = std::exp(from[i * s.inner] - top);
      for (std::int64_t i = 0; i < s.size; ++i) to[i * s.inner] /= total;
    });
  });
}

void log_softmax_kernel(const KernelArgs& args) {
  const blocks::Split s = blocks::at(args.in[0], dim_of(args.attributes));
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    for_each_line<T>(args, s, [&](const T* from, T* to) {
      const T top = largest(from, s);
      T total = 0;
      for (std::int64_t i = 0; i < s.size; ++i) total += std::exp(from[i * s.inner] - top);
      const T shift = top + std::log(total);
      for (std::int64_t i = 0; i < s.size; ++i) to[i * s.inner] = from[i * s.inner] - shift;
    });
  });
}

Value along(const OpDef& op, Value x, int dim) {
  const auto d = static_cast<std::int64_t>(shapes::dimension(op.name, x.type(), dim));
  return build(op, {x}, {{"dim", d}});
}

}  // namespace

const OpDef softmax_op{
    .name = "softmax",
    .doc = "y_i = e^x_i / sum over j of e^x_j along a dimension; padding of a time axis gets 0.",
    .attributes = {{"dim", "the dimension"}},
    .shape = softmax_shape<[] { return "softmax"; }>,
    .axis = softmax_axis,
    .gradient = softmax_gradient,
    .kernel = softmax_kernel};

const OpDef log_softmax_op{.name = "log_softmax",
                           .doc = "y_i = x_i - ln(sum over j of e^x_j) along a dimension.",
                           .attributes = {{"dim", "the dimension"}},
                           .shape = softmax_shape<[] { return "log_softmax"; }>,
                           .axis = softmax_axis,
                           .gradient = log_softmax_gradient,
                           .kernel = log_softmax_kernel};

Value softmax(Value x, int dim) { return along(softmax_op, x, dim); }
Value log_softmax(Value x, int dim) { return along(log_softmax_op, x, dim); }

}  // namespace unfold
