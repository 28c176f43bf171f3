// Elementwise functions of one operand: a row each.

#include <xtensor/xmath.hpp>

#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/xt.h"

namespace unfold {

namespace {

using Args = const GradientArgs&;
using Adjoints = std::vector<Value>;

// Applies an xtensor expression to the whole operand.
template <class F>
void map(const KernelArgs& args, F f) {
  if (args.out.size() == 0) return;
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    auto out = xt1::flat<T>(args.out);
    xt::noalias(out) = f(xt1::flat<T>(args.in[0]));
  });
}

// Written so that a NaN comes through, which the processor's own maximum would lose.
void relu_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    const T* in = args.in[0].as<T>();
    T* __restrict out = args.out.as<T>();
    for (std::int64_t i = 0; i < args.out.size(); ++i) out[i] = in[i] < T(0) ? T(0) : in[i];
  });
}

template <auto name>
Type real_shape(const ShapeArgs& args) {
  shapes::require_real(name(), *args.in[0]);
  return *args.in[0];
}

// A record of the family, whose members differ by formula, rule and kernel.
template <auto name>
OpDef unary(std::string_view doc, Adjoints (*gradient)(Args), void (*kernel)(const KernelArgs&)) {
  return {.name = name(),
          .doc = doc,
          .shape = real_shape<name>,
          .axis = shapes::pointwise,
          .gradient = gradient,
          .kernel = kernel,
          .elementwise = true};
}

const std::vector<OpDef>& table() {
  static const std::vector<OpDef> ops{
      unary<[] { return "neg"; }>(
          "y = -x", [](Args a) { return Adjoints{-a.adjoint}; },
          [](const KernelArgs& k) { map(k, [](auto x) { return -x; }); }),
      unary<[] { return "exp"; }>(
          "y = e^x", [](Args a) { return Adjoints{a.adjoint * a.self}; },
          [](const KernelArgs& k) { map(k, [](auto x) { return xt::exp(x); }); }),
      unary<[] { return "log"; }>(
          "y = ln x", [](Args a) { return Adjoints{a.adjoint / a.in[0]}; },
          [](const KernelArgs& k) { map(k, [](auto x) { return xt::log(x); }); }),
      unary<[] { return "sqrt"; }>(
          "y = x^(1/2)", [](Args a) { return Adjoints{a.adjoint * 0.5 / a.self}; },
          [](const KernelArgs& k) { map(k, [](auto x) { return xt::sqrt(x); }); }),
      unary<[] { return "abs"; }>(
          "y = |x|; its slope at 0 is 0",
          [](Args a) { return Adjoints{a.adjoint * sign(a.in[0])}; },
          [](const KernelArgs& k) { map(k, [](auto x) { return xt::abs(x); }); }),
      unary<[] { return "sign"; }>(
          "y = -1, 0 or 1; no gradient", nullptr,
          [](const KernelArgs& k) { map(k, [](auto x) { return xt::sign(x); }); }),
      unary<[] { return "tanh"; }>(
          "y = (e^x - e^-x) / (e^x + e^-x)",
          [](Args a) { return Adjoints{a.adjoint * (1.0 - a.self * a.self)}; },
          [](const KernelArgs& k) { map(k, [](auto x) { return xt::tanh(x); }); }),
      unary<[] { return "sigmoid"; }>(
          "y = 1 / (1 + e^-x)",
          [](Args a) { return Adjoints{a.adjoint * (a.self * (1.0 - a.self))}; },
          [](const KernelArgs& k) {
            map(k, [](auto x) {
              using T = typename decltype(x)::value_type;
              return T(1) / (T(1) + xt::exp(-x));
            });
          }),
      unary<[] { return "relu"; }>(
          "y = max(x, 0); its slope at 0 is 0",
          [](Args a) {
            const Value zero = fill(*a.self.graph, 0.0, real_type({}));
            return Adjoints{select(greater(a.in[0], zero), a.adjoint, zero)};
          },
          relu_kernel),
      unary<[] { return "softplus"; }>(
          "y = ln(1 + e^x), computed as max(x, 0) + ln(1 + e^-|x|)",
          [](Args a) { return Adjoints{a.adjoint * sigmoid(a.in[0])}; },
          [](const KernelArgs& k) {
            map(k, [](auto x) {
              using T = typename decltype(x)::value_type;
              return xt::maximum(x, T(0)) + xt::log1p(xt::exp(-xt::abs(x)));
            });
          }),
      unary<[] { return "erf"; }>(
          "y = 2 / sqrt(pi) * the integral of e^(-t^2) from 0 to x",
          [](Args a) {
            return Adjoints{a.adjoint * exp(-(a.in[0] * a.in[0])) * 1.1283791670955126};
          },
          [](const KernelArgs& k) { map(k, [](auto x) { return xt::erf(x); }); }),
      unary<[] { return "reciprocal"; }>(
          "y = 1 / x", [](Args a) { return Adjoints{-(a.adjoint * a.self * a.self)}; },
          [](const KernelArgs& k) {
            map(k, [](auto x) {
              using T = typename decltype(x)::value_type;
              return T(1) / x;
            });
          }),
  };
  return ops;
}

Value apply(std::string_view name, Value x) {
  for (const OpDef& op : table())
    if (op.name == name) return build(op, {x});
  return {};
}

void to_real_kernel(const KernelArgs& args) {
  const auto* in = args.in[0].as<std::int32_t>();
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    for (std::int64_t i = 0; i < args.out.size(); ++i) args.out.as<T>()[i] = static_cast<T>(in[i]);
  });
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
                       .kernel = to_real_kernel,
                       .elementwise = true};

const OpDef stop_gradient_op{.name = "stop_gradient",
                             .doc = "y = x, without a gradient.",
                             .shape = shapes::same,
                             .axis = shapes::pointwise,
                             .kernel =
                                 [](const KernelArgs& args) {
                                   loops::with_type(args.out.dtype,
                                                    [&]<class T>(T) { loops::broadcast<T>(args); });
                                 },
                             .elementwise = true};

std::span<const OpDef> unary_ops() { return table(); }

Value operator-(Value x) { return apply("neg", x); }
Value exp(Value x) { return apply("exp", x); }
Value log(Value x) { return apply("log", x); }
Value sqrt(Value x) { return apply("sqrt", x); }
Value abs(Value x) { return apply("abs", x); }
Value sign(Value x) { return apply("sign", x); }
Value tanh(Value x) { return apply("tanh", x); }
Value sigmoid(Value x) { return apply("sigmoid", x); }
Value relu(Value x) { return apply("relu", x); }
Value softplus(Value x) { return apply("softplus", x); }
Value erf(Value x) { return apply("erf", x); }
Value reciprocal(Value x) { return apply("reciprocal", x); }
Value to_real(Value ids) { return build(to_real_op, {ids}); }
Value stop_gradient(Value x) { return build(stop_gradient_op, {x}); }

}  // namespace unfold
