// Elementwise functions of one operand: a row each.

#include <cmath>

#include "ops/family.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/tile.h"
#include "ops/views.h"

namespace unfold {

namespace {

using Args = const GradientArgs&;
using Adjoints = std::vector<Value>;
using Formula = void (*)(const TileArgs&);

// A formula that the compiler vectorises by itself.
template <class F>
void map(const TileArgs& t, F f) {
  loops::with_real(t.out.dtype, [&]<class T>(T) { tiles::unary<T, T>(t, f); });
}

// One that is written for batches of numbers.
template <class F>
void map_batches(const TileArgs& t, F f) {
  loops::with_real(t.out.dtype, [&]<class T>(T) { tiles::unary_batches<T>(t, f); });
}

template <auto name>
Type real_shape(const ShapeArgs& args) {
  shapes::require_real(name(), *args.in[0]);
  return *args.in[0];
}

// A record of the family, whose members differ by formula, rule and kernel.
template <auto name>
OpDef unary(std::string_view doc, Adjoints (*gradient)(Args), Formula formula) {
  return {.name = name(),
          .doc = doc,
          .shape = real_shape<name>,
          .axis = shapes::pointwise,
          .gradient = gradient,
          .tile = formula,
          .elementwise = true};
}

const std::vector<OpDef>& table() {
  static const std::vector<OpDef> ops{
      unary<[] { return "neg"; }>(
          "y = -x", [](Args a) { return Adjoints{-a.adjoint}; },
          [](const TileArgs& t) { map(t, [](auto x) { return -x; }); }),
      unary<[] { return "exp"; }>(
          "y = e^x", [](Args a) { return Adjoints{a.adjoint * a.self}; },
          [](const TileArgs& t) { map_batches(t, [](auto x) { return xsimd::exp(x); }); }),
      unary<[] { return "log"; }>(
          "y = ln x", [](Args a) { return Adjoints{a.adjoint / a.in[0]}; },
          [](const TileArgs& t) { map_batches(t, [](auto x) { return xsimd::log(x); }); }),
      unary<[] { return "sqrt"; }>(
          "y = x^(1/2)", [](Args a) { return Adjoints{a.adjoint * 0.5 / a.self}; },
          [](const TileArgs& t) { map(t, [](auto x) { return std::sqrt(x); }); }),
      unary<[] { return "abs"; }>(
          "y = |x|; its slope at 0 is 0",
          [](Args a) { return Adjoints{a.adjoint * sign(a.in[0])}; },
          [](const TileArgs& t) { map(t, [](auto x) { return std::abs(x); }); }),
      unary<[] { return "sign"; }>("y = -1, 0 or 1; no gradient", nullptr,
                                   [](const TileArgs& t) {
                                     map(t, [](auto x) {
                                       return static_cast<decltype(x)>((x > 0) - (x < 0));
                                     });
                                   }),
      unary<[] { return "tanh"; }>(
          "y = (e^x - e^-x) / (e^x + e^-x)",
          [](Args a) { return Adjoints{a.adjoint * (1.0 - a.self * a.self)}; },
          [](const TileArgs& t) { map_batches(t, [](auto x) { return xsimd::tanh(x); }); }),
      unary<[] { return "sigmoid"; }>(
          "y = 1 / (1 + e^-x)",
          [](Args a) { return Adjoints{a.adjoint * (a.self * (1.0 - a.self))}; },
          [](const TileArgs& t) {
            map_batches(t, [](auto x) {
              using Batch = decltype(x);
              return Batch(1) / (Batch(1) + xsimd::exp(-x));
            });
          }),
      unary<[] { return "relu"; }>(
          "y = max(x, 0); its slope at 0 is 0",
          [](Args a) {
            const Value zero = fill(*a.self.graph, 0.0, real_type({}));
            return Adjoints{select(greater(a.in[0], zero), a.adjoint, zero)};
          },
          // Written so that a NaN comes through, which the processor's own maximum would lose.
          [](const TileArgs& t) { map(t, [](auto x) { return x < 0 ? decltype(x)(0) : x; }); }),
      unary<[] { return "softplus"; }>(
          "y = ln(1 + e^x), computed as max(x, 0) + ln(1 + e^-|x|)",
          [](Args a) { return Adjoints{a.adjoint * sigmoid(a.in[0])}; },
          [](const TileArgs& t) {
            map_batches(t, [](auto x) {
              using Batch = decltype(x);
              const Batch positive = xsimd::select(x < Batch(0), Batch(0), x);
              return positive + xsimd::log1p(xsimd::exp(-xsimd::abs(x)));
            });
          }),
      unary<[] { return "erf"; }>(
          "y = 2 / sqrt(pi) * the integral of e^(-t^2) from 0 to x",
          [](Args a) {
            return Adjoints{a.adjoint * exp(-(a.in[0] * a.in[0])) * 1.1283791670955126};
          },
          [](const TileArgs& t) { map_batches(t, [](auto x) { return xsimd::erf(x); }); }),
      unary<[] { return "reciprocal"; }>(
          "y = 1 / x", [](Args a) { return Adjoints{-(a.adjoint * a.self * a.self)}; },
          [](const TileArgs& t) { map(t, [](auto x) { return 1 / x; }); }),
  };
  return ops;
}

Type to_real_shape(const ShapeArgs& args) {
  shapes::require_index("to_real", *args.in[0]);
  Type out = *args.in[0];
  out.kind = Kind::real;
  return out;
}

}  // namespace

const OpDef to_real_op{.name = "to_real",
                       .doc = "Ids as real numbers.",
                       .shape = to_real_shape,
                       .axis = shapes::pointwise,
                       .tile =
                           [](const TileArgs& t) {
                             loops::with_real(t.out.dtype, [&]<class T>(T) {
                               tiles::unary<T, std::int32_t>(
                                   t, [](std::int32_t id) { return static_cast<T>(id); });
                             });
                           },
                       .elementwise = true};

const OpDef stop_gradient_op{.name = "stop_gradient",
                             .doc = "y = x, without a gradient.",
                             .shape = shapes::same,
                             .axis = shapes::pointwise,
                             .kernel = views::copy_kernel,
                             .view = views::same,
                             .elementwise = true,
                             .strided = true};

std::span<const OpDef> unary_ops() { return table(); }

Value operator-(Value x) {
  return apply<table, [] { return "neg"; }>(x);
}
Value exp(Value x) {
  return apply<table, [] { return "exp"; }>(x);
}
Value log(Value x) {
  return apply<table, [] { return "log"; }>(x);
}
Value sqrt(Value x) {
  return apply<table, [] { return "sqrt"; }>(x);
}
Value abs(Value x) {
  return apply<table, [] { return "abs"; }>(x);
}
Value sign(Value x) {
  return apply<table, [] { return "sign"; }>(x);
}
Value tanh(Value x) {
  return apply<table, [] { return "tanh"; }>(x);
}
Value sigmoid(Value x) {
  return apply<table, [] { return "sigmoid"; }>(x);
}
Value relu(Value x) {
  return apply<table, [] { return "relu"; }>(x);
}
Value softplus(Value x) {
  return apply<table, [] { return "softplus"; }>(x);
}
Value erf(Value x) {
  return apply<table, [] { return "erf"; }>(x);
}
Value reciprocal(Value x) {
  return apply<table, [] { return "reciprocal"; }>(x);
}
Value to_real(Value ids) { return build(to_real_op, {ids}); }
Value stop_gradient(Value x) { return build(stop_gradient_op, {x}); }

}  // namespace unfold
