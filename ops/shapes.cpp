// The same numbers in another shape or order.

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "ops/build.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/views.h"

namespace unfold {

namespace {

Type transpose_shape(const ShapeArgs& args) {
  const Type& in = *args.in[0];
  const auto& order = args.attributes.integers("order");
  std::vector<std::int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  bool complete = order.size() == in.dims.size();
  for (std::size_t i = 0; complete && i < sorted.size(); ++i)
    complete = sorted[i] == static_cast<std::int64_t>(i);
  if (!complete)
    throw Error(
        fmt::format("transpose: the order must name each dimension of {} once", describe(in)));
  Type out = in;
  for (std::size_t i = 0; i < order.size(); ++i)
    out.dims[i] = in.dims[static_cast<std::size_t>(order[i])];
  return out;
}

std::vector<Value> transpose_gradient(const GradientArgs& args) {
  const auto& order = args.attributes.integers("order");
  std::vector<std::int64_t> inverse(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return {transpose(args.adjoint, inverse)};
}

std::int64_t transpose_view(const ViewArgs& args, std::span<std::int64_t> strides) {
  const auto& order = args.attributes.integers("order");
  strides[0] = args.in.strides[0];
  for (std::size_t d = 0; d < order.size(); ++d)
    strides[d + 1] = args.in.strides[static_cast<std::size_t>(order[d]) + 1];
  return 0;
}

// Numbers in the same order: each group of dimensions that became another group must be walked
// through as one dimension in memory, unless it is the same dimension. A stride of 0 is one like
// any other: a dimension of equal numbers joins only such.
std::int64_t reshape_view(const ViewArgs& args, std::span<std::int64_t> strides) {
  const auto &from = args.in.sizes, to = args.sizes;
  const auto& old = args.in.strides;
  if (element_count(from) == 0) return no_view;
  strides[0] = old[0];
  std::size_t i = 0, o = 0;
  while (i < from.size() || o < to.size()) {
    const std::size_t first_in = i, first_out = o;
    std::int64_t in = i < from.size() ? from[i++] : 1, out = o < to.size() ? to[o++] : 1;
    while (in != out) {
      if (in < out)
        in *= from[i++];
      else
        out *= to[o++];
    }
    std::optional<std::int64_t> step;  // of the group's last dimension that has several numbers
    std::int64_t next = 0;             // of the dimension before, if they are to join
    for (std::size_t d = i; d-- > first_in;) {
      if (from[d] == 1) continue;
      if (step && old[d + 1] != next) return no_view;
      if (!step) step = old[d + 1];
      next = old[d + 1] * from[d];
    }
    std::int64_t stride = step.value_or(0);
    for (std::size_t d = o; d-- > first_out;) {
      strides[d + 1] = stride;
      stride *= to[d];
    }
  }
  return 0;
}

// The order of the numbers is that of the operand's dimensions; the result is dense.
void reshape_kernel(const KernelArgs& args) {
  views::StrideArray strides;
  View to = args.in[0];
  to.data = args.out.data;
  dense_strides(to.sizes, to.batched, to.batch, false, strides);
  to.strides = std::span(strides).first(to.sizes.size() + 1);
  copy(args.in[0], to);
}

// The new dimensions as attributes: sizes, and the names of time axes and sizes, joined by
// newlines.
Attributes dims_as_attributes(const std::vector<Dim>& dims) {
  std::vector<std::int64_t> sizes, ragged, trim;
  std::string axes, labels;
  for (const Dim& d : dims) {
    sizes.push_back(d.size);
    ragged.push_back(d.ragged);
    trim.push_back(d.trim);
    axes += d.axis.str() + "\n";
    labels += d.label.str() + "\n";
  }
  return {{"sizes", sizes}, {"ragged", ragged}, {"trim", trim}, {"axes", axes}, {"labels", labels}};
}

std::vector<Dim> dims_of(const Attributes& a) {
  const std::size_t rank = a.integers("sizes").size();
  const auto lines = [](const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  };
  if (a.integers("ragged").size() != rank || a.integers("trim").size() != rank ||
      lines(a.text("axes")) != rank || lines(a.text("labels")) != rank)
    throw Error("sizes, ragged, trim, axes and labels must be equally many");
  std::vector<Dim> dims;
  const auto part = [](const std::string& text, std::size_t& at) {
    const std::size_t begin = at, end = text.find('\n', begin);
    at = end + 1;
    return text.substr(begin, end - begin);
  };
  std::size_t axis_at = 0, label_at = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    Dim d = plain(a.integers("sizes")[i]);
    d.ragged = a.integers("ragged")[i] != 0;
    d.trim = static_cast<std::uint16_t>(a.integers("trim")[i]);
    d.axis = part(a.text("axes"), axis_at);
    d.label = part(a.text("labels"), label_at);
    dims.push_back(d);
  }
  return dims;
}

Type reshape_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  out.dims = dims_of(args.attributes);
  if (out.size() != args.in[0]->size())
    throw Error(fmt::format("reshape: {} holds {} numbers, {} would hold {}", describe(*args.in[0]),
                            args.in[0]->size(), describe(out), out.size()));
  return out;
}

// A dimension that stands alone in both shapes (all before it of equal size) is not touched.
AxisFact reshape_axis(const ShapeArgs& args, int, int dim) {
  const Type& in = *args.in[0];
  const std::vector<Dim> out = dims_of(args.attributes);
  const auto d = static_cast<std::size_t>(dim);
  std::int64_t before = 1, at = 1;
  for (std::size_t i = 0; i < d; ++i) before *= in.dims[i].size;
  for (const Dim& o : out) {
    if (at == before && o == in.dims[d]) return {AxisUse::pointwise, 0};
    at *= o.size;
  }
  return {AxisUse::reorders, 0};
}

std::vector<Value> reshape_gradient(const GradientArgs& args) {
  return {reshape(args.adjoint, args.in[0].type().dims)};
}

Type broadcast_shape(const ShapeArgs& args) {
  Type out = *args.in[0];
  out.dims = dims_of(args.attributes);
  const Type* both[] = {args.in[0], &out};
  if (shapes::broadcast("broadcast", {both, args.attributes}).sizes() != out.sizes())
    throw Error(fmt::format("broadcast: {} does not broadcast to {}", describe(*args.in[0]),
                            describe(out)));
  return out;
}

std::vector<Value> broadcast_gradient(const GradientArgs& args) {
  return {sum_to(args.adjoint, args.in[0].type())};
}

std::int64_t broadcast_view(const ViewArgs& args, std::span<std::int64_t> strides) {
  aligned_strides(args.in, static_cast<int>(args.sizes.size()), strides.data());
  return 0;
}

std::vector<AttributeDef> dims_attributes() {
  return {{"sizes", "of the new dimensions"},
          {"ragged", "which have a length for each example"},
          {"trim", "how many last steps are not real"},
          {"axes", "their time axes"},
          {"labels", "their names"}};
}

}  // namespace

const OpDef transpose_op{.name = "transpose",
                         .doc = "Dimensions in another order; without one, the last two swapped.",
                         .attributes = {{"order", "which dimension comes at each place"}},
                         .shape = transpose_shape,
                         .axis = shapes::pointwise,
                         .gradient = transpose_gradient,
                         .kernel = views::view_kernel<transpose_op>,
                         .view = transpose_view,
                         .strided = true};

const OpDef reshape_op{.name = "reshape",
                       .doc = "The same numbers in the same order as another shape.",
                       .attributes = dims_attributes(),
                       .shape = reshape_shape,
                       .axis = reshape_axis,
                       .gradient = reshape_gradient,
                       .kernel = reshape_kernel,
                       .view = reshape_view,
                       .dense_result = true,
                       .strided = true};

const OpDef broadcast_op{.name = "broadcast",
                         .doc = "The operand repeated along the dimensions that it lacks.",
                         .attributes = dims_attributes(),
                         .shape = broadcast_shape,
                         .axis = shapes::pointwise,
                         .gradient = broadcast_gradient,
                         .kernel = views::copy_kernel,
                         .view = broadcast_view,
                         .strided = true};

Value transpose(Value x, std::vector<std::int64_t> order) {
  return build(transpose_op, {x}, {{"order", std::move(order)}});
}

Value transpose(Value x) {
  const std::int64_t rank = x.type().rank();
  if (rank < 2) throw Error("transpose: " + describe(x.type()) + " has no two dimensions to swap");
  std::vector<std::int64_t> order;
  for (std::int64_t d = 0; d < rank; ++d) order.push_back(d);
  std::swap(order[static_cast<std::size_t>(rank - 1)], order[static_cast<std::size_t>(rank - 2)]);
  return transpose(x, std::move(order));
}

Value reshape(Value x, std::vector<Dim> dims) {
  return build(reshape_op, {x}, dims_as_attributes(dims));
}

Value expand_trailing(Value x, int count) {
  std::vector<Dim> dims = x.type().dims;
  for (int i = 0; i < count; ++i) dims.push_back(plain(1));
  return reshape(x, std::move(dims));
}

Value broadcast_to(Value x, const Type& like) {
  return build(broadcast_op, {x}, dims_as_attributes(like.dims));
}

}  // namespace unfold
