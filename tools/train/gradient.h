#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "graph/scheduler.h"
#include "graph/symbol.h"
#include "graph/tensor.h"

namespace unfold {

class Graph;

/// What some examples add to the gradient of a table: row k of `rows` [.., width] to the table's
/// row `ids[k]`, nothing where there is no such row.
struct ScatteredRows {
  const Tensor& rows;
  const Tensor& ids;
};

/// The gradient of one parameter: f32 or f64 as that is. Empty where a batch does not use it.
struct Gradient {
  Gradient() = default;
  Gradient(Tensor all) : values(std::move(all)) {}

  /// Of the parameter's shape; or, by rows, [any, width], of which the first `rows` rows belong to
  /// some row of the parameter.
  Tensor values;
  /// Where the row of each row of the parameter is in `values`, or `zero`; empty if not by rows.
  std::vector<std::int32_t> row_of;
  std::int64_t rows = 0;

  static constexpr std::int32_t zero = -1;

  bool by_rows() const { return !row_of.empty(); }
  /// How many numbers from the start of `values` are the gradient's.
  std::int64_t size() const { return by_rows() ? rows * values.dims()[1] : values.size(); }
  /// Sums rows that meet, in their order, whoever sums. `table`: the parameter's dimensions.
  void set_rows(std::span<const ScatteredRows> parts, const Dims& table, Scheduler& scheduler);
  /// The numbers in the parameter's shape.
  Tensor dense(const Dims& dims) const;
};

/// Replaces outputs `grad:NAME` of a differentiated graph that only scatter rows into a table, one
/// much larger than what `batch` examples read of it, by the rows and their ids: outputs
/// `rows:NAME:K` and `ids:NAME:K`, which such a gradient is then made of.
void keep_rows_apart(Graph& graph, std::int64_t batch);

/// What such a graph computed of a parameter's gradient, if that is kept by rows. Refers to
/// `results`.
std::vector<ScatteredRows> scattered_rows(const std::map<Symbol, Tensor>& results,
                                          const std::string& name);

}  // namespace unfold
