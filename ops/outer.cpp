// The sum of outer products that is the adjoint of a matrix product.

#include <fmt/format.h>

#include <utility>

#include "ops/build.h"
#include "ops/gemm.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/readable.h"
#include "ops/shape_rules.h"

namespace unfold {

namespace {

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

// The same for any number of rows: shards of several sizes may add to one sum, block by block. Wide
// ones where each block rounds the left operand anew.
ColumnBlocks blocks_of_sum(std::int64_t columns, Products products) {
  return {products == Products::full ? 256 : 1024, columns};
}

// Adds the products of all rows to `out` [n, m], or sets it when it is fresh; rows that are equal
// for all examples count for each.
template <class T>
void add_outer(const View& left, const View& right, const View& out, Products products, bool fresh,
               Share share) {
  const std::int64_t n = left.sizes.back(), m = right.sizes.back();
  const Matrix<T> to{out.as<T>(), out.strides[out.strides.size() - 2]};
  loops::for_each_rows<2>(
      {&left, &right}, 2, [&](const auto& at, const auto& stride, std::int64_t rows) {
        const bool together = rows == 1 || (stride[0] >= n && stride[1] >= m);
        const std::int64_t at_once = together ? rows : 1;
        blocks_of_sum(m, products).each(share, [&](std::int64_t j, std::int64_t columns) {
          bool first = fresh;
          for (std::int64_t i = 0; i < rows; i += at_once)
            gemm<T>(true, false, n, columns, at_once,
                    {left.as<T>() + at[0] + i * stride[0], stride[0]},
                    {right.as<T>() + at[1] + i * stride[1] + j, stride[1]},
                    {to.data + j, to.stride}, !std::exchange(first, false), products);
        });
        fresh = false;
      });
}

void outer_kernel(const KernelArgs& args) {
  const Readable a(args.in[0], lines_fit(args.in[0])), b(args.in[1], lines_fit(args.in[1]));
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    for (std::int64_t e = 0; e < args.out.batch; ++e)
      add_outer<T>(loops::example(a.view(), e), loops::example(b.view(), e),
                   loops::example(args.out, e), args.products, true, args.share);
  });
}

void outer_sum_kernel(const KernelArgs& args) {
  const Readable a(args.in[0], lines_fit(args.in[0])), b(args.in[1], lines_fit(args.in[1]));
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    add_outer<T>(a.view(), b.view(), args.out, args.products, args.fresh, args.share);
  });
}

std::int64_t outer_blocks(const ShapeArgs&, const Type& result, bool, Products products) {
  return blocks_of_sum(result.dims.back().size, products).count();
}

double outer_cost(const ShapeArgs& args, const Type&) {
  return 2.0 * static_cast<double>(args.in[0]->size() * args.in[1]->dims.back().size);
}

}  // namespace

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
    .column_blocks = outer_blocks,
    .cost = outer_cost,
    .strided = true};

Value outer(Value a, Value b) { return build(outer_op, {a, b}); }

}  // namespace unfold
