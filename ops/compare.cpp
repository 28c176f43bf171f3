// Comparisons, which give 1 or 0 and have no gradient, and the choice by a condition.

#include "ops/family.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include "ops/tile.h"

namespace unfold {

namespace {

template <auto name>
Type shape(const ShapeArgs& args) {
  return shapes::compared(name(), args);
}

template <auto name>
OpDef row(std::string_view doc, bool commutative, void (*formula)(const TileArgs&)) {
  return {.name = name(),
          .doc = doc,
          .min_inputs = 2,
          .max_inputs = 2,
          .shape = shape<name>,
          .axis = shapes::pointwise,
          .tile = formula,
          .elementwise = true,
          .commutative = commutative};
}

template <class F>
void map(const TileArgs& t, F f) {
  loops::with_real(t.out.dtype, [&]<class Out>(Out) {
    const auto truth = [f](auto a, auto b) { return f(a, b) ? Out(1) : Out(0); };
    loops::with_type(t.in[0].dtype, [&]<class In>(In) { tiles::binary<Out, In>(t, truth); });
  });
}

const std::vector<OpDef>& table() {
  static const std::vector<OpDef> ops{
      row<[] { return "equal"; }>(
          "1 where a = b, else 0", true,
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a == b; }); }),
      row<[] { return "not_equal"; }>(
          "1 where a and b differ, else 0", true,
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a != b; }); }),
      row<[] { return "less"; }>(
          "1 where a < b, else 0", false,
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a < b; }); }),
      row<[] { return "less_equal"; }>(
          "1 where a <= b, else 0", false,
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a <= b; }); }),
      row<[] { return "greater"; }>(
          "1 where a > b, else 0", false,
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a > b; }); }),
      row<[] { return "greater_equal"; }>(
          "1 where a >= b, else 0", false,
          [](const TileArgs& t) { map(t, [](auto a, auto b) { return a >= b; }); }),
  };
  return ops;
}

Type select_shape(const ShapeArgs& args) { return shapes::broadcast("where", args); }

std::vector<Value> select_gradient(const GradientArgs& args) {
  const Value zero = fill(*args.self.graph, 0.0, real_type({}));
  return {Value(), select(args.in[0], args.adjoint, zero), select(args.in[0], zero, args.adjoint)};
}

void select_tile(const TileArgs& t) {
  loops::with_real(t.out.dtype, [&]<class T>(T) {
    tiles::ternary<T>(t, [](T c, T a, T b) { return c != T(0) ? a : b; });
  });
}

}  // namespace

const OpDef select_op{.name = "where",
                      .doc = "y = a where the condition is not 0, else b",
                      .min_inputs = 3,
                      .max_inputs = 3,
                      .shape = select_shape,
                      .axis = shapes::pointwise,
                      .gradient = select_gradient,
                      .tile = select_tile,
                      .elementwise = true,
                      .infers_unknown = true};

std::span<const OpDef> compare_ops() { return table(); }

Value equal(Value a, Value b) {
  return apply<table, [] { return "equal"; }>(a, b);
}
Value not_equal(Value a, Value b) {
  return apply<table, [] { return "not_equal"; }>(a, b);
}
Value less(Value a, Value b) {
  return apply<table, [] { return "less"; }>(a, b);
}
Value less_equal(Value a, Value b) {
  return apply<table, [] { return "less_equal"; }>(a, b);
}
Value greater(Value a, Value b) {
  return apply<table, [] { return "greater"; }>(a, b);
}
Value greater_equal(Value a, Value b) {
  return apply<table, [] { return "greater_equal"; }>(a, b);
}
Value select(Value condition, Value a, Value b) { return build(select_op, {condition, a, b}); }

}  // namespace unfold
