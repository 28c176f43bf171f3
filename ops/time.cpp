// What knows the lengths of examples: their first and last steps, a step by index, masks.

#include <fmt/format.h>

#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/steps.h"

namespace unfold {

namespace {

// --- take_step and its adjoint: one step of each example, by index

void require_one_index(const char* op, const Type& index) {
  shapes::require_index(op, index);
  if (index.rank() != 0)
    throw Error(fmt::format("{}: needs one index for each example, got {}", op, describe(index)));
}

Type take_step_shape(const ShapeArgs& args) {
  require_steps("take_step", *args.in[0]);
  require_one_index("take_step", *args.in[1]);
  Type out = *args.in[0];
  out.dims.erase(out.dims.begin());
  return out;
}

std::vector<Value> take_step_gradient(const GradientArgs& args) {
  const Dim axis = args.in[0].type().dims[0];
  return {build(put_step_op, {args.adjoint, args.in[1]},
                {{"back", args.attributes.integer("back")},
                 {"size", axis.size},
                 {"axis", axis.axis.str()},
                 {"ragged", axis.ragged},
                 {"label", axis.label.str()}}),
          Value()};
}

void take_step_kernel(const KernelArgs& args) {
  const View& out = args.out;
  const std::int64_t steps = args.in[0].sizes[0], back = args.attributes.integer("back");
  std::array<std::int64_t, max_rank + 1> strides;
  for (std::int64_t b = 0; b < out.batch; ++b) {
    const View to = loops::example(out, b);
    const std::int64_t t = index_of(args.in[1], b) - back;
    if (t >= 0 && t < steps)
      copy(loops::element(loops::example(args.in[0], b), t, strides), to);
    else
      loops::with_type(out.dtype, [&]<class T>(T) {
        loops::fill<T>(to, std::is_same_v<T, std::int32_t> ? T(-1) : T(0));  // no id
      });
  }
}

Type put_step_shape(const ShapeArgs& args) {
  require_one_index("put_step", *args.in[1]);
  Type out = *args.in[0];
  const Attributes& a = args.attributes;
  Dim dim = plain(a.integer("size"), a.text("label"));
  dim.axis = a.text("axis");
  dim.ragged = a.flag("ragged");
  out.dims.insert(out.dims.begin(), dim);
  return out;
}

std::vector<Value> put_step_gradient(const GradientArgs& args) {
  return {
      build(take_step_op, {args.adjoint, args.in[1]}, {{"back", args.attributes.integer("back")}}),
      Value()};
}

void put_step_kernel(const KernelArgs& args) {
  const View& out = args.out;
  const std::int64_t steps = out.sizes[0], back = args.attributes.integer("back");
  std::array<std::int64_t, max_rank + 1> strides;
  loops::with_type(out.dtype, [&]<class T>(T) { loops::fill<T>(out, T(0)); });
  for (std::int64_t b = 0; b < out.batch; ++b) {
    const std::int64_t t = index_of(args.in[1], b) - back;
    if (t >= 0 && t < steps)
      copy(loops::example(args.in[0], b), loops::element(loops::example(out, b), t, strides));
  }
}

// --- step_mask

// A step that is real in every example, which `at` cannot know where lengths differ.
Value real_step(Value x, std::int64_t index) {
  if (x.type().known && !x.type().dims[0].ragged && x.type().dims[0].trim == 0) return at(x, index);
  return x.graph->add(at_op, {{x}}, {{"dim", std::int64_t{0}}, {"index", index}});
}

// A step that is real unless all steps of an example are not; then it is zero, an id no id.
Value known_step(Value x, std::int64_t index) {
  const Value step = real_step(x, index);
  if (!x.type().known) return step;
  const Dim axis = x.type().dims[0];
  if (axis.trim == 0 || (!axis.ragged && axis.size > axis.trim)) return step;
  Type type = step.type();
  type.batched = false;
  const double none = type.kind == Kind::index ? -1 : 0;
  return where_reached(axis, index, step, fill(*x.graph, none, type));
}

Type step_mask_shape(const ShapeArgs& args) {
  const Attributes& a = args.attributes;
  Dim dim = plain(a.integer("size"));
  dim.axis = a.text("axis");
  dim.ragged = true;
  dim.trim = static_cast<std::uint16_t>(a.integer("trim"));
  return real_type({dim});
}

void step_mask_kernel(const KernelArgs& args) {
  const View& out = args.out;
  const std::int64_t steps = out.sizes[0], trim = args.attributes.integer("trim");
  loops::with_real(out.dtype, [&]<class T>(T) {
    for (std::int64_t b = 0; b < out.batch; ++b) {
      const std::int64_t real = index_of(args.in[0], b) - trim;
      T* to = loops::example(out, b).template as<T>();
      for (std::int64_t t = 0; t < steps; ++t) to[t * out.strides[1]] = t < real ? T(1) : T(0);
    }
  });
}

}  // namespace

const OpDef take_step_op{
    .name = "take_step",
    .doc =
        "The step of the first dimension that each example's index names, counted back from it; "
        "outside of the dimension zero, an id no id.",
    .min_inputs = 2,
    .max_inputs = 2,
    .attributes = {{"back", "how many steps before the index"}},
    .shape = take_step_shape,
    .axis = shapes::pointwise,
    .gradient = take_step_gradient,
    .kernel = take_step_kernel,
    .strided = true};

const OpDef put_step_op{
    .name = "put_step",
    .doc =
        "The operand at each example's index of a new first dimension, zeros elsewhere; the "
        "adjoint of `take_step`.",
    .min_inputs = 2,
    .max_inputs = 2,
    .attributes = {{"back", "how many steps before the index"},
                   {"size", "of the new dimension"},
                   {"axis", "its time axis, empty for none"},
                   {"ragged", "whether lengths on it differ"},
                   {"label", "its name"}},
    .shape = put_step_shape,
    .axis = shapes::pointwise,
    .gradient = put_step_gradient,
    .kernel = put_step_kernel,
    .strided = true};

const OpDef step_mask_op{.name = "step_mask",
                         .doc = "1 at an example's real steps of a time axis, 0 at padding.",
                         .attributes = {{"size", "steps on the axis"},
                                        {"axis", "the time axis"},
                                        {"trim", "how many last steps are not real"}},
                         .shape = step_mask_shape,
                         .axis = shapes::pointwise,
                         .kernel = step_mask_kernel,
                         .strided = true};

// An index may lie anywhere, so beyond an example's real steps too.
Value take_step(Value x, Value index) {
  const Value taken = build(take_step_op, {x, index}, {{"back", std::int64_t{0}}});
  Graph& g = *x.graph;
  if (!x.type().known) return taken;
  const Dim axis = x.type().dims[0];
  if (!axis.ragged && axis.trim == 0) return taken;
  const Value steps = axis.ragged ? to_real(length(g, axis.axis))
                                  : fill(g, static_cast<double>(axis.size), real_type({}));
  const Value real = less(to_real(index), steps - static_cast<double>(axis.trim));
  return select(real, taken, fill(g, 0.0, real_type({})));
}

Value first(Value x) {
  require_steps("first", x.type());
  return known_step(x, 0);
}

Value last(Value x) {
  require_steps("last", x.type());
  const Type type = x.type();
  if (!type.known) return first(x);
  const Dim axis = type.dims[0];
  if (!axis.ragged) return known_step(x, std::max<std::int64_t>(axis.size - 1 - axis.trim, 0));
  return build(take_step_op, {x, length(*x.graph, axis.axis)},
               {{"back", std::int64_t{1} + axis.trim}});
}

Value step_mask(Graph& g, const Dim& axis) {
  if (!axis.ragged) {
    Tensor mask(DType::f64, {axis.size});
    for (std::int64_t t = 0; t < axis.size - axis.trim; ++t) mask.set(t, 1);
    return constant(g, std::move(mask), {axis});
  }
  return build(step_mask_op, {length(g, axis.axis)},
               {{"size", axis.size}, {"axis", axis.axis.str()}, {"trim", std::int64_t{axis.trim}}});
}

Value where_reached(Dim axis, std::int64_t step, Value a, Value b) {
  // One mask for all steps: a step of it costs nothing.
  const Value reached = real_step(step_mask(*a.graph, axis), step);
  if (a.type().kind == Kind::real) return select(reached, a, b);
  // There is no arithmetic of ids, so `a` and `b` are two steps of which one is taken.
  const Value answers[] = {1.0 - reached, reached}, choices[] = {b, a};
  return build(take_step_op, {stack(choices, plain(2)), argmax(stack(answers, plain(2)))},
               {{"back", std::int64_t{0}}});
}

}  // namespace unfold
