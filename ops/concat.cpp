// Joining values along a dimension that they have, or along a new first one.

#include <fmt/format.h>

#include <algorithm>

#include "ops/build.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/views.h"

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

std::int64_t concat_part(const PartArgs& args, std::span<std::int64_t> strides) {
  const auto dim = static_cast<std::size_t>(args.attributes.integer("dim"));
  std::copy(args.whole.strides.begin(), args.whole.strides.end(), strides.begin());
  std::int64_t before = 0;
  for (std::size_t i = 0; i < args.index; ++i) before += args.size(i, dim);
  return before * strides[dim + 1];
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
  if (a.find("trim") != nullptr) dim.trim = static_cast<std::uint16_t>(a.integer("trim"));
  out.dims.insert(out.dims.begin(), dim);
  return out;
}

std::vector<Value> stack_gradient(const GradientArgs& args) {
  std::vector<Value> out;
  for (std::size_t i = 0; i < args.in.size(); ++i)
    out.push_back(at(args.adjoint, static_cast<std::int64_t>(i)));
  return out;
}

std::int64_t stack_part(const PartArgs& args, std::span<std::int64_t> strides) {
  const auto& whole = args.whole.strides;
  strides[0] = whole[0];
  std::copy(whole.begin() + 2, whole.end(), strides.begin() + 1);
  return static_cast<std::int64_t>(args.index) * whole[1];
}

}  // namespace

const OpDef concat_op{.name = "concat",
                      .doc = "Operands one after another along a dimension, the last by default.",
                      .max_inputs = -1,
                      .attributes = {{"dim", "the dimension"}},
                      .shape = concat_shape,
                      .axis = concat_axis,
                      .gradient = concat_gradient,
                      .kernel = views::parts_kernel<concat_op>,
                      .part = concat_part,
                      .strided = true};

const OpDef stack_op{.name = "stack",
                     .doc = "Operands of equal shape side by side along a new first dimension.",
                     .max_inputs = -1,
                     .attributes = {{"axis", "the new dimension's time axis, empty for none"},
                                    {"ragged", "whether lengths on it differ"},
                                    {"label", "the new dimension's name"},
                                    {"trim", "how many of its last steps are not real, if any"}},
                     .shape = stack_shape,
                     .axis = shapes::pointwise,
                     .gradient = stack_gradient,
                     .kernel = views::parts_kernel<stack_op>,
                     .part = stack_part,
                     .strided = true};

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
  Attributes attributes{
      {"axis", dim.axis.str()}, {"ragged", dim.ragged}, {"label", dim.label.str()}};
  if (dim.trim > 0) attributes.set("trim", std::int64_t{dim.trim});
  return build(stack_op, parts, std::move(attributes));
}

}  // namespace unfold
