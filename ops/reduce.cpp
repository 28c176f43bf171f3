// Sums and maxima over written dimensions, and the sums that undo broadcasting.

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"

namespace unfold {

namespace {

bool reduces(const Attributes& a, std::size_t dim) {
  const auto& dims = a.integers("dims");
  return std::find(dims.begin(), dims.end(), static_cast<std::int64_t>(dim)) != dims.end();
}

template <auto name>
Type reduced_shape(const ShapeArgs& args) {
  shapes::require_real(name(), *args.in[0]);
  Type out = *args.in[0];
  std::vector<Dim> kept;
  for (std::size_t d = 0; d < out.dims.size(); ++d)
    if (!reduces(args.attributes, d)) kept.push_back(out.dims[d]);
  out.dims = std::move(kept);
  return out;
}

// The operand's dimensions with 1 where they are reduced: the result's shape for broadcasting.
std::vector<Dim> kept_as_ones(const Type& type, const Attributes& a) {
  std::vector<Dim> dims = type.dims;
  for (std::size_t d = 0; d < dims.size(); ++d)
    if (reduces(a, d)) dims[d] = plain(1);
  return dims;
}

template <int neutral_sign>
AxisFact reduced_axis(const ShapeArgs& args, int, int dim) {
  if (!reduces(args.attributes, static_cast<std::size_t>(dim))) return {};
  return {AxisUse::reduces, neutral_sign == 0 ? 0.0 : -std::numeric_limits<double>::infinity()};
}

std::vector<Value> sum_gradient(const GradientArgs& args) {
  const Type type = args.in[0].type();
  return {broadcast_to(reshape(args.adjoint, kept_as_ones(type, args.attributes)), type)};
}

// The result as a view in the operand's dimensions, with ones where they are reduced.
class WithOnes {
 public:
  WithOnes(const View& out, const View& in, const Attributes& a) : view_(out) {
    sizes_.assign(in.sizes.begin(), in.sizes.end());
    strides_.push_back(out.strides[0]);
    std::size_t kept = 1;
    for (std::size_t d = 0; d < sizes_.size(); ++d) {
      const bool one = reduces(a, d);
      if (one) sizes_[d] = 1;
      strides_.push_back(one ? 0 : out.strides[kept++]);
    }
    view_.sizes = sizes_;
    view_.strides = strides_;
  }
  const View& view() const { return view_; }

 private:
  View view_;
  Dims sizes_, strides_;
};

void sum_kernel(const KernelArgs& args) {
  const WithOnes out(args.out, args.in[0], args.attributes);
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    loops::fill<T>(args.out, T(0));
    loops::add_reduced<T>(args.in[0], out.view());
  });
}

// Where several are largest, each gets an equal part.
std::vector<Value> max_gradient(const GradientArgs& args) {
  const Type type = args.in[0].type();
  const auto wide = [&](Value v) { return reshape(v, kept_as_ones(type, args.attributes)); };
  const Value largest = stop_gradient(equal(args.in[0], wide(args.self)));
  const Value count = wide(sum(largest, args.attributes.integers("dims")));
  return {largest * wide(args.adjoint) / count};
}

void max_kernel(const KernelArgs& args) {
  const View& in = args.in[0];
  const WithOnes with_ones(args.out, in, args.attributes);
  const View& out = with_ones.view();
  loops::with_real(out.dtype, [&]<class T>(T) {
    loops::fill<T>(args.out, -std::numeric_limits<T>::infinity());
    const auto w = walk<2>({&in, &out}, in);
    const std::int64_t count = w.sizes[w.rank - 1];
    const std::int64_t step = w.strides[0][w.rank - 1], step_out = w.strides[1][w.rank - 1];
    for_each_run(w, [&](const std::array<std::int64_t, 2>& offset) {
      const T* from = in.as<T>() + offset[0];
      T* to = out.as<T>() + offset[1];
      for (std::int64_t i = 0; i < count; ++i) {
        const T x = from[i * step];
        T& m = to[i * step_out];
        // Not std::max: a NaN must come through, and stay.
        if (x > m || x != x) m = x;
      }
    });
  });
}

// --- sum_to: the adjoint of a broadcast

std::vector<Dim> aligned_like(const Attributes& a, const Type& in) {
  const auto& sizes = a.integers("sizes");
  if (sizes.size() > in.dims.size())
    throw Error(fmt::format("sum_to: {} has fewer dimensions than the {} to sum to", describe(in),
                            sizes.size()));
  std::vector<Dim> dims(in.dims.end() - static_cast<std::ptrdiff_t>(sizes.size()), in.dims.end());
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d].size == sizes[d]) continue;
    if (sizes[d] != 1)
      throw Error(fmt::format("sum_to: {} of {} sums to 1, not to {}", describe(dims[d]),
                              describe(in), sizes[d]));
    dims[d] = plain(1);
  }
  return dims;
}

Type sum_to_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  out.dims = aligned_like(args.attributes, out);
  return out;
}

AxisFact sum_to_axis(const ShapeArgs& args, int, int dim) {
  const Type& in = *args.in[0];
  const auto& sizes = args.attributes.integers("sizes");
  const std::int64_t d = dim - (in.rank() - static_cast<std::int64_t>(sizes.size()));
  const bool kept =
      d >= 0 && sizes[static_cast<std::size_t>(d)] == in.dims[static_cast<std::size_t>(dim)].size;
  return {kept ? AxisUse::pointwise : AxisUse::reduces, 0};
}

std::vector<Value> sum_to_gradient(const GradientArgs& args) {
  return {broadcast_to(args.adjoint, args.in[0].type())};
}

void sum_to_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    loops::fill<T>(args.out, T(0));
    loops::add_reduced<T>(args.in[0], args.out);
  });
}

// Adds examples and broadcast dimensions up at once.
void sum_to_sum_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    if (args.fresh) loops::fill<T>(args.out, T(0));
    loops::add_reduced<T>(args.in[0], args.out);
  });
}

// --- batch_sum

Type batch_sum_shape(const ShapeArgs& args) {
  for (const Type* t : args.in) {
    shapes::require_real("batch_sum", *t);
    if (!t->batched)
      throw Error(fmt::format("batch_sum: needs a value for each example, got a shared one {}",
                              describe(*t)));
    if (t->sizes() != args.in[0]->sizes())
      throw Error(fmt::format("batch_sum: left is {}, right is {}: all need the same shape",
                              describe(*args.in[0]), describe(*t)));
  }
  return *args.in[0];
}

std::vector<Value> batch_sum_gradient(const GradientArgs& args) {
  return std::vector<Value>(args.in.size(), args.adjoint);
}

void batch_sum_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    if (args.fresh) loops::fill<T>(args.out, T(0));
    for (const View& v : args.in) loops::add_reduced<T>(v, args.out);
  });
}

std::vector<std::int64_t> normalised(const char* op, Value x, std::vector<std::int64_t> dims) {
  const Type& type = x.type();
  if (dims.empty())
    for (std::int64_t d = 0; d < type.rank(); ++d) dims.push_back(d);
  for (std::int64_t& d : dims) d = static_cast<std::int64_t>(shapes::dimension(op, type, d));
  std::sort(dims.begin(), dims.end());
  dims.erase(std::unique(dims.begin(), dims.end()), dims.end());
  return dims;
}

}  // namespace

const OpDef sum_op{
    .name = "sum",
    .doc = "Sum over dimensions, which disappear; over real steps of a time axis only.",
    .attributes = {{"dims", "the dimensions"}},
    .shape = reduced_shape<[] { return "sum"; }>,
    .axis = reduced_axis<0>,
    .gradient = sum_gradient,
    .kernel = sum_kernel,
    .strided = true};

const OpDef max_op{
    .name = "max",
    .doc = "Largest over dimensions, which disappear; equal largest ones share the gradient.",
    .attributes = {{"dims", "the dimensions"}},
    .shape = reduced_shape<[] { return "max"; }>,
    .axis = reduced_axis<-1>,
    .gradient = max_gradient,
    .kernel = max_kernel,
    .strided = true};

const OpDef sum_to_op{.name = "sum_to",
                      .doc = "Sum over the dimensions that a broadcast added; its adjoint.",
                      .attributes = {{"sizes", "of the dimensions that stay"}},
                      .shape = sum_to_shape,
                      .axis = sum_to_axis,
                      .gradient = sum_to_gradient,
                      .kernel = sum_to_kernel,
                      .sum_kernel = sum_to_sum_kernel,
                      .strided = true};

const OpDef batch_sum_op{.name = "batch_sum",
                         .doc = "The sum of the operands over all examples of the batch.",
                         .max_inputs = -1,
                         .shape = batch_sum_shape,
                         .axis = shapes::pointwise,
                         .gradient = batch_sum_gradient,
                         .kernel = batch_sum_kernel,
                         .sums_batch = true,
                         .strided = true};

Value sum(Value x, std::vector<std::int64_t> dims) {
  return build(sum_op, {x}, {{"dims", normalised("sum", x, std::move(dims))}});
}

Value max(Value x, std::vector<std::int64_t> dims) {
  return build(max_op, {x}, {{"dims", normalised("max", x, std::move(dims))}});
}

Value min(Value x, std::vector<std::int64_t> dims) { return -max(-x, std::move(dims)); }

Value real_count(Value x, const std::vector<std::int64_t>& dims) {
  Graph& g = *x.graph;
  const Type type = x.type();
  double fixed = 1;
  Value counted;
  for (const std::int64_t d : normalised("mean", x, dims)) {
    const Dim& dim = type.dims[static_cast<std::size_t>(d)];
    if (!dim.ragged) {
      fixed *= static_cast<double>(std::max<std::int64_t>(dim.size - dim.trim, 0));
      continue;
    }
    Value steps = to_real(length(g, dim.axis));
    if (dim.trim > 0)  // of which an example may have fewer
      steps = maximum(steps - static_cast<double>(dim.trim), 0.0);
    counted = counted ? counted * steps : steps;
  }
  return counted ? counted * fixed : fill(g, fixed, real_type({}));
}

Value mean(Value x, std::vector<std::int64_t> dims) {
  Value count = real_count(x, dims);
  const auto may_be_none = [](const Dim& dim) { return dim.trim > 0; };
  if (std::ranges::any_of(x.type().dims, may_be_none)) count = maximum(count, 1.0);
  return sum(x, std::move(dims)) / count;
}

Value sum_to(Value x, const Type& like) { return build(sum_to_op, {x}, {{"sizes", like.sizes()}}); }

// What is shared counts once for each example: times the size of the batch.
Value batch_sum(std::span<const Value> terms) {
  std::vector<Value> batched, shared;
  for (const Value& v : terms) (v.type().batched ? batched : shared).push_back(v);
  if (shared.empty()) return build(batch_sum_op, terms);
  const Value one = fill(*terms.front().graph, 1.0, real_type({}, true));
  Value total = core_ops().accumulate(shared) * build(batch_sum_op, {one});
  return batched.empty() ? total : build(batch_sum_op, batched) + total;
}

Value batch_sum(Value x) { return batch_sum(std::span(&x, 1)); }

}  // namespace unfold
