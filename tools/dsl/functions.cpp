// The functions of the language: a row each; here those of numbers and shapes.

#include "tools/dsl/functions.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "tools/dsl/function_rows.h"

namespace unfold {

namespace {

using rows::value;

template <auto f>
Thing unary(Evaluator& e, const Arguments& a) {
  return {f(value(e, a, "x")), {}};
}

template <Value (*f)(Value, Value)>
Thing binary(Evaluator& e, const Arguments& a) {
  return {f(value(e, a, "a"), value(e, a, "b")), {}};
}

// What moves steps along a whole axis.
template <auto f>
Thing of_steps(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  if (x.type().known && !x.type().dims.empty()) e.require_whole(x.type().dims[0], a.callee());
  return {f(x), {}};
}

Things all_positional(const Arguments& a, const char* allowed) {
  Things out;
  for (const GivenArgument& g : a.given()) {
    if (!g.name.empty() && g.name != allowed)
      throw ArgumentError(fmt::format("{}: has no argument '{}'", a.callee(), g.name), g.span);
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
      if (n == nullptr || !(std::abs(n->value) < 1e6))
        throw ArgumentError("concat: `dim` must be a plain number", g.span);
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
  if (!order || order->rank() != 1) a.fail("order", "`order` is a list of dimensions: [1, 0]");
  std::vector<std::int64_t> dims;
  for (std::int64_t i = 0; i < order->size(); ++i)
    dims.push_back(static_cast<std::int64_t>(order->at(i)));
  return {transpose(x, dims), {}};
}

Thing reshaped(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  const auto* sizes = a.get("shape").thing.as<Things>();
  if (sizes == nullptr) a.fail("shape", "the shape is a list of sizes: [2, 3]");
  std::vector<Dim> dims;
  for (const Thing& t : *sizes) {
    const auto* n = t.as<Number>();
    if (n == nullptr) a.fail("shape", "a size must be a plain number");
    dims.push_back(to_dim(*n, "reshape: a size"));
  }
  return {reshape(x, dims), {}};
}

Thing clipped(Evaluator& e, const Arguments& a) {
  return {clip(value(e, a, "x"), a.number("low"), a.number("high")), {}};
}

Thing chosen(Evaluator& e, const Arguments& a) {
  return {select(value(e, a, "condition"), value(e, a, "a"), value(e, a, "b")), {}};
}

std::vector<Function> make_functions() {
  using rows::may, rows::need;
  const std::vector<FormalArgument> x{need("x")}, two{need("a"), need("b")};
  std::vector<Function> all{
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
      {"clip",
       "x held between low and high",
       {need("x"), need("low"), need("high")},
       false,
       clipped},
      {"where",
       "a where the condition is not 0, else b",
       {need("condition"), need("a"), need("b")},
       false,
       chosen},
      {"concat",
       "values one after another along the last dimension, or `dim = …`",
       {},
       true,
       concat_all},
      {"stack",
       "values of equal shape side by side along a new first dimension",
       {},
       true,
       stack_all},
      {"transpose",
       "the last two dimensions swapped, or all in an order",
       {need("x"), may("order")},
       false,
       transposed},
      {"reshape", "the same numbers in another shape", {need("x"), need("shape")}, false, reshaped},
      {"reverse", "the steps in reverse order, each example within its own length", x, false,
       of_steps<reverse>},
      {"first", "the first step", x, false, of_steps<first>},
      {"last", "the last real step", x, false, of_steps<last>},
  };
  for (const auto& more : {rows::reductions_and_losses(), rows::sizes_and_fields()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

const std::vector<Function>& functions() {
  static const std::vector<Function> list = make_functions();
  return list;
}

const Function* find_function(const std::string& name) {
  static const std::map<std::string, const Function*> by_name = [] {
    std::map<std::string, const Function*> index;
    for (const Function& f : functions()) index[f.name] = &f;
    return index;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace unfold
