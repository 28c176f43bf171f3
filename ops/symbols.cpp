// Between ids (of symbols, of classes) and real numbers.

#include <fmt/format.h>

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

void gather_kernel(const KernelArgs& args) {
  const View &table = args.in[0], &ids = args.in[1];
  const std::int64_t rows = table.sizes[0], width = table.sizes[1], each = ids.example_size();
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    T* to = args.out.as<T>();
    for (std::int64_t b = 0; b < args.out.batch; ++b) {
      const auto* id = ids.as<std::int32_t>() + (ids.batched ? b : 0) * each;
      const T* from = table.as<T>() + (table.batched ? b : 0) * rows * width;
      for (std::int64_t i = 0; i < each; ++i, to += width) {
        if (id[i] < 0 || id[i] >= rows)
          std::fill_n(to, width, T(0));
        else
          std::copy_n(from + id[i] * width, width, to);
      }
    }
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

// Adds the rows of `count` examples, from example `first`, to the table `out`.
template <class T>
void add_rows(const KernelArgs& args, std::int64_t first, std::int64_t count, T* out) {
  const View &rows = args.in[0], &ids = args.in[1];
  const std::int64_t size = args.out.sizes[0], width = args.out.sizes[1];
  const std::int64_t each = ids.example_size();
  for (std::int64_t e = first; e < first + count; ++e) {
    const T* from = rows.as<T>() + (rows.batched ? e : 0) * each * width;
    const auto* id = ids.as<std::int32_t>() + (ids.batched ? e : 0) * each;
    for (std::int64_t i = 0; i < each; ++i, from += width) {
      if (id[i] < 0 || id[i] >= size) continue;
      T* to = out + id[i] * width;
      for (std::int64_t j = 0; j < width; ++j) to[j] += from[j];
    }
  }
}

void scatter_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    std::fill_n(args.out.as<T>(), args.out.size(), T(0));
    for (std::int64_t e = 0; e < args.out.batch; ++e)
      add_rows<T>(args, e, 1, args.out.as<T>() + e * args.out.example_size());
  });
}

void scatter_sum_kernel(const KernelArgs& args) {
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    add_rows<T>(args, 0, std::max(args.in[0].batch, args.in[1].batch), args.out.as<T>());
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
  const std::int64_t size = args.out.sizes.back();
  const auto* ids = args.in[0].as<std::int32_t>();
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    std::fill_n(args.out.as<T>(), args.out.size(), T(0));
    for (std::int64_t i = 0; i < args.in[0].size(); ++i)
      if (ids[i] >= 0 && ids[i] < size) args.out.as<T>()[i * size + ids[i]] = T(1);
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

std::vector<Value> pick_gradient(const GradientArgs& args) {
  return {expand_trailing(args.adjoint, 1) * one_hot(args.in[1], args.in[0].type().dims.back()),
          Value()};
}

void pick_kernel(const KernelArgs& args) {
  const View &x = args.in[0], &ids = args.in[1];
  const std::int64_t size = x.sizes.back(), each = args.out.example_size();
  loops::with_real(args.out.dtype, [&]<class T>(T) {
    for (std::int64_t b = 0; b < args.out.batch; ++b)
      for (std::int64_t i = 0; i < each; ++i) {
        const std::int32_t id = ids.as<std::int32_t>()[(ids.batched ? b : 0) * each + i];
        const T* row = x.as<T>() + ((x.batched ? b : 0) * each + i) * size;
        args.out.as<T>()[b * each + i] = id >= 0 && id < size ? row[id] : T(0);
      }
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
  const std::int64_t size = args.in[0].sizes.back();
  auto* out = args.out.as<std::int32_t>();
  loops::with_real(args.in[0].dtype, [&]<class T>(T) {
    for (std::int64_t i = 0; i < args.out.size(); ++i) {
      const T* row = args.in[0].as<T>() + i * size;
      out[i] = static_cast<std::int32_t>(std::max_element(row, row + size) - row);
    }
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
    .kernel = gather_kernel};

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
    .sum_kernel = scatter_sum_kernel};

const OpDef one_hot_op{.name = "one_hot",
                       .doc = "1 at the id's place, 0 elsewhere; zeros for a negative id.",
                       .attributes = {{"size", "how many ids there are"}, {"label", "their name"}},
                       .shape = one_hot_shape,
                       .axis = shapes::pointwise,
                       .kernel = one_hot_kernel};

const OpDef pick_op{
    .name = "pick",
    .doc =
        "The element that the id names in each row, 0 for a negative one: [.., n], [..] -> [..].",
    .min_inputs = 2,
    .max_inputs = 2,
    .shape = pick_shape,
    .axis = pick_axis,
    .gradient = pick_gradient,
    .kernel = pick_kernel};

const OpDef argmax_op{.name = "argmax",
                      .doc = "Id of the largest in each row, the first of equals; no gradient.",
                      .shape = argmax_shape,
                      .axis =
                          [](const ShapeArgs& args, int, int dim) {
                            const bool row = dim + 1 == args.in[0]->rank();
                            return AxisFact{row ? AxisUse::reorders : AxisUse::pointwise, 0};
                          },
                      .kernel = argmax_kernel};

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
