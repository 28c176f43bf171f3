// Parts of a value along one dimension, and their adjoints, which put a part among zeros.

#include <fmt/format.h>

#include <algorithm>

#include "ops/blocks.h"
#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/views.h"

namespace unfold {

namespace {

std::size_t dim_of(const Attributes& a) { return static_cast<std::size_t>(a.integer("dim")); }

// Other dimensions stay; the one that is cut would lose track of the examples' own lengths.
AxisFact cut_axis(const ShapeArgs& args, int, int dim) {
  const bool cut = static_cast<std::size_t>(dim) == dim_of(args.attributes);
  return {cut ? AxisUse::reorders : AxisUse::pointwise, 0};
}

Type at_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  const std::size_t dim = shapes::stored_dimension("at", out, args.attributes);
  const std::int64_t index = args.attributes.integer("index"), size = out.dims[dim].size;
  if (index < 0 || (index >= size && size != Dim::unknown))
    throw Error(fmt::format("index {} is outside of {}, which goes from 0 to {}", index,
                            describe(out.dims[dim]), size - 1));
  out.dims.erase(out.dims.begin() + static_cast<std::ptrdiff_t>(dim));
  return out;
}

std::vector<Value> at_gradient(const GradientArgs& args) {
  const std::size_t dim = dim_of(args.attributes);
  const Dim full = args.in[0].type().dims[dim];
  return {place(args.adjoint, args.attributes.integer("index"), full, static_cast<int>(dim))};
}

std::int64_t at_view(const ViewArgs& args, std::span<std::int64_t> strides) {
  const auto dim = static_cast<std::ptrdiff_t>(dim_of(args.attributes)) + 1;
  const auto& from = args.in.strides;
  std::copy(from.begin(), from.begin() + dim, strides.begin());
  std::copy(from.begin() + dim + 1, from.end(), strides.begin() + dim);
  return args.attributes.integer("index") * from[static_cast<std::size_t>(dim)];
}

Type place_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  const Attributes& a = args.attributes;
  Dim dim = plain(a.integer("size"), a.text("label"));
  dim.axis = a.text("axis");
  dim.ragged = a.flag("ragged");
  const std::int64_t where = a.integer("dim"), index = a.integer("index");
  if (where < 0 || where > out.rank() || index < 0 || index >= dim.size)
    throw Error(fmt::format("place: {} does not go to element {} of {} as dimension {}",
                            describe(out), index, describe(dim), where));
  out.dims.insert(out.dims.begin() + where, dim);
  return out;
}

std::vector<Value> place_gradient(const GradientArgs& args) {
  return {at(args.adjoint, args.attributes.integer("index"),
             static_cast<int>(args.attributes.integer("dim")))};
}

void place_kernel(const KernelArgs& args) {
  const blocks::Split s = blocks::at(args.out, dim_of(args.attributes));
  const std::int64_t index = args.attributes.integer("index");
  loops::with_type(args.out.dtype, [&]<class T>(T) {
    std::fill_n(args.out.as<T>(), args.out.size(), T(0));
    for (std::int64_t o = 0; o < s.outer; ++o)
      std::copy_n(args.in[0].as<T>() + o * s.inner, s.inner,
                  args.out.as<T>() + (o * s.size + index) * s.inner);
  });
}

Type slice_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  const std::size_t dim = shapes::stored_dimension("slice", out, args.attributes);
  const std::int64_t begin = args.attributes.integer("begin"), end = args.attributes.integer("end");
  const std::int64_t size = out.dims[dim].size;
  if (begin < 0 || end <= begin || (end > size && size != Dim::unknown))
    throw Error(fmt::format("{}:{} is not a part of {}", begin, end, describe(out.dims[dim])));
  if (begin != 0 || end != size) out.dims[dim] = plain(end - begin);
  return out;
}

std::vector<Value> slice_gradient(const GradientArgs& args) {
  const auto dim = static_cast<std::int64_t>(dim_of(args.attributes));
  const Dim full = args.in[0].type().dims[static_cast<std::size_t>(dim)];
  Attributes attributes{{"dim", dim},
                        {"before", args.attributes.integer("begin")},
                        {"after", full.size - args.attributes.integer("end")}};
  if (full.is_time()) {
    attributes.set("axis", full.axis.str());
    attributes.set("ragged", full.ragged);
    attributes.set("trim", std::int64_t{full.trim});
  }
  return {build(pad_op, {args.adjoint}, std::move(attributes))};
}

std::int64_t slice_view(const ViewArgs& args, std::span<std::int64_t> strides) {
  views::same(args, strides);
  return args.attributes.integer("begin") * strides[dim_of(args.attributes) + 1];
}

Type pad_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  Dim& dim = out.dims[shapes::stored_dimension("pad", out, args.attributes)];
  const std::int64_t before = args.attributes.integer("before"),
                     after = args.attributes.integer("after");
  if (before < 0 || after < 0)
    throw Error(
        fmt::format("pad: cannot add {} before and {} after {}", before, after, describe(dim)));
  if (before + after > 0) dim = plain(dim.size + before + after);
  if (const Attributes& a = args.attributes; a.find("axis") != nullptr) {
    dim.axis = a.text("axis");
    dim.ragged = a.flag("ragged");
    dim.trim = static_cast<std::uint16_t>(a.integer("trim"));
  }
  return out;
}

std::vector<Value> pad_gradient(const GradientArgs& args) {
  const std::size_t dim = dim_of(args.attributes);
  const std::int64_t before = args.attributes.integer("before");
  return {slice(args.adjoint, static_cast<int>(dim), before,
                before + args.in[0].type().dims[dim].size)};
}

void pad_kernel(const KernelArgs& args) {
  const std::size_t dim = dim_of(args.attributes);
  const blocks::Split from = blocks::at(args.in[0], dim), to = blocks::at(args.out, dim);
  const std::int64_t before = args.attributes.integer("before");
  loops::with_type(args.out.dtype, [&]<class T>(T) {
    std::fill_n(args.out.as<T>(), args.out.size(), T(0));
    for (std::int64_t o = 0; o < from.outer; ++o)
      std::copy_n(args.in[0].as<T>() + o * from.size * from.inner, from.size * from.inner,
                  args.out.as<T>() + (o * to.size + before) * to.inner);
  });
}

// Dimensions are stored counted from the front, so that equal cuts have equal attributes.
std::int64_t from_front(const char* op, Value x, int dim) {
  return static_cast<std::int64_t>(shapes::dimension(op, x.type(), dim));
}

}  // namespace

const OpDef at_op{.name = "at",
                  .doc = "One element of a dimension, which disappears: x[index].",
                  .attributes = {{"dim", "the dimension"}, {"index", "which element, from 0"}},
                  .shape = at_shape,
                  .axis = cut_axis,
                  .gradient = at_gradient,
                  .kernel = views::view_kernel<at_op>,
                  .view = at_view,
                  .strided = true};

const OpDef place_op{
    .name = "place",
    .doc = "The operand at one index of a new dimension, zeros elsewhere; the adjoint of `at`.",
    .attributes = {{"dim", "where the new dimension stands"},
                   {"index", "which element, from 0"},
                   {"size", "of the new dimension"},
                   {"axis", "its time axis, empty for none"},
                   {"ragged", "whether lengths on it differ"},
                   {"label", "its name"}},
    .shape = place_shape,
    .axis = shapes::pointwise,
    .gradient = place_gradient,
    .kernel = place_kernel};

const OpDef slice_op{.name = "slice",
                     .doc = "Elements begin to end - 1 of a dimension: x[begin:end].",
                     .attributes = {{"dim", "the dimension"},
                                    {"begin", "the first"},
                                    {"end", "the one after the last"}},
                     .shape = slice_shape,
                     .axis = cut_axis,
                     .gradient = slice_gradient,
                     .kernel = views::view_kernel<slice_op>,
                     .view = slice_view,
                     .strided = true};

const OpDef pad_op{.name = "pad",
                   .doc = "Zeros before and after along a dimension; the adjoint of `slice`.",
                   .attributes = {{"dim", "the dimension"},
                                  {"before", "how many zeros before"},
                                  {"after", "how many zeros after"},
                                  {"axis", "the time axis of the result, if it is one"},
                                  {"ragged", "whether lengths on it differ"},
                                  {"trim", "how many last steps are not real"}},
                   .shape = pad_shape,
                   .axis = cut_axis,
                   .gradient = pad_gradient,
                   .kernel = pad_kernel};

Value at(Value x, std::int64_t index, int dim) {
  return build(at_op, {x}, {{"dim", from_front("at", x, dim)}, {"index", index}});
}

Value place(Value x, std::int64_t index, const Dim& dim, int at) {
  return build(place_op, {x},
               {{"dim", std::int64_t{at}},
                {"index", index},
                {"size", dim.size},
                {"axis", dim.axis.str()},
                {"ragged", dim.ragged},
                {"label", dim.label.str()}});
}

Value slice(Value x, int dim, std::int64_t begin, std::int64_t end) {
  return build(slice_op, {x},
               {{"dim", from_front("slice", x, dim)}, {"begin", begin}, {"end", end}});
}

Value pad(Value x, int dim, std::int64_t before, std::int64_t after) {
  return build(pad_op, {x},
               {{"dim", from_front("pad", x, dim)}, {"before", before}, {"after", after}});
}

}  // namespace unfold
