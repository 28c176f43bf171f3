// Joining values along a dimension that they have, or along a new first one.

#include <fmt/format.h>

#include <algorithm>

#include "ops/blocks.h"
#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"

namespace unfold {

namespace {

std::size_t concat_dim(const ShapeArgs& args) {
  return shapes::stored_dimension("concat", *args.in[0], args.attributes);
}

Type concat_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  const std::size_t dim = concat_dim(args);
  for (std::size_t i = 1; i < args.in.size(); ++i) {
    const Type& t = *args.in[i];
    if (t.rank() != out.rank() || t.kind != out.kind)
      throw Error(fmt::format("concat: left is {}, right is {}: they need equally many dimensions",
                              describe(out), describe(t)));
    for (std::size_t d = 0; d < out.dims.size(); ++d)
      if (d != dim)
        out.dims[d] =
            shapes::matched("concat", "other sizes differ", out.dims[d], t.dims[d], out, t);
    const bool known = out.dims[dim].size != Dim::unknown && t.dims[dim].size != Dim::unknown;
    out.dims[dim] = plain(known ? out.dims[dim].size + t.dims[dim].size : Dim::unknown);
  }
  return out;
}

AxisFact concat_axis(const ShapeArgs& args, int, int dim) {
  const bool joined = static_cast<std::size_t>(dim) == concat_dim(args);
  return {joined ? AxisUse::reorders : AxisUse::pointwise, 0};
}

std::vector<Value> concat_gradient(const GradientArgs& args) {
  const auto dim = static_cast<int>(args.attributes.integer("dim"));
  std::vector<Value> out;
  std::int64_t at = 0;
  for (const Value& v : args.in) {
    const std::int64_t size = v.type().dims[static_cast<std::size_t>(dim)].size;
    out.push_back(slice(args.adjoint, dim, at, at + size));
    at += size;
  }
  return out;
}

// Copies `in`, broadcast over the batch if need be, into its part of every block of the result.
template <class T>
void copy_part(const View& in, const View& out, std::size_t dim, std::int64_t offset) {
  const blocks::Split from = blocks::at(in, dim), to = blocks::at(out, dim);
  const std::int64_t run = from.size * from.inner;
  for (std::int64_t o = 0; o < to.outer; ++o) {
    const T* source = in.as<T>() + (o % from.outer) * run;
    std::copy_n(source, run, out.as<T>() + (o * to.size + offset) * to.inner);
  }
}

void concat_kernel(const KernelArgs& args) {
  const auto dim = static_cast<std::size_t>(args.attributes.integer("dim"));
  loops::with_type(args.out.dtype, [&]<class T>(T) {
    std::int64_t offset = 0;
    for (const View& v : args.in) {
      copy_part<T>(v, args.out, dim, offset);
      offset += v.sizes[dim];
    }
  });
}

Type stack_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  for (const Type* t : args.in) {
    if (t->sizes() != out.sizes() || t->kind != out.kind)
      throw Error(fmt::format("stack: left is {}, right is {}: all need the same shape",
                              describe(out), describe(*t)));
    for (std::size_t d = 0; d < out.dims.size(); ++d)
      out.dims[d] = shapes::matched("stack", "sizes differ", out.dims[d], t->dims[d], out, *t);
  }
  const Attributes& a = args.attributes;
  Dim dim = plain(static_cast<std::int64_t>(args.in.size()), a.text("label"));
  dim.axis = a.text("axis");
  dim.ragged = a.flag("ragged");
  out.dims.insert(out.dims.begin(), dim);
  return out;
}

std::vector<Value> stack_gradient(const GradientArgs& args) {
  std::vector<Value> out;
  for (std::size_t i = 0; i < args.in.size(); ++i)
    out.push_back(at(args.adjoint, static_cast<std::int64_t>(i)));
  return out;
}

void stack_kernel(const KernelArgs& args) {
  const std::int64_t each = args.in[0].example_size();
  const auto count = static_cast<std::int64_t>(args.in.size());
  loops::with_type(args.out.dtype, [&]<class T>(T) {
    for (std::int64_t i = 0; i < count; ++i) {
      const View& v = args.in[static_cast<std::size_t>(i)];
      for (std::int64_t b = 0; b < args.out.batch; ++b)
        std::copy_n(v.as<T>() + (v.batched ? b * each : 0), each,
                    args.out.as<T>() + (b * count + i) * each);
    }
  });
}

}  // namespace

const OpDef concat_op{.name = "concat",
                      .doc = "Operands one after another along a dimension, the last by default.",
                      .max_inputs = -1,
                      .attributes = {{"dim", "the dimension"}},
                      .shape = concat_shape,
                      .axis = concat_axis,
                      .gradient = concat_gradient,
                      .kernel = concat_kernel};

const OpDef stack_op{.name = "stack",
                     .doc = "Operands of equal shape side by side along a new first dimension.",
                     .max_inputs = -1,
                     .attributes = {{"axis", "the new dimension's time axis, empty for none"},
                                    {"ragged", "whether lengths on it differ"},
                                    {"label", "the new dimension's name"}},
                     .shape = stack_shape,
                     .axis = shapes::pointwise,
                     .gradient = stack_gradient,
                     .kernel = stack_kernel};

Value concat(std::span<const Value> parts, int dim) {
  // While shapes are being inferred a part that is known says how many dimensions there are.
  const auto known =
      std::find_if(parts.begin(), parts.end(), [](const Value& v) { return v.type().known; });
  std::int64_t from_front = 0;
  if (known != parts.end())
    from_front = static_cast<std::int64_t>(shapes::dimension("concat", known->type(), dim));
  return build(concat_op, parts, {{"dim", from_front}});
}

Value concat(Value a, Value b) {
  const Value parts[] = {a, b};
  return concat(parts);
}

Value stack(std::span<const Value> parts, const Dim& dim) {
  return build(stack_op, parts,
               {{"axis", dim.axis.str()}, {"ragged", dim.ragged}, {"label", dim.label.str()}});
}

}  // namespace unfold
