#include "tools/train/gradient.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "ops/ops.h"

namespace unfold {

namespace {

constexpr std::string_view whole = "grad:";

std::string rows_name(std::string_view name, std::size_t k) {
  return fmt::format("rows:{}:{}", name, k);
}

std::string ids_name(std::string_view name, std::size_t k) {
  return fmt::format("ids:{}:{}", name, k);
}

// Whether a sum over the batch is worth keeping by rows.
bool is_sparse(const Graph& graph, NodeId sum, std::int64_t batch) {
  constexpr std::int64_t much = 4;
  if (graph.node(sum).op != &batch_sum_op) return false;
  std::int64_t rows = 0;
  for (const NodeId term : graph.inputs(sum)) {
    if (graph.node(term).op != &scatter_op) return false;
    for (const NodeId in : graph.inputs(term))
      if (!graph.type(in).batched) return false;
    rows += batch * graph.type(graph.inputs(term)[1]).size();
  }
  return rows * much <= graph.type(sum).dims[0].size;
}

// Columns `begin` … `end` - 1 of all parts; `targets`: the row of each of their rows in `to`, which
// gets so many `rows`.
template <class T>
void add_columns(std::span<const ScatteredRows> parts, std::span<const std::int32_t> targets,
                 std::int64_t rows, std::int64_t begin, std::int64_t end, Tensor& to) {
  const std::int64_t width = to.dims()[1];
  T* sums = to.as<T>().data();
  for (std::int64_t r = 0; r < rows; ++r)
    std::fill(sums + r * width + begin, sums + r * width + end, T(0));
  const std::int32_t* target = targets.data();
  for (const ScatteredRows& part : parts) {
    const T* row = part.rows.as<T>().data();
    for (std::int64_t k = 0; k < part.ids.size(); ++k, row += width, ++target) {
      if (*target == Gradient::zero) continue;
      T* sum = sums + *target * width;
      for (std::int64_t c = begin; c < end; ++c) sum[c] += row[c];
    }
  }
}

}  // namespace

void Gradient::set_rows(std::span<const ScatteredRows> parts, const Dims& table,
                        Scheduler& scheduler) {
  assert(!parts.empty() && table.size() == 2);
  const std::int64_t width = table[1];
  row_of.assign(static_cast<std::size_t>(table[0]), zero);
  thread_local std::vector<std::int32_t> targets;
  targets.clear();
  std::int32_t used = 0;
  for (const ScatteredRows& part : parts)
    for (const std::int32_t id : part.ids.as<std::int32_t>()) {
      std::int32_t target = zero;
      if (id >= 0 && id < table[0]) {
        std::int32_t& row = row_of[static_cast<std::size_t>(id)];
        if (row == zero) row = used++;
        target = row;
      }
      targets.push_back(target);
    }
  rows = used;
  const DType type = parts[0].rows.dtype();
  const auto most = static_cast<std::int64_t>(targets.size());
  if (values.dtype() != type || values.rank() != 2 || values.dims()[1] != width ||
      values.dims()[0] < most)
    values = Tensor(type, {most, width});
  constexpr std::int64_t columns = 64;
  const std::span<const std::int32_t> all = targets;
  scheduler.run((width + columns - 1) / columns, [&](std::int64_t k) {
    const std::int64_t begin = k * columns, end = std::min(width, begin + columns);
    if (type == DType::f64)
      add_columns<double>(parts, all, rows, begin, end, values);
    else
      add_columns<float>(parts, all, rows, begin, end, values);
  });
}

Tensor Gradient::dense(const Dims& dims) const {
  if (!by_rows()) return values;
  Tensor all(values.dtype(), dims);
  const std::int64_t width = dims[1];
  for (std::size_t r = 0; r < row_of.size(); ++r)
    for (std::int64_t c = 0; c < width && row_of[r] != zero; ++c)
      all.set(static_cast<std::int64_t>(r) * width + c, values.at(row_of[r] * width + c));
  return all;
}

void keep_rows_apart(Graph& graph, std::int64_t batch) {
  std::vector<Output> outputs;
  for (const Output& o : graph.outputs) {
    std::string_view name = o.name.str();
    if (!name.starts_with(whole) || !is_sparse(graph, o.node, batch)) {
      outputs.push_back(o);
      continue;
    }
    name.remove_prefix(whole.size());
    const std::span<const NodeId> terms = graph.inputs(o.node);
    for (std::size_t k = 0; k < terms.size(); ++k) {
      const std::span<const NodeId> in = graph.inputs(terms[k]);
      outputs.push_back({rows_name(name, k), in[0]});
      outputs.push_back({ids_name(name, k), in[1]});
    }
  }
  graph.outputs = std::move(outputs);
}

std::vector<ScatteredRows> scattered_rows(const std::map<Symbol, Tensor>& results,
                                          const std::string& name) {
  std::vector<ScatteredRows> parts;
  for (auto rows = results.find(rows_name(name, 0)); rows != results.end();
       rows = results.find(rows_name(name, parts.size())))
    parts.push_back({rows->second, results.at(ids_name(name, parts.size()))});
  return parts;
}

}  // namespace unfold
