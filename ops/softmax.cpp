// Softmax and its logarithm along one dimension.

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

// Calls f(from, to, step_from, step_to) for each line along the dimension.
template <class T, class F>
void for_each_line(const KernelArgs& args, const F& f) {
  const std::size_t dim = dim_of(args.attributes);
  // The other dimensions, walked through with the line's left out.
  views::StrideArray sizes{}, strides_in{}, strides_out{};
  const auto without = [&](const View& v, views::StrideArray& strides) {
    std::copy(v.strides.begin(), v.strides.end(), strides.begin());
    std::copy(v.sizes.begin(), v.sizes.end(), sizes.begin());
    sizes[dim] = 1;
    View out = v;
    out.sizes = std::span(sizes).first(v.sizes.size());
    out.strides = std::span(strides).first(v.strides.size());
    return out;
  };
  const View in = without(args.in[0], strides_in), out = without(args.out, strides_out);
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
    for_each_line<T>(args, [&](const T* from, T* to, std::int64_t step, std::int64_t step_to) {
      const Normaliser<T> n(from, size, step);
      for (std::int64_t i = 0; i < size; ++i)
        to[i * step_to] = std::exp(from[i * step] - n.largest) / n.sum;
    });
  });
}

void log_softmax_kernel(const KernelArgs& args) {
  const std::int64_t size = args.out.sizes[dim_of(args.attributes)];
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    for_each_line<T>(args, [&](const T* from, T* to, std::int64_t step, std::int64_t step_to) {
      const Normaliser<T> n(from, size, step);
      const T shift = n.largest + std::log(n.sum);
      if (step == 1 && step_to == 1)
        for (std::int64_t i = 0; i < size; ++i) to[i] = from[i] - shift;
      else
        for (std::int64_t i = 0; i < size; ++i) to[i * step_to] = from[i * step] - shift;
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

const OpDef log_softmax_op{.name = "log_softmax",
                           .doc = "y_i = x_i - ln(sum over j of e^x_j) along a dimension.",
                           .attributes = {{"dim", "the dimension"}},
                           .shape = softmax_shape<[] { return "log_softmax"; }>,
                           .axis = softmax_axis,
                           .gradient = log_softmax_gradient,
                           .kernel = log_softmax_kernel,
                           .strided = true};

Value softmax(Value x, int dim) { return along(softmax_op, x, dim); }
Value log_softmax(Value x, int dim) { return along(log_softmax_op, x, dim); }

}  // namespace unfold
