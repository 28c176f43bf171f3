// Nodes without operands: what the run feeds, numbers of the program, random numbers. And what only
// hands its operand on: `state`, which stands between two pieces of a sequence, and `after`.

#include "graph/philox.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/views.h"

namespace unfold {

namespace {

void fill_kernel(const KernelArgs& args) {
  loops::with_type(args.out.dtype, [&]<class T>(T) {
    const auto value = static_cast<T>(args.attributes.number("value"));
    std::fill_n(args.out.as<T>(), args.out.size(), value);
  });
}

void constant_kernel(const KernelArgs& args) {
  const Tensor& values = args.attributes.tensor("values");
  loops::with_type(args.out.dtype, [&]<class T>(T) {
    for (std::int64_t i = 0; i < values.size(); ++i)
      args.out.as<T>()[i] = static_cast<T>(values.at(i));
  });
}

std::uint32_t hash_text(const std::string& text) {
  std::uint32_t h = 2166136261u;  // FNV-1a: the same on every machine
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h;
}

// One key for a seed and an update: the update takes the upper half, so a seed that needs it is
// mixed first.
std::uint64_t key_of(const RunKey& run) {
  const auto [a, b, c, d] = philox(run.seed, {});
  const std::uint64_t seed = run.seed >> 32 == 0 ? run.seed : std::uint64_t{a} << 32 | b;
  return seed ^ (run.update << 32);
}

// A generator without state: element e of example b is a function of the keys alone, so neither the
// cut into shards nor padding changes a draw.
void random_kernel(const KernelArgs& args) {
  const Attributes& a = args.attributes;
  const RunKey& run = args.run;
  const std::uint64_t key = key_of(run);
  const auto step = static_cast<std::uint32_t>(a.integer("step"));
  const std::uint32_t call = hash_text(a.text("call"));
  const std::int64_t each = args.out.example_size();
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    T* out = args.out.as<T>();
    for (std::int64_t b = 0; b < args.out.batch; ++b, out += each) {
      const auto example = static_cast<std::uint32_t>(run.first_example + b);
      for (std::int64_t i = 0; i < each; i += 4) {
        const auto draw = philox(key, {static_cast<std::uint32_t>(i), example, step, call});
        // 24 bits, so that a float holds the number exactly and never reaches 1.
        for (std::int64_t k = i; k < std::min(i + 4, each); ++k)
          out[k] = static_cast<T>(draw[static_cast<std::size_t>(k - i)] >> 8) * T(0x1p-24);
      }
    }
  });
}

std::vector<Value> pass_gradient(const GradientArgs& args) { return {args.adjoint}; }

std::vector<Value> after_gradient(const GradientArgs& args) { return {args.adjoint, {}}; }

}  // namespace

const OpDef input_op{.name = "input",
                     .doc = "Numbers or ids that the run feeds by name, one set for each example.",
                     .min_inputs = 0,
                     .max_inputs = 0,
                     .attributes = {{"name", "what it is fed under"}}};

const OpDef parameter_op{.name = "parameter",
                         .doc = "A parameter, shared by all examples and timesteps.",
                         .min_inputs = 0,
                         .max_inputs = 0,
                         .attributes = {{"name", "layer path and name"}}};

const OpDef length_op{.name = "length",
                      .doc = "How many steps each example has on a time axis.",
                      .min_inputs = 0,
                      .max_inputs = 0,
                      .attributes = {{"name", "length(AXIS)"}}};

const OpDef fill_op{.name = "fill",
                    .doc = "The same number everywhere.",
                    .min_inputs = 0,
                    .max_inputs = 0,
                    .attributes = {{"value", "the number"}},
                    .kernel = fill_kernel,
                    .uniform = true};

const OpDef constant_op{.name = "constant",
                        .doc = "Numbers written in the program.",
                        .min_inputs = 0,
                        .max_inputs = 0,
                        .attributes = {{"values", "the numbers"}},
                        .kernel = constant_kernel};

const OpDef random_op{
    .name = "random",
    .doc =
        "Numbers uniform in [0, 1), fixed by seed, update, call site, timestep, place of the "
        "example in the batch, and element (Philox 4x32-10, Salmon et al. 2011).",
    .min_inputs = 0,
    .max_inputs = 0,
    .attributes = {{"call", "the call site"}, {"step", "the timestep, -1 outside of recurrences"}},
    .kernel = random_kernel};

const OpDef state_op{
    .name = "state",
    .doc =
        "A state's initial value, or in a later piece of a sequence what the former one carried.",
    .attributes = {{"name", "the state's name"}, {"delay", "how many steps before the first"}},
    .shape = shapes::same,
    .axis = shapes::pointwise,
    .gradient = pass_gradient,
    .kernel = views::copy_kernel,
    .view = views::same,
    .elementwise = true,
    .strided = true};

const OpDef after_op{
    .name = "after",
    .doc = "The first operand, for what must not be computed before the second is.",
    .min_inputs = 2,
    .max_inputs = 2,
    .shape = shapes::same,
    .axis = shapes::pointwise,
    .gradient = after_gradient,
    .kernel = views::copy_kernel,
    .view = views::same,
    .strided = true};

Value input(Graph& g, Symbol name, Type type) {
  return g.add_source(input_op, {{"name", name.str()}}, std::move(type));
}

Value parameter(Graph& g, Symbol name, std::vector<Dim> dims) {
  return g.add_source(parameter_op, {{"name", name.str()}}, real_type(std::move(dims)));
}

Value length(Graph& g, Symbol axis) {
  return g.add_source(length_op, {{"name", "length(" + axis.str() + ")"}}, index_type({}, true));
}

Value fill(Graph& g, double value, Type type) {
  return g.add_source(fill_op, {{"value", value}}, std::move(type));
}

Value constant(Graph& g, Tensor values, std::vector<Dim> dims) {
  const Kind kind = values.dtype() == DType::i32 ? Kind::index : Kind::real;
  return g.add_source(constant_op, {{"values", std::make_shared<const Tensor>(std::move(values))}},
                      {std::move(dims), false, kind, true});
}

Value random_uniform(Graph& g, Symbol call, std::vector<Dim> dims) {
  return g.add_source(random_op, {{"call", call.str()}, {"step", std::int64_t{g.current.step}}},
                      real_type(std::move(dims), true));
}

Value state(Value init, Symbol name, std::int64_t delay) {
  return init.graph->add(state_op, {{init}}, {{"name", name.str()}, {"delay", delay}});
}

Value after(Value x, Value other) { return x.graph->add(after_op, {{x, other}}); }

}  // namespace unfold
