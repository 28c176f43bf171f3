// Matrix products.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ops/build.h"
#include "ops/gemm.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/packed.h"
#include "ops/readable.h"
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

// Weights that many steps share, laid out once.
std::int64_t packed_weights(const Type& right, const Attributes& a, DType precision,
                            Products products) {
  if (precision != DType::f32 || right.rank() != 2) return 0;
  const auto [inner, columns] = inner_and_columns(right, transposed(a));
  return packed_size(products, right.dims[inner].size, right.dims[columns].size);
}

void pack_weights(const View& right, const Attributes& a, Products products, void* packed) {
  const Readable readable(right, rows_fit(right));
  const View& b = readable.view();
  const bool tb = transposed(a);
  pack(products, tb, b.sizes[tb ? 1 : 0], b.sizes[tb ? 0 : 1], {b.as<float>(), b.strides[1]},
       static_cast<float*>(packed));
}

const Preparation packing{.operand = 1, .size = packed_weights, .make = pack_weights};

// All rows of the left operand, in examples and leading dimensions, through one matrix or vector.
template <class T>
void rows_product(const View& a, const View& b, const View& out, bool transpose_b,
                  Products products, const void* packed, Share share) {
  const bool vector = b.sizes.size() == 1, by_columns = !lines_fit(b);
  const std::int64_t k = a.sizes.back(), n = vector ? 1 : b.sizes[transpose_b ? 0 : 1];
  const Matrix<const T> right{b.as<T>(), vector ? 1 : b.strides[by_columns ? 2 : 1]};
  View rows = out;  // a result of single numbers is a matrix of one column
  std::array<std::int64_t, max_rank + 2> strides{};
  std::array<std::int64_t, max_rank + 1> sizes{};
  if (vector) {
    std::copy(out.sizes.begin(), out.sizes.end(), sizes.begin());
    std::copy(out.strides.begin(), out.strides.end(), strides.begin());
    sizes[out.sizes.size()] = strides[out.strides.size()] = 1;
    rows.sizes = std::span(sizes).first(out.sizes.size() + 1);
    rows.strides = std::span(strides).first(out.strides.size() + 1);
  }
  loops::for_each_rows<2>({&rows, &a}, 2, [&](const auto& at, const auto& stride, std::int64_t m) {
    T* to = out.as<T>() + at[0];
    const T* left = a.as<T>() + at[1];
    const std::int64_t column = rows.strides.back();
    if (n > 1 && column != 1) {  // a row of the result lies apart: made as a column
      for (std::int64_t i = 0; i < m && share.index == 0; ++i)
        gemm<T>(transpose_b == by_columns, false, n, 1, k, right, {left + i * stride[1], 1},
                {to + i * stride[0], column}, false, products);
      return;
    }
    const bool together = m == 1 || stride[1] >= k;
    if constexpr (std::is_same_v<T, float>) {
      if (packed != nullptr && together) {
        packed_gemm(products, m, n, k, {left, stride[1]}, static_cast<const float*>(packed),
                    {to, stride[0]}, share);
        return;
      }
    }
    const std::int64_t at_once = together ? m : 1;
    const bool transposed = transpose_b != by_columns;
    ColumnBlocks(at_once, n).each(share, [&](std::int64_t j, std::int64_t columns) {
      const Matrix<const T> block{right.data + (transposed ? j * right.stride : j), right.stride};
      for (std::int64_t i = 0; i < m; i += at_once)
        gemm<T>(false, transposed, at_once, columns, k, {left + i * stride[1], stride[1]}, block,
                {to + i * stride[0] + j, stride[0]}, false, products);
    });
  });
}

// The matrices of one example, at one place of the leading dimensions.
View matrix_of(const View& v, std::int64_t e, std::int64_t lead, std::size_t leading,
               std::array<std::int64_t, max_rank + 1>& strides) {
  View one = loops::example(v, e);
  for (std::size_t d = 0; d < leading; ++d) {
    const std::int64_t inside = element_count(one.sizes.first(leading - d).subspan(1));
    one = loops::element(one, lead / inside, strides);
    lead %= inside;
  }
  return one;
}

// A product is cut into equal ones (examples, leading dimensions) unless the right side is the same
// for all, when all rows of the left go through it at once.
void matmul_kernel(const KernelArgs& args) {
  const bool tb = transposed(args.attributes);
  const View& out = args.out;
  loops::with_real(out.dtype, [&]<class T>(T) {
    const Readable left(args.in[0], lines_fit(args.in[0]));
    const Readable right(args.in[1], rows_fit(args.in[1]) || columns_fit(args.in[1]));
    const View &a = left.view(), &b = right.view();
    const std::size_t leading = b.sizes.size() > 2 ? b.sizes.size() - 2 : 0;
    if (!b.batched && leading == 0) {
      rows_product<T>(a, b, out, tb, args.products, args.prepared, args.share);
      return;
    }
    const std::int64_t leads = element_count(b.sizes.first(leading));
    std::array<std::int64_t, max_rank + 1> sa, sb, so;
    for (std::int64_t e = 0; e < out.batch; ++e)
      for (std::int64_t l = 0; l < leads; ++l)
        rows_product<T>(matrix_of(a, e, l, leading, sa), matrix_of(b, e, l, leading, sb),
                        matrix_of(out, e, l, leading, so), tb, args.products, nullptr, args.share);
  });
}

// Panels and blocks of columns are the same whoever makes them.
std::int64_t matmul_blocks(const ShapeArgs& args, const Type& result, bool prepared,
                           Products products) {
  const Type& b = *args.in[1];
  if (b.batched || b.rank() != 2) return 1;
  const std::int64_t n = result.dims.back().size;
  return prepared ? packed_blocks(products, n)
                  : ColumnBlocks(result.size() / std::max<std::int64_t>(n, 1), n).count();
}

double matmul_cost(const ShapeArgs& args, const Type& result) {
  return 2.0 * static_cast<double>(result.size() * args.in[0]->dims.back().size);
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
    .preparation = &packing,
    .column_blocks = matmul_blocks,
    .cost = matmul_cost,
    .infers_unknown = true,
    .strided = true};

Value matmul(Value a, Value b) { return build(matmul_op, {a, b}); }
Value matmul_transposed(Value a, Value b) {
  return build(matmul_op, {a, b}, {{"transpose_b", true}});
}

}  // namespace unfold
