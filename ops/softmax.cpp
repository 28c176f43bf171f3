// Softmax along one dimension, and the logarithm of what it divides by.

#include <algorithm>
#include <array>
#include <cmath>
#include <xsimd/xsimd.hpp>

#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/views.h"

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

Type log_sum_exp_shape(const ShapeArgs& args) {
  Type out = softmax_shape<[] { return "log_sum_exp"; }>(args);
  out.dims.erase(out.dims.begin() + args.attributes.integer("dim"));
  return out;
}

// One number for each line of x, in the shape that broadcasts along the line.
Value for_each_line_of(Value x, std::size_t dim, Value numbers) {
  std::vector<Dim> dims = x.type().dims;
  dims[dim] = plain(1);
  return reshape(numbers, std::move(dims));
}

std::vector<Value> softmax_gradient(const GradientArgs& args) {
  const std::size_t dim = dim_of(args.attributes);
  const Value weighted = args.adjoint * args.self;
  const Value total = sum(weighted, {static_cast<std::int64_t>(dim)});
  return {weighted - args.self * for_each_line_of(weighted, dim, total)};
}

// The softmax, from what is known of it: elementwise, so that it need not be made before it is
// used.
std::vector<Value> log_sum_exp_gradient(const GradientArgs& args) {
  const Value x = args.in[0];
  const auto along = [&](Value v) { return for_each_line_of(x, dim_of(args.attributes), v); };
  return {along(args.adjoint) * exp(x - along(args.self))};
}

// Calls f(from, to, step_from, step_to) for each line of the operand along the dimension; the
// result has its dimensions, or all but the line's.
template <class T, class F>
void for_each_line(const KernelArgs& args, const F& f) {
  const std::size_t dim = dim_of(args.attributes);
  const View &x = args.in[0], &y = args.out;
  const bool keeps = y.sizes.size() == x.sizes.size();
  // The other dimensions, walked through with the line's left out.
  views::StrideArray sizes{}, strides_in{}, strides_out{};
  std::copy(x.sizes.begin(), x.sizes.end(), sizes.begin());
  sizes[dim] = 1;
  const auto without = [&](View v, views::StrideArray& strides) {
    v.sizes = std::span(sizes).first(x.sizes.size());
    v.strides = std::span(strides).first(x.strides.size());
    return v;
  };
  std::copy(x.strides.begin(), x.strides.end(), strides_in.begin());
  const auto behind = y.strides.begin() + static_cast<std::ptrdiff_t>(dim) + 1;
  auto at = std::copy(y.strides.begin(), behind, strides_out.begin());
  if (!keeps) *at++ = 0;
  std::copy(behind, y.strides.end(), at);
  const View in = without(x, strides_in), out = without(y, strides_out);
  const std::int64_t from = in.strides[dim + 1], to = out.strides[dim + 1];
  const auto w = walk<2>({&out, &in}, out);
  const std::int64_t count = w.sizes[w.rank - 1];
  const std::int64_t next_out = w.strides[0][w.rank - 1], next_in = w.strides[1][w.rank - 1];
  for_each_run(w, [&](const std::array<std::int64_t, 2>& offset) {
    for (std::int64_t i = 0; i < count; ++i)
      f(in.as<T>() + offset[1] + i * next_in, out.as<T>() + offset[0] + i * next_out, from, to);
  });
}

// What both need of a line: its largest number, and the sum of e^(x - largest). Where the numbers
// lie together they go through the processor's vectors.
template <class T>
struct Normaliser {
  T largest, sum;

  Normaliser(const T* line, std::int64_t size, std::int64_t step) : largest(line[0]), sum(0) {
    if (step == 1) {
      together(line, size);
      return;
    }
    for (std::int64_t i = 1; i < size; ++i) largest = std::max(largest, line[i * step]);
    for (std::int64_t i = 0; i < size; ++i) sum += std::exp(line[i * step] - largest);
  }

 private:
  using Batch = xsimd::batch<T>;
  static constexpr auto width = static_cast<std::int64_t>(Batch::size);

  // A NaN may get lost among the largest, never in the sum.
  void together(const T* line, std::int64_t size) {
    std::int64_t i = 0;
    if (size >= width) {
      Batch most = Batch::load_unaligned(line);
      for (i = width; i + width <= size; i += width)
        most = xsimd::max(most, Batch::load_unaligned(line + i));
      std::array<T, Batch::size> each;
      most.store_unaligned(each.data());
      for (const T x : each) largest = x > largest ? x : largest;
    }
    for (; i < size; ++i) largest = line[i] > largest ? line[i] : largest;
    const Batch top(largest);
    Batch total(T(0));
    for (i = 0; i + width <= size; i += width)
      total += xsimd::exp(Batch::load_unaligned(line + i) - top);
    sum = xsimd::hadd(total);
    for (; i < size; ++i) sum += std::exp(line[i] - largest);
  }
};

void softmax_kernel(const KernelArgs& args) {
  const std::int64_t size = args.out.sizes[dim_of(args.attributes)];
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    using Batch = xsimd::batch<T>;
    constexpr auto width = static_cast<std::int64_t>(Batch::size);
    for_each_line<T>(args, [&](const T* from, T* to, std::int64_t step, std::int64_t step_to) {
      const Normaliser<T> n(from, size, step);
      std::int64_t i = 0;
      if (step == 1 && step_to == 1)
        for (; i + width <= size; i += width)
          (xsimd::exp(Batch::load_unaligned(from + i) - Batch(n.largest)) / Batch(n.sum))
              .store_unaligned(to + i);
      for (; i < size; ++i) to[i * step_to] = std::exp(from[i * step] - n.largest) / n.sum;
    });
  });
}

void log_sum_exp_kernel(const KernelArgs& args) {
  const std::int64_t size = args.in[0].sizes[dim_of(args.attributes)];
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    for_each_line<T>(args, [&](const T* from, T* to, std::int64_t step, std::int64_t) {
      const Normaliser<T> n(from, size, step);
      *to = n.largest + std::log(n.sum);
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
    .kernel = softmax_kernel,
    .strided = true};

const OpDef log_sum_exp_op{.name = "log_sum_exp",
                           .doc = "ln(sum over j of e^x_j) along a dimension, which disappears.",
                           .attributes = {{"dim", "the dimension"}},
                           .shape = log_sum_exp_shape,
                           .axis = softmax_axis,
                           .gradient = log_sum_exp_gradient,
                           .kernel = log_sum_exp_kernel,
                           .strided = true};

Value softmax(Value x, int dim) { return along(softmax_op, x, dim); }
Value log_sum_exp(Value x, int dim) { return along(log_sum_exp_op, x, dim); }

Value log_softmax(Value x, int dim) {
  shapes::require_real("log_softmax", x.type());
  const std::size_t d = shapes::dimension("log_softmax", x.type(), dim);
  return x - for_each_line_of(x, d, log_sum_exp(x, dim));
}

}  // namespace unfold
