// Elementwise functions of two operands, with broadcasting: a row each.

#include <cmath>

#include "ops/family.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/tile.h"

namespace unfold {

namespace {

using Args = const GradientArgs&;
using Adjoints = std::vector<Value>;

template <auto name>
Type shape(const ShapeArgs& args) {
  return shapes::broadcast(name(), args);
}

template <auto name>
OpDef row(std::string_view doc, bool commutative, Adjoints (*gradient)(Args),
          void (*formula)(const TileArgs&)) {
  return {.name = name(),
          .doc = doc,
          .min_inputs = 2,
          .max_inputs = 2,
          .shape = shape<name>,
          .axis = shapes::pointwise,
          .gradient = gradient,
          .tile = formula,
          .elementwise = true,
          .commutative = commutative,
          .infers_unknown = true};
}

template <class F>
void map(const TileArgs& t, F f) {
  loops::with_real(t.out.dtype, [&]<class T>(T) { tiles::binary<T, T>(t, f); });
}

// The adjoint goes to the operand that was chosen; to the first where both are equal.
Adjoints chosen(Args a, Value first_is_chosen) {
  const Value zero = fill(*a.self.graph, 0.0, real_type({}));
  return {select(first_is_chosen, a.adjoint, zero), select(first_is_chosen, zero, a.adjoint)};
}

Adjoints pow_gradient(Args a) {
  const Value x = a.in[0], y = a.in[1];
  const Value one = fill(*x.graph, 1.0, real_type({})), zero = fill(*x.graph, 0.0, real_type({}));
  // x^0 is 1 everywhere: where y is 0, no 0 * x^-1 may make a NaN at x = 0.
  const Value base = select(equal(y, zero), one, x);
  // ln x only where it counts: x^y does not depend on y in a usable way for x <= 0.
  const Value safe = select(greater(x, zero), x, one);
  return {a.adjoint * y * pow(base, y - 1.0), a.adjoint * a.self * log(safe)};
}

const std::vector<OpDef>& table() {
  static const std::vector<OpDef> ops{
      row<[] { return "add"; }>(
          "y = a + b", true,
          [](Args a) {
            return Adjoints{a.adjoint, a.adjoint};
          },
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a + b; }); }),
      row<[] { return "sub"; }>(
          "y = a - b", false,
          [](Args a) {
            return Adjoints{a.adjoint, -a.adjoint};
          },
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a - b; }); }),
      row<[] { return "mul"; }>(
          "y = a * b, element by element", true,
          [](Args a) {
            return Adjoints{a.adjoint * a.in[1], a.adjoint * a.in[0]};
          },
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a * b; }); }),
      row<[] { return "div"; }>(
          "y = a / b", false,
          [](Args a) {
            return Adjoints{a.adjoint / a.in[1], -(a.adjoint * a.self / a.in[1])};
          },
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a / b; }); }),
      row<[] { return "pow"; }>(
          "y = a^b; the gradient for b is 0 where a <= 0", false, pow_gradient,
          [](const TileArgs& t) {
            map(t, [](auto a, auto b) { return b == 2 ? a * a : b == 1 ? a : std::pow(a, b); });
          }),
      row<[] { return "maximum"; }>(
          "y = the larger of a and b; where they are equal the gradient goes to a", false,
          [](Args a) { return chosen(a, greater_equal(a.in[0], a.in[1])); },
          [](const TileArgs& t) {
            map(t, [](auto a, auto b) { return a >= b || a != a ? a : b; });
          }),
      row<[] { return "minimum"; }>(
          "y = the smaller of a and b; where they are equal the gradient goes to a", false,
          [](Args a) { return chosen(a, less_equal(a.in[0], a.in[1])); },
          [](const TileArgs& t) {
            map(t, [](auto a, auto b) { return a <= b || a != a ? a : b; });
          }),
  };
  return ops;
}

Value number(Value like, double value) { return fill(*like.graph, value, real_type({})); }

}  // namespace

std::span<const OpDef> binary_ops() { return table(); }

Value operator+(Value a, Value b) {
  return apply<table, [] { return "add"; }>(a, b);
}
Value operator-(Value a, Value b) {
  return apply<table, [] { return "sub"; }>(a, b);
}
Value operator*(Value a, Value b) {
  return apply<table, [] { return "mul"; }>(a, b);
}
Value operator/(Value a, Value b) {
  return apply<table, [] { return "div"; }>(a, b);
}
Value pow(Value a, Value b) {
  return apply<table, [] { return "pow"; }>(a, b);
}
Value maximum(Value a, Value b) {
  return apply<table, [] { return "maximum"; }>(a, b);
}
Value minimum(Value a, Value b) {
  return apply<table, [] { return "minimum"; }>(a, b);
}
Value operator+(Value a, double b) { return a + number(a, b); }
Value operator+(double a, Value b) { return number(b, a) + b; }
Value operator-(Value a, double b) { return a - number(a, b); }
Value operator-(double a, Value b) { return number(b, a) - b; }
Value operator*(Value a, double b) { return a * number(a, b); }
Value operator*(double a, Value b) { return number(b, a) * b; }
Value operator/(Value a, double b) { return a / number(a, b); }
Value operator/(double a, Value b) { return number(b, a) / b; }
Value pow(Value a, double b) { return pow(a, number(a, b)); }
Value maximum(Value a, double b) { return maximum(a, number(a, b)); }
Value minimum(Value a, double b) { return minimum(a, number(a, b)); }
Value clip(Value x, double low, double high) { return minimum(maximum(x, low), high); }

}  // namespace unfold
