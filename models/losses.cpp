#include "models/losses.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/ops.h"

namespace unfold {

namespace {

using Reduce = Reduction::Reduce;
using Over = Reduction::Over;

/// Lets a loss reduce over a time axis of which the graph sees a piece: pieces add up.
class WholeAxes {
 public:
  explicit WholeAxes(Graph& graph) : graph_(graph), saved_(graph.pieces_of) {
    graph.pieces_of = {};
  }
  ~WholeAxes() { graph_.pieces_of = saved_; }
  WholeAxes(const WholeAxes&) = delete;
  WholeAxes& operator=(const WholeAxes&) = delete;

 private:
  Graph& graph_;
  Symbol saved_;
};

/// The position of the time axis to reduce over among the dimensions of `type`.
std::int64_t time_dim(const Type& type, Symbol axis) {
  std::int64_t found = -1;
  for (std::int64_t d = 0; d < type.rank(); ++d) {
    const Dim& dim = type.dims[static_cast<std::size_t>(d)];
    if (!dim.is_time() || (!axis.empty() && !(dim.axis == axis))) continue;
    if (found >= 0)
      throw Error(fmt::format("over = time: {} has several time axes; say which, over = {}",
                              describe(type), dim.axis.str()));
    found = d;
  }
  if (found < 0)
    throw Error(fmt::format("over = {}: {} has no such axis",
                            axis.empty() ? std::string("time") : axis.str(), describe(type)));
  return found;
}

bool same_dims(std::span<const Dim> a, std::span<const Dim> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Dim& x, const Dim& y) {
    return x.size == y.size && x.axis == y.axis;
  });
}

void require_real(const char* loss, const char* what, Value v) {
  if (v.type().kind != Kind::real)
    throw Error(
        fmt::format("{}: {} are ids {}; it needs real numbers", loss, what, describe(v.type())));
}

void require_equal(const char* loss, Value x, Value targets) {
  require_real(loss, "predictions", x);
  require_real(loss, "targets", targets);
  if (!same_dims(x.type().dims, targets.type().dims))
    throw Error(fmt::format("{}: predictions are {}, targets are {}; it needs equal shapes", loss,
                            describe(x.type()), describe(targets.type())));
}

void require_classes(const char* loss, Value logits, Value targets) {
  require_real(loss, "logits", logits);
  const Type &x = logits.type(), &y = targets.type();
  if (y.kind != Kind::index)
    throw Error(
        fmt::format("{}: targets are real numbers {}; it needs the ids of classes or symbols", loss,
                    describe(y)));
  if (x.dims.empty() || !same_dims(std::span(x.dims).first(x.dims.size() - 1), y.dims))
    throw Error(
        fmt::format("{}: logits are {}, targets are {}; it needs a row of logits for each "
                    "target",
                    loss, describe(x), describe(y)));
}

}  // namespace

Value reduced(Value values, const Reduction& reduction) {
  if (reduction.reduce == Reduce::none) return values;
  Graph& g = *values.graph;
  const WholeAxes whole(g);
  const Value one =
      fill(g, 1.0, real_type({}, true));  // for each example, so that it can be summed
  const Value total = sum(values) * one, count = real_count(values, {}) * one;
  const bool mean = reduction.reduce == Reduce::mean;
  // A batch may have nothing to predict: sequences of one step, of which the next is asked for.
  const auto at_least_one = [](Value sum) { return maximum(sum, 1.0); };
  if (reduction.over == Over::all || (mean && reduction.over == Over::batch))
    return mean ? batch_sum(total) / at_least_one(batch_sum(count)) : batch_sum(total);
  const Value average = total / maximum(count, one);
  if (reduction.over == Over::batch) return batch_sum(average);
  const Value steps = real_count(values, {time_dim(values.type(), reduction.axis)});
  const Value examples = batch_sum(greater(count, fill(g, 0.0, real_type({}))));
  return batch_sum(mean ? average : average * steps) / at_least_one(examples);
}

Value cross_entropy(Value logits, Value targets, const Reduction& reduction) {
  require_classes("cross_entropy", logits, targets);
  // -ln softmax(logits)[target], of which no array of logarithms need be made. An id that names
  // no class (there is none before the first step) is nothing to predict.
  Graph& g = *logits.graph;
  const auto classes = static_cast<double>(logits.type().dims.back().size);
  const Value named = greater_equal(targets, fill(g, 0.0, index_type({}))) *
                      less(targets, fill(g, classes, index_type({})));
  const Value total = select(named, log_sum_exp(logits), fill(g, 0.0, real_type({})));
  return reduced(total - pick(logits, targets), reduction);
}

Value binary_cross_entropy(Value logits, Value targets, const Reduction& reduction) {
  require_equal("binary_cross_entropy", logits, targets);
  return reduced(softplus(logits) - logits * targets, reduction);
}

Value mean_squared_error(Value predictions, Value targets, const Reduction& reduction) {
  require_equal("mean_squared_error", predictions, targets);
  const Value error = predictions - targets;
  return reduced(error * error, reduction);
}

Value mean_absolute_error(Value predictions, Value targets, const Reduction& reduction) {
  require_equal("mean_absolute_error", predictions, targets);
  return reduced(abs(predictions - targets), reduction);
}

Value accuracy(Value logits, Value targets, const Reduction& reduction) {
  Graph& g = *logits.graph;
  const Value zero = fill(g, 0.0, real_type({}));
  if (targets.type().kind == Kind::real) {
    require_equal("accuracy", logits, targets);
    const Value half = fill(g, 0.5, real_type({}));
    return reduced(equal(greater(logits, zero), greater(targets, half)), reduction);
  }
  require_classes("accuracy", logits, targets);
  if (logits.type().dims.back().size > 1) return reduced(equal(argmax(logits), targets), reduction);
  return reduced(equal(greater(at(logits, 0, -1), zero), to_real(targets)), reduction);
}

}  // namespace unfold
