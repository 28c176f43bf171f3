// The functions of the language: a row each.

#include "tools/dsl/functions.h"

#include <fmt/format.h>

#include "models/losses.h"
#include "tools/dsl/evaluator.h"

namespace unfold {

namespace {

using Argument = FormalArgument::Kind;

Value value(Evaluator& e, const Arguments& a, const std::string& name) {
  return e.value_of(a.get(name).thing);
}

template <auto f>
Thing unary(Evaluator& e, const Arguments& a) {
  return {f(value(e, a, "x")), {}};
}

template <auto f>
Thing binary(Evaluator& e, const Arguments& a) {
  return {f(value(e, a, "a"), value(e, a, "b")), {}};
}

// The dimensions that `over` names: `time`, `time(src)`, or a number. Empty when it is not given.
std::vector<std::int64_t> over(Evaluator& e, const Arguments& a, Value x) {
  if (!a.has("over")) return {};
  const syntax::Expression* written = a.get("over").written;
  if (written == nullptr) throw Error(fmt::format("{}: `over` cannot be passed on", a.callee()));
  const auto* name = std::get_if<syntax::Name>(&written->node);
  if (name != nullptr && name->text == "time") return {e.time_dimension(x)};
  const Thing thing = e.evaluate(*written);
  const auto* n = thing.as<Number>();
  if (n == nullptr)
    throw Error(fmt::format("{}: `over` is `time`, `time(…)` or the number of a dimension", a.callee()));
  if (!n->axis.is_time()) return {static_cast<std::int64_t>(n->value)};
  const Type& type = x.type();
  for (std::size_t d = 0; d < type.dims.size(); ++d)
    if (type.dims[d].axis == n->axis.axis) return {static_cast<std::int64_t>(d)};
  throw Error(fmt::format("{}: {} has no axis {}", a.callee(), describe(type), n->axis.axis.str()));
}

template <auto f>
Thing reduction(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  if (!x.type().known) return {input(e.graph(), "?", unknown_type()), {}};
  return {f(x, over(e, a, x)), {}};
}

template <auto f>
Thing along(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  if (!x.type().known) return {x, {}};
  const auto dims = over(e, a, x);
  return {f(x, dims.empty() ? -1 : static_cast<int>(dims[0])), {}};
}

Reduction reduction_of(Evaluator& e, const Arguments& a, Value x) {
  Reduction r;
  const std::string reduce = a.has("reduce") ? a.word("reduce") : "mean";
  if (reduce == "sum") r.reduce = Reduction::Reduce::sum;
  if (reduce == "none") r.reduce = Reduction::Reduce::none;
  if (reduce != "mean" && reduce != "sum" && reduce != "none")
    throw Error(fmt::format("{}: `reduce` is mean, sum or none", a.callee()));
  const std::string word = a.has("over") ? a.word("over") : "all";
  if (word == "batch") r.over = Reduction::Over::batch;
  if (word == "time") {
    r.over = Reduction::Over::time;
    const auto dims = over(e, a, x);
    r.axis = x.type().dims[static_cast<std::size_t>(dims[0])].axis;
  }
  if (word != "all" && word != "batch" && word != "time")
    throw Error(fmt::format("{}: `over` is time or batch", a.callee()));
  return r;
}

template <auto f>
Thing loss(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "prediction");
  return {f(x, value(e, a, "target"), reduction_of(e, a, x)), {}};
}

Things all_positional(const Arguments& a, const char* allowed) {
  Things out;
  for (const GivenArgument& g : a.given()) {
    if (!g.name.empty() && g.name != allowed)
      throw Error(fmt::format("{}: has no argument '{}'", a.callee(), g.name));
    if (g.name.empty()) out.push_back(g.thing);
  }
  return out;
}

Thing concat_all(Evaluator& e, const Arguments& a) {
  std::vector<Value> parts;
  int dim = -1;
  for (const Thing& t : all_positional(a, "dim")) parts.push_back(e.value_of(t));
  for (const GivenArgument& g : a.given())
    if (g.name == "dim") {
      const auto* n = g.thing.as<Number>();
      if (n == nullptr) throw Error("concat: `dim` must be a plain number");
      dim = static_cast<int>(n->value);
    }
  if (parts.size() < 2) throw Error("concat: joins two values or more");
  return {concat(parts, dim), {}};
}

Thing stack_all(Evaluator& e, const Arguments& a) {
  std::vector<Value> parts;
  for (const Thing& t : all_positional(a, "")) parts.push_back(e.value_of(t));
  if (parts.empty()) throw Error("stack: needs at least one value");
  return {stack(parts, plain(static_cast<std::int64_t>(parts.size()))), {}};
}

Thing transposed(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  if (!a.has("order")) return {transpose(x), {}};
  const auto order = literal_tensor(a.get("order").thing);
  if (!order || order->rank() != 1) throw Error("transpose: `order` is a list of dimensions: [1, 0]");
  std::vector<std::int64_t> dims;
  for (std::int64_t i = 0; i < order->size(); ++i)
    dims.push_back(static_cast<std::int64_t>(order->at(i)));
  return {transpose(x, dims), {}};
}

Thing reshaped(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  const auto* sizes = a.get("shape").thing.as<Things>();
  if (sizes == nullptr) throw Error("reshape: the shape is a list of sizes: [2, 3]");
  std::vector<Dim> dims;
  for (const Thing& t : *sizes) {
    const auto* n = t.as<Number>();
    if (n == nullptr) throw Error("reshape: a size must be a plain number");
    dims.push_back(to_dim(*n, "reshape: a size"));
  }
  return {reshape(x, dims), {}};
}

const data::FieldSpec* field_of(Evaluator& e, const Thing& thing) {
  const auto* f = thing.as<FieldRef>();
  return f == nullptr ? nullptr : &e.program().data().fields[f->index];
}

Thing one_hot_of(Evaluator& e, const Arguments& a) {
  const Value ids = value(e, a, "ids");
  const data::FieldSpec* field = field_of(e, a.get("ids").thing);
  if (a.has("n")) return {one_hot(ids, a.size("n")), {}};
  if (field == nullptr)
    throw Error("one_hot: how many ids there are is known for a field of the data block only; say "
                "one_hot(ids, n)");
  return {one_hot(ids, plain(field->type.ids, field->type.size_name)), {}};
}

Thing clipped(Evaluator& e, const Arguments& a) {
  return {clip(value(e, a, "x"), a.number("low"), a.number("high")), {}};
}

Thing chosen(Evaluator& e, const Arguments& a) {
  return {select(value(e, a, "condition"), value(e, a, "a"), value(e, a, "b")), {}};
}

Thing next_of(Evaluator& e, const Arguments& a) {
  const Thing& s = a.get("s").thing;
  const data::FieldSpec* field = field_of(e, s);
  if (field != nullptr && !field->type.has_time())
    throw Error(fmt::format("next: {} has no time axis", field->name));
  if (field != nullptr && e.program().data().is_text(*field))
    return {e.field_value(s.as<FieldRef>()->index, true), {}};
  return {shift(e.value_of(s), 1), {}};
}

// --- sizes

Thing width_of(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  const Type& type = x.type();
  if (!type.known) return {Number{static_cast<double>(Dim::unknown), {}, {}}, {}};
  if (type.dims.empty() || (type.rank() == 1 && type.dims[0].is_time()))
    throw Error(fmt::format("width: needs vectors, this is {}{}", describe(type),
                            type.kind == Kind::index ? "; embedding or one_hot makes vectors of ids"
                                                     : ""));
  const Dim& last = type.dims.back();
  return {Number{static_cast<double>(last.size), last.label, {}}, {}};
}

Thing time_of(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  const std::int64_t dim = e.time_dimension(x);
  const Dim axis = x.type().dims[static_cast<std::size_t>(dim)];
  return {Number{static_cast<double>(axis.size), axis.axis, axis}, {}};
}

template <auto wanted>
Thing ids_of(Evaluator& e, const Arguments& a) {
  const data::FieldSpec* field = field_of(e, a.get("f").thing);
  const std::string what = wanted();
  if (field == nullptr || !field->type.is_ids())
    throw Error(fmt::format("{}: needs a field of {} of the data block", a.callee(), what));
  return {Number{static_cast<double>(field->type.ids), field->type.size_name, {}}, {}};
}

// A generated task's fields are used inside the model: input(task), target(task).
template <auto reader>
Thing task_field(Evaluator& e, const Arguments& a) {
  const auto* source = a.get("task").thing.as<SourceRef>();
  if (source == nullptr) throw Error(fmt::format("{}: needs a generated task of the data block", a.callee()));
  return {FieldRef{e.program().data().task_field(source->index, reader())}, {}};
}

FormalArgument need(const char* name, Argument kind = Argument::value) { return {name, kind, false, {}}; }
FormalArgument may(const char* name, Argument kind = Argument::value) { return {name, kind, true, {}}; }

std::vector<Function> make_functions() {
  const std::vector<FormalArgument> x{need("x")}, two{need("a"), need("b")};
  const std::vector<FormalArgument> over_time{need("x"), may("over", Argument::symbolic)};
  const std::vector<FormalArgument> of_loss{need("prediction"), need("target"),
                                            may("reduce", Argument::symbolic),
                                            may("over", Argument::symbolic)};
  return {
      {"exp", "e^x, element by element", x, false, unary<exp>},
      {"log", "natural logarithm, element by element", x, false, unary<log>},
      {"sqrt", "square root, element by element", x, false, unary<sqrt>},
      {"abs", "absolute value, element by element", x, false, unary<abs>},
      {"tanh", "hyperbolic tangent, element by element", x, false, unary<tanh>},
      {"sigmoid", "1 / (1 + e^-x), element by element", x, false, unary<sigmoid>},
      {"relu", "max(x, 0), element by element", x, false, unary<relu>},
      {"gelu", "x * Phi(x), Phi the normal distribution (Hendrycks & Gimpel 2016)", x, false,
       unary<gelu>},
      {"softplus", "ln(1 + e^x), element by element", x, false, unary<softplus>},
      {"stop_gradient", "x, through which no gradient flows", x, false, unary<stop_gradient>},
      {"maximum", "the larger of two, element by element", two, false, binary<maximum>},
      {"minimum", "the smaller of two, element by element", two, false, binary<minimum>},
      {"clip", "x held between low and high", {need("x"), need("low"), need("high")}, false, clipped},
      {"where",
       "a where the condition is not 0, else b",
       {need("condition"), need("a"), need("b")},
       false,
       chosen},
      {"softmax", "e^x / sum of e^x over the last dimension, or over time", over_time, false,
       along<softmax>},
      {"log_softmax", "ln of softmax", over_time, false, along<log_softmax>},
      {"sum", "sum of everything, or over one dimension; real steps only", over_time, false,
       reduction<sum>},
      {"mean", "mean of everything, or over one dimension; real steps only", over_time, false,
       reduction<mean>},
      {"max", "largest of all, or over one dimension; real steps only", over_time, false,
       reduction<max>},
      {"min", "smallest of all, or over one dimension; real steps only", over_time, false,
       reduction<min>},
      {"concat", "values one after another along the last dimension, or `dim = …`", {}, true, concat_all},
      {"stack", "values of equal shape side by side along a new first dimension", {}, true, stack_all},
      {"transpose", "the last two dimensions swapped, or all in an order", {need("x"), may("order")},
       false, transposed},
      {"reshape", "the same numbers in another shape", {need("x"), need("shape")}, false, reshaped},
      {"reverse", "the steps in reverse order, each example within its own length", x, false,
       unary<reverse>},
      {"first", "the first step", x, false, unary<first>},
      {"last", "the last real step", x, false, unary<last>},
      {"one_hot", "1 at the id's place, 0 elsewhere", {need("ids"), may("n")}, false, one_hot_of},
      {"next", "the sequence one step earlier: what comes after each step", {need("s")}, false, next_of},
      {"width", "size of the last dimension", x, false, width_of},
      {"time", "number of steps", x, false, time_of},
      {"vocab", "number of symbols of a field", {need("f")}, false, ids_of<[] { return "symbols"; }>},
      {"classes", "number of classes of a field", {need("f")}, false,
       ids_of<[] { return "classes"; }>},
      {"input", "what a generated task shows", {need("task")}, false,
       task_field<[] { return "input"; }>},
      {"target", "what a generated task asks for", {need("task")}, false,
       task_field<[] { return "target"; }>},
      {"cross_entropy", "-ln softmax(logits)[target], mean over real positions", of_loss, false,
       loss<cross_entropy>},
      {"binary_cross_entropy", "cross-entropy of one logit against 0 or 1, mean over real positions",
       of_loss, false, loss<binary_cross_entropy>},
      {"mean_squared_error", "(prediction - target)^2, mean over real positions", of_loss, false,
       loss<mean_squared_error>},
      {"mean_absolute_error", "|prediction - target|, mean over real positions", of_loss, false,
       loss<mean_absolute_error>},
      {"accuracy", "share of right answers: the largest logit, or above 0 where there is one", of_loss,
       false, loss<accuracy>},
  };
}

}  // namespace

const std::vector<Function>& functions() {
  static const std::vector<Function> list = make_functions();
  return list;
}

const Function* find_function(const std::string& name) {
  for (const Function& f : functions())
    if (f.name == name) return &f;
  return nullptr;
}

}  // namespace unfold
