// Matrix products, and the sum of outer products that is their adjoint.

#include <fmt/format.h>

#include "ops/build.h"
#include "ops/gemm.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"

namespace unfold {

namespace {

bool transposed(const Attributes& a) { return a.find("transpose_b") != nullptr; }

// Dimensions of the right operand as the product sees them: rows to be matched, and columns.
std::pair<std::size_t, std::size_t> inner_and_columns(const Type& right, bool transpose_b) {
  const std::size_t rank = right.dims.size();
  return transpose_b ? std::pair{rank - 1, rank - 2} : std::pair{rank - 2, rank - 1};
}

Type unknown_left_shape(const Type& right, bool transpose_b) {
  if (!right.known || right.rank() != 2) return unknown_type();
  return real_type({right.dims[inner_and_columns(right, transpose_b).second]});
}

Type matmul_shape(const ShapeArgs& args) {
  const Type &a = *args.in[0], &b = *args.in[1];
  const bool tb = transposed(args.attributes);
  // A state of unknown shape times [n, m] has at least the columns m: what a recurrence starts
  // from.
  if (!a.known || !b.known) return unknown_left_shape(b, tb);
  shapes::require_real("matmul", a);
  shapes::require_real("matmul", b);
  if (a.dims.empty() || b.dims.empty())
    throw Error(
        fmt::format("matmul: a single number has no inner size: left is {}, right is {}; use *",
                    describe(a), describe(b)));
  Type out = a;
  if (b.rank() == 1) {
    shapes::matched("matmul", "inner sizes differ", a.dims.back(), b.dims[0], a, b);
    out.dims.pop_back();
    return out;
  }
  const auto [inner, columns] = inner_and_columns(b, tb);
  shapes::matched("matmul", "inner sizes differ", a.dims.back(), b.dims[inner], a, b);
  out.dims.back() = b.dims[columns];
  if (b.rank() == 2) return out;
  if (a.rank() != b.rank())
    throw Error(
        fmt::format("matmul: left is {}, right is {}: with more than two dimensions on the "
                    "right, both need equally many",
                    describe(a), describe(b)));
  for (std::size_t d = 0; d + 2 < b.dims.size(); ++d)
    out.dims[d] = shapes::matched("matmul", "leading sizes differ", a.dims[d], b.dims[d], a, b);
  return out;
}

AxisFact matmul_axis(const ShapeArgs& args, int input, int dim) {
  const Type& t = *args.in[static_cast<std::size_t>(input)];
  const std::size_t inner = input == 0 || t.rank() == 1
                                ? t.dims.size() - 1
                                : inner_and_columns(t, transposed(args.attributes)).first;
  return {static_cast<std::size_t>(dim) == inner ? AxisUse::contracts : AxisUse::pointwise, 0};
}

std::vector<Value> matmul_gradient(const GradientArgs& args) {
  const Value a = args.in[0], b = args.in[1], g = args.adjoint;
  const bool tb = transposed(args.attributes);
  const Type right = b.type();
  if (right.rank() == 1) {
    const Value column = expand_trailing(g, 1);
    return {column * b, sum_to(a * column, right)};
  }
  const Value to_left = tb ? matmul(g, b) : matmul_transposed(g, b);
  if (right.rank() == 2) return {to_left, tb ? outer(g, a) : outer(a, g)};
  const Value to_right = tb ? matmul(transpose(g), a) : matmul(transpose(a), g);
  return {to_left, to_right};
}

// A product is cut into `count` equal ones (examples, leading dimensions) unless the right side is
// the same for all, when all rows of the left go through it at once.
void matmul_kernel(const KernelArgs& args) {
  const View &a = args.in[0], &b = args.in[1], &out = args.out;
  const bool tb = transposed(args.attributes);
  const std::size_t rank = b.sizes.size();
  const std::int64_t k = a.sizes.back();
  const std::int64_t n = rank == 1 ? 1 : b.sizes[tb ? rank - 2 : rank - 1];
  const std::int64_t leading = rank > 2 ? element_count(b.sizes.first(rank - 2)) : 1;
  const std::int64_t m = a.example_size() / k / leading;
  loops::with_real(out.dtype, [&]<class T>(T) {
    if (!b.batched && leading == 1) {
      gemm<T>(false, tb, a.batch * m, n, k, a.as<T>(), b.as<T>(), out.as<T>(), false);
      return;
    }
    for (std::int64_t i = 0; i < out.batch * leading; ++i) {
      const std::int64_t lead = i % leading;
      const T* left = a.as<T>() + (a.batched ? i : lead) * m * k;
      const T* right = b.as<T>() + (b.batched ? i : lead) * n * k;
      gemm<T>(false, tb, m, n, k, left, right, out.as<T>() + i * m * n, false);
    }
  });
}

double matmul_cost(const ShapeArgs& args, const Type& result) {
  return 2.0 * static_cast<double>(result.size() * args.in[0]->dims.back().size);
}

Type outer_shape(const ShapeArgs& args) {
  const Type &a = *args.in[0], &b = *args.in[1];
  if (a.rank() != b.rank() || a.dims.empty())
    throw Error(fmt::format("outer: left is {}, right is {}: both need the same leading dimensions",
                            describe(a), describe(b)));
  for (std::size_t d = 0; d + 1 < a.dims.size(); ++d)
    shapes::matched("outer", "leading sizes differ", a.dims[d], b.dims[d], a, b);
  return real_type({a.dims.back(), b.dims.back()});
}

AxisFact outer_axis(const ShapeArgs& args, int input, int dim) {
  const Type& t = *args.in[static_cast<std::size_t>(input)];
  return {dim + 1 < t.rank() ? AxisUse::contracts : AxisUse::pointwise, 0};
}

std::vector<Value> outer_gradient(const GradientArgs& args) {
  return {matmul_transposed(args.in[1], args.adjoint), matmul(args.in[0], args.adjoint)};
}

// The products of examples first … first + count - 1 into `out`.
template <class T>
void outer_product(const View& a, const View& b, std::int64_t example, std::int64_t count, T* out,
                   bool accumulate) {
  const std::int64_t n = a.sizes.back(), m = b.sizes.back();
  const std::int64_t rows = count * (a.example_size() / n);
  gemm<T>(true, false, n, m, rows, a.as<T>() + (a.batched ? example * a.example_size() : 0),
          b.as<T>() + (b.batched ? example * b.example_size() : 0), out, accumulate);
}

void outer_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    for (std::int64_t e = 0; e < args.out.batch; ++e)
      outer_product<T>(args.in[0], args.in[1], e, 1, args.out.as<T>() + e * args.out.example_size(),
                       false);
  });
}

void outer_sum_kernel(const KernelArgs& args) {
  const View &a = args.in[0], &b = args.in[1];
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    if (a.batched && b.batched) {
      outer_product<T>(a, b, 0, a.batch, args.out.as<T>(), true);
      return;
    }
    for (std::int64_t e = 0; e < std::max(a.batch, b.batch); ++e)
      outer_product<T>(a, b, e, 1, args.out.as<T>(), true);
  });
}

double outer_cost(const ShapeArgs& args, const Type&) {
  return 2.0 * static_cast<double>(args.in[0]->size() * args.in[1]->dims.back().size);
}

}  // namespace

const OpDef matmul_op{
    .name = "matmul",
    .doc =
        "Matrix product, written `@`: [.., n] @ [n, m] -> [.., m], y_j = sum over i of a_i b_ij. "
        "[.., n] @ [n] -> [..]. With more than two dimensions on the right, one product for each "
        "of the leading ones.",
    .min_inputs = 2,
    .max_inputs = 2,
    .attributes = {{"transpose_b", "multiply by the transpose of the right operand"}},
    .shape = matmul_shape,
    .axis = matmul_axis,
    .gradient = matmul_gradient,
    .kernel = matmul_kernel,
    .cost = matmul_cost,
    .infers_unknown = true};

const OpDef outer_op{
    .name = "outer",
    .doc =
        "Sum of outer products over the leading dimensions: [.., n], [.., m] -> [n, m], "
        "y_ij = sum of a_i b_j; the adjoint of a product's weights.",
    .min_inputs = 2,
    .max_inputs = 2,
    .shape = outer_shape,
    .axis = outer_axis,
    .gradient = outer_gradient,
    .kernel = outer_kernel,
    .sum_kernel = outer_sum_kernel,
    .cost = outer_cost};

Value matmul(Value a, Value b) { return build(matmul_op, {a, b}); }
Value matmul_transposed(Value a, Value b) {
  return build(matmul_op, {a, b}, {{"transpose_b", true}});
}
Value outer(Value a, Value b) { return build(outer_op, {a, b}); }

}  // namespace unfold
