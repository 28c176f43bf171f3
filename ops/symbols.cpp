// Between ids (of symbols, of classes) and real numbers.

#include <fmt/format.h>

#include <algorithm>

#include "ops/build.h"
#include "ops/loops.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"

namespace unfold {

namespace {

// Every dimension of the ids is by itself; a table's rows are looked up in any order.
AxisFact ids_axis(const ShapeArgs& args, int input, int) {
  return {args.in[static_cast<std::size_t>(input)]->kind == Kind::index ? AxisUse::pointwise
                                                                        : AxisUse::reorders,
          0};
}

// --- gather and scatter

Type gather_shape(const ShapeArgs& args) {
  const Type &table = *args.in[0], &ids = *args.in[1];
  shapes::require_real("embedding", table);
  shapes::require_index("embedding", ids);
  if (table.rank() != 2)
    throw Error(fmt::format("embedding: the table must be [rows, width], got {}", describe(table)));
  Type out = ids;
  out.kind = Kind::real;
  out.dims.push_back(table.dims[1]);
  return out;
}

std::vector<Value> gather_gradient(const GradientArgs& args) {
  return {scatter(args.adjoint, args.in[1], args.in[0].type().dims[0]), Value()};
}

template <class T>
void gather_rows(const View& table, const View& ids, const View& out) {
  const std::int64_t rows = table.sizes[0], width = table.sizes[1];
  const std::int64_t row = table.strides[1], column = table.strides[2];
  const std::int64_t step = out.strides.back();
  loops::for_each_rows<2>({&out, &ids}, 1,
                          [&](const auto& at, const auto& next, std::int64_t count) {
                            for (std::int64_t i = 0; i < count; ++i) {
                              T* to = out.as<T>() + at[0] + i * next[0];
                              const std::int32_t id = ids.as<std::int32_t>()[at[1] + i * next[1]];
                              if (id < 0 || id >= rows) {
                                for (std::int64_t j = 0; j < width; ++j) to[j * step] = T(0);
                                continue;
                              }
                              const T* from = table.as<T>() + id * row;
                              if (step == 1 && column == 1)
                                std::copy_n(from, width, to);
                              else
                                for (std::int64_t j = 0; j < width; ++j)
                                  to[j * step] = from[j * column];
                            }
                          });
}

void gather_kernel(const KernelArgs& args) {
  const View &table = args.in[0], &ids = args.in[1];
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    if (!table.batched) return gather_rows<T>(table, ids, args.out);
    for (std::int64_t e = 0; e < args.out.batch; ++e)
      gather_rows<T>(loops::example(table, e), loops::example(ids, e), loops::example(args.out, e));
  });
}

Type scatter_shape(const ShapeArgs& args) {
  const Type &rows = *args.in[0], &ids = *args.in[1];
  shapes::require_real("scatter", rows);
  shapes::require_index("scatter", ids);
  if (rows.rank() != ids.rank() + 1)
    throw Error(fmt::format("scatter: one id is needed for each row of {}, got {}", describe(rows),
                            describe(ids)));
  for (std::size_t d = 0; d < ids.dims.size(); ++d)
    shapes::matched("scatter", "leading sizes differ", rows.dims[d], ids.dims[d], rows, ids);
  return real_type(
      {plain(args.attributes.integer("size"), args.attributes.text("label")), rows.dims.back()});
}

AxisFact scatter_axis(const ShapeArgs& args, int input, int dim) {
  const bool row = input == 0 && dim + 1 < args.in[0]->rank();
  return {row ? AxisUse::contracts : AxisUse::pointwise, 0};
}

std::vector<Value> scatter_gradient(const GradientArgs& args) {
  return {build(gather_op, {args.adjoint, args.in[1]}), Value()};
}

// Adds rows to the table `out`.
template <class T>
void add_rows(const View& rows, const View& ids, const View& out) {
  const std::int64_t size = out.sizes[0], width = out.sizes[1];
  const std::int64_t step = rows.strides.back(), row = out.strides[out.strides.size() - 2];
  const std::int64_t column = out.strides.back();
  loops::for_each_rows<2>({&rows, &ids}, 1,
                          [&](const auto& at, const auto& next, std::int64_t count) {
                            for (std::int64_t i = 0; i < count; ++i) {
                              const T* from = rows.as<T>() + at[0] + i * next[0];
                              const std::int32_t id = ids.as<std::int32_t>()[at[1] + i * next[1]];
                              if (id < 0 || id >= size) continue;
                              T* to = out.as<T>() + id * row;
                              if (step == 1 && column == 1)
                                for (std::int64_t j = 0; j < width; ++j) to[j] += from[j];
                              else
                                for (std::int64_t j = 0; j < width; ++j)
                                  to[j * column] += from[j * step];
                            }
                          });
}

void scatter_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    loops::fill<T>(args.out, T(0));
    for (std::int64_t e = 0; e < args.out.batch; ++e)
      add_rows<T>(loops::example(args.in[0], e), loops::example(args.in[1], e),
                  loops::example(args.out, e));
  });
}

void scatter_sum_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    if (args.fresh) loops::fill<T>(args.out, T(0));
    add_rows<T>(args.in[0], args.in[1], args.out);
  });
}

// --- one_hot and pick

Type one_hot_shape(const ShapeArgs& args) {
  shapes::require_index("one_hot", *args.in[0]);
  Type out = *args.in[0];
  out.kind = Kind::real;
  out.dims.push_back(plain(args.attributes.integer("size"), args.attributes.text("label")));
  return out;
}

void one_hot_kernel(const KernelArgs& args) {
  const View &out = args.out, &ids = args.in[0];
  const std::int64_t size = out.sizes.back(), step = out.strides.back();
  loops::with_real(out.dtype, [&]<class T>(T) {
    loops::fill<T>(out, T(0));
    loops::for_each_rows<2>({&out, &ids}, 1,
                            [&](const auto& at, const auto& next, std::int64_t count) {
                              for (std::int64_t i = 0; i < count; ++i) {
                                const std::int32_t id = ids.as<std::int32_t>()[at[1] + i * next[1]];
                                if (id >= 0 && id < size)
                                  out.as<T>()[at[0] + i * next[0] + id * step] = T(1);
                              }
                            });
  });
}

Type pick_shape(const ShapeArgs& args) {
  const Type &x = *args.in[0], &ids = *args.in[1];
  shapes::require_real("pick", x);
  shapes::require_index("pick", ids);
  if (x.rank() != ids.rank() + 1)
    throw Error(fmt::format("pick: one id is needed for each row of {}, got {}", describe(x),
                            describe(ids)));
  Type out = x;
  out.dims.pop_back();
  for (std::size_t d = 0; d < out.dims.size(); ++d)
    out.dims[d] = shapes::matched("pick", "leading sizes differ", out.dims[d], ids.dims[d], x, ids);
  return out;
}

AxisFact pick_axis(const ShapeArgs& args, int input, int dim) {
  const bool row = input == 0 && dim + 1 == args.in[0]->rank();
  return {row ? AxisUse::reorders : AxisUse::pointwise, 0};
}

// The adjoint at the element that was picked: elementwise, so that it need not be made before it is
// used.
std::vector<Value> pick_gradient(const GradientArgs& args) {
  Graph& g = *args.self.graph;
  const Dim choices = args.in[0].type().dims.back();
  Tensor numbers(DType::i32, {choices.size});
  for (std::int64_t i = 0; i < choices.size; ++i) numbers.set(i, static_cast<double>(i));
  const Value picked = equal(expand_trailing(args.in[1], 1), constant(g, numbers, {choices}));
  return {select(picked, expand_trailing(args.adjoint, 1), fill(g, 0.0, real_type({}))), Value()};
}

void pick_kernel(const KernelArgs& args) {
  const View &x = args.in[0], &ids = args.in[1], &out = args.out;
  const std::int64_t size = x.sizes.back(), step = x.strides.back();
  loops::with_real(out.dtype, [&]<class T>(T) {
    loops::for_each_rows<3>(
        {&x, &ids, &out}, 1, [&](const auto& at, const auto& next, std::int64_t count) {
          for (std::int64_t i = 0; i < count; ++i) {
            const std::int32_t id = ids.as<std::int32_t>()[at[1] + i * next[1]];
            out.as<T>()[at[2] + i * next[2]] =
                id >= 0 && id < size ? x.as<T>()[at[0] + i * next[0] + id * step] : T(0);
          }
        });
  });
}

// --- argmax

Type argmax_shape(const ShapeArgs& args) {
  shapes::require_real("argmax", *args.in[0]);
  Type out = *args.in[0];
  shapes::dimension("argmax", out, -1);
  out.dims.pop_back();
  out.kind = Kind::index;
  return out;
}

void argmax_kernel(const KernelArgs& args) {
  const View &x = args.in[0], &out = args.out;
  const std::int64_t size = x.sizes.back(), step = x.strides.back();
  loops::with_real(x.dtype, [&]<class T>(T) {
    loops::for_each_rows<2>({&x, &out}, 1,
                            [&](const auto& at, const auto& next, std::int64_t count) {
                              for (std::int64_t i = 0; i < count; ++i) {
                                const T* row = x.as<T>() + at[0] + i * next[0];
                                std::int32_t best = 0;
                                for (std::int32_t j = 1; j < size; ++j)
                                  if (row[j * step] > row[best * step]) best = j;
                                out.as<std::int32_t>()[at[1] + i * next[1]] = best;
                              }
                            });
  });
}

}  // namespace

const OpDef gather_op{
    .name = "gather",
    .doc =
        "The table's row for each id, zeros for a negative one: [n, width], [..] -> [.., width].",
    .min_inputs = 2,
    .max_inputs = 2,
    .shape = gather_shape,
    .axis = ids_axis,
    .gradient = gather_gradient,
    .kernel = gather_kernel,
    .strided = true};

const OpDef scatter_op{
    .name = "scatter",
    .doc = "Rows added up by id: [.., width], [..] -> [n, width]; the adjoint of `gather`.",
    .min_inputs = 2,
    .max_inputs = 2,
    .attributes = {{"size", "rows of the result"}, {"label", "their name"}},
    .shape = scatter_shape,
    .axis = scatter_axis,
    .gradient = scatter_gradient,
    .kernel = scatter_kernel,
    .sum_kernel = scatter_sum_kernel,
    .sums_sparsely = true,
    .strided = true};

const OpDef one_hot_op{.name = "one_hot",
                       .doc = "1 at the id's place, 0 elsewhere; zeros for a negative id.",
                       .attributes = {{"size", "how many ids there are"}, {"label", "their name"}},
                       .shape = one_hot_shape,
                       .axis = shapes::pointwise,
                       .kernel = one_hot_kernel,
                       .strided = true};

const OpDef pick_op{
    .name = "pick",
    .doc =
        "The element that the id names in each row, 0 for a negative one: [.., n], [..] -> [..].",
    .min_inputs = 2,
    .max_inputs = 2,
    .shape = pick_shape,
    .axis = pick_axis,
    .gradient = pick_gradient,
    .kernel = pick_kernel,
    .strided = true};

const OpDef argmax_op{.name = "argmax",
                      .doc = "Id of the largest in each row, the first of equals; no gradient.",
                      .shape = argmax_shape,
                      .axis =
                          [](const ShapeArgs& args, int, int dim) {
                            const bool row = dim + 1 == args.in[0]->rank();
                            return AxisFact{row ? AxisUse::reorders : AxisUse::pointwise, 0};
                          },
                      .kernel = argmax_kernel,
                      .strided = true};

Value gather(Value table, Value ids) { return build(gather_op, {table, ids}); }
Value scatter(Value rows, Value ids, const Dim& count) {
  return build(scatter_op, {rows, ids}, {{"size", count.size}, {"label", count.label.str()}});
}
Value one_hot(Value ids, const Dim& count) {
  return build(one_hot_op, {ids}, {{"size", count.size}, {"label", count.label.str()}});
}
Value pick(Value x, Value ids) { return build(pick_op, {x, ids}); }
Value argmax(Value x) { return build(argmax_op, {x}); }

}  // namespace unfold
