// Steps in another order: reversed within each example, or shifted.

#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/steps.h"

namespace unfold {

namespace {

// --- reverse: operands are the sequence and, on a ragged axis, the lengths

Type reverse_shape(const ShapeArgs& args) {
  require_steps("reverse", *args.in[0]);
  return *args.in[0];
}

AxisFact reverse_axis(const ShapeArgs& args, int input, int dim) {
  const bool knows_lengths = args.in.size() == 2 || args.attributes.integer("trim") > 0;
  return {input == 0 && dim == 0 && !knows_lengths ? AxisUse::reorders : AxisUse::pointwise, 0};
}

std::vector<Value> reverse_gradient(const GradientArgs& args) {
  const std::vector<Value> lengths(args.in.begin() + 1, args.in.end());
  std::vector<Value> in{args.adjoint};
  in.insert(in.end(), lengths.begin(), lengths.end());
  std::vector<Value> out(args.in.size());
  out[0] = build(reverse_op, in, args.attributes);
  return out;
}

// Copies step source(example, step) of the operand to each step of the result, zeros for none.
template <class F>
void move_steps(const View& in, const View& out, const F& source) {
  std::array<std::int64_t, max_rank + 1> from_strides, to_strides;
  const std::int64_t steps_in = in.sizes[0], steps_out = out.sizes[0];
  for (std::int64_t b = 0; b < out.batch; ++b) {
    const View from = loops::example(in, b), to = loops::example(out, b);
    for (std::int64_t t = 0; t < steps_out; ++t) {
      const View step = loops::element(to, t, to_strides);
      const std::int64_t s = source(b, t);
      if (s >= 0 && s < steps_in)
        copy(loops::element(from, s, from_strides), step);
      else
        loops::with_type(out.dtype, [&]<class T>(T) { loops::fill<T>(step, T(0)); });
    }
  }
}

// Padding stays where it is.
void reverse_kernel(const KernelArgs& args) {
  const std::int64_t steps = args.out.sizes[0], trim = args.attributes.integer("trim");
  move_steps(args.in[0], args.out, [&](std::int64_t b, std::int64_t t) {
    const std::int64_t own = args.in.size() == 2 ? index_of(args.in[1], b) : steps;
    const std::int64_t real = own - trim;
    return t < real ? real - 1 - t : t;
  });
}

// --- shift

Type shift_shape(const ShapeArgs& args) {
  require_steps("shift", *args.in[0]);
  Type out = *args.in[0];
  out.dims[0].trim = static_cast<std::uint16_t>(args.attributes.integer("trim"));
  return out;
}

std::vector<Value> shift_gradient(const GradientArgs& args) {
  return {build(shift_op, {args.adjoint},
                {{"by", -args.attributes.integer("by")},
                 {"trim", std::int64_t{args.in[0].type().dims[0].trim}}})};
}

// What is beyond the last step is not real if the result's `trim` says so; the last step is
// repeated there, as everywhere in padding.
void shift_kernel(const KernelArgs& args) {
  const std::int64_t by = args.attributes.integer("by");
  const std::int64_t last = args.in[0].sizes[0] - 1;
  const bool repeats = args.attributes.integer("trim") >= by;
  move_steps(args.in[0], args.out, [=](std::int64_t, std::int64_t t) {
    return repeats ? std::min(t + by, last) : t + by;
  });
}

}  // namespace

const OpDef reverse_op{
    .name = "reverse",
    .doc = "Steps of the first dimension in reverse order, each example within its own length.",
    .max_inputs = 2,
    .attributes = {{"trim", "how many of an example's last steps are not real"}},
    .shape = reverse_shape,
    .axis = reverse_axis,
    .gradient = reverse_gradient,
    .kernel = reverse_kernel,
    .strided = true};

const OpDef shift_op{.name = "shift",
                     .doc =
                         "y[t] = x[t + by] along the first dimension; outside zero, or, at steps "
                         "that are not real, the last step again.",
                     .attributes = {{"by", "how many steps later; negative: earlier"},
                                    {"trim", "how many of the result's last steps are not real"}},
                     .shape = shift_shape,
                     .axis = shapes::pointwise,
                     .gradient = shift_gradient,
                     .kernel = shift_kernel,
                     .strided = true};

Value reverse(Value x) {
  const Type type = x.type();
  const bool steps = type.known && !type.dims.empty();
  if (steps && !x.graph->current.backward) require_whole(*x.graph, reverse_op, type.dims[0]);
  const Attributes trim{{"trim", std::int64_t{steps ? type.dims[0].trim : 0}}};
  if (!steps || !type.dims[0].ragged) return build(reverse_op, {x}, trim);
  return build(reverse_op, {x, length(*x.graph, type.dims[0].axis)}, trim);
}

Value shift(Value x, std::int64_t by) {
  require_steps("shift", x.type());
  std::int64_t trim = 0;
  if (x.type().known && x.type().dims[0].is_time())
    trim = x.type().dims[0].trim + std::max<std::int64_t>(by, 0);
  return build(shift_op, {x}, {{"by", by}, {"trim", trim}});
}

}  // namespace unfold
