// The same numbers in another shape or order.

#include <fmt/format.h>

#include <algorithm>

#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"

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

// Walks the result in order, reading the operand at the strides of the permuted dimensions.
void transpose_kernel(const KernelArgs& args) {
  const View &in = args.in[0], &out = args.out;
  const auto& order = args.attributes.integers("order");
  std::vector<std::int64_t> step(order.size()), stride(order.size());
  std::int64_t run = 1;
  for (std::size_t d = order.size(); d-- > 0;) {
    step[d] = run;
    run *= in.sizes[d];
  }
  for (std::size_t d = 0; d < order.size(); ++d)
    stride[d] = step[static_cast<std::size_t>(order[d])];
  const std::int64_t each = out.example_size();
  loops::with_type(out.dtype, [&]<class T>(T) {
    for (std::int64_t b = 0; b < out.batch; ++b) {
      const T* from = in.as<T>() + b * each;
      T* to = out.as<T>() + b * each;
      std::vector<std::int64_t> at(order.size());
      std::int64_t offset = 0;
      for (std::int64_t i = 0; i < each; ++i) {
        to[i] = from[offset];
        for (std::size_t d = order.size(); d-- > 0;) {
          offset += stride[d];
          if (++at[d] < out.sizes[d]) break;
          offset -= stride[d] * out.sizes[d];
          at[d] = 0;
        }
      }
    }
  });
}

void copy_kernel(const KernelArgs& args) {
  loops::with_type(args.out.dtype, [&]<class T>(T) {
    std::copy_n(args.in[0].as<T>(), args.out.size(), args.out.as<T>());
  });
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

void broadcast_kernel(const KernelArgs& args) {
  loops::with_type(args.out.dtype, [&]<class T>(T) { loops::broadcast<T>(args); });
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
                         .kernel = transpose_kernel};

const OpDef reshape_op{.name = "reshape",
                       .doc = "The same numbers in the same order as another shape.",
                       .attributes = dims_attributes(),
                       .shape = reshape_shape,
                       .axis = reshape_axis,
                       .gradient = reshape_gradient,
                       .kernel = copy_kernel};

const OpDef broadcast_op{.name = "broadcast",
                         .doc = "The operand repeated along the dimensions that it lacks.",
                         .attributes = dims_attributes(),
                         .shape = broadcast_shape,
                         .axis = shapes::pointwise,
                         .gradient = broadcast_gradient,
                         .kernel = broadcast_kernel};

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
