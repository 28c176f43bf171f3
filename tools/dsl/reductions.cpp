// Functions that reduce: sums and their like, softmax, losses and metrics.

#include <fmt/format.h>

#include <cmath>

#include "models/losses.h"
#include "tools/dsl/function_rows.h"

namespace unfold {

namespace {

using rows::value;

// The dimensions that `over` names: `time`, `time(src)`, or a number. Empty when it is not given.
std::vector<std::int64_t> over(Evaluator& e, const Arguments& a, Value x) {
  if (!a.has("over")) return {};
  if (a.word("over") == "batch")
    a.fail("over", "`over = batch` is for sum, mean, losses and metrics");
  const syntax::Expression* written = a.get("over").written;
  const auto* name = written == nullptr ? nullptr : std::get_if<syntax::Name>(&written->node);
  if (a.word("over") == "time" &&
      (name != nullptr || a.get("over").thing.as<std::string>() != nullptr))
    return {e.time_dimension(x)};
  const Thing thing = written == nullptr ? a.get("over").thing : e.evaluate(*written);
  if (thing.nothing()) throw AlreadyReported();
  const auto* n = thing.as<Number>();
  if (n == nullptr || !(std::abs(n->value) < 1e6))
    a.fail("over", "`over` is `time`, `time(…)` or the number of a dimension");
  if (!n->axis.is_time()) return {static_cast<std::int64_t>(n->value)};
  const Type& type = x.type();
  for (std::size_t d = 0; d < type.dims.size(); ++d)
    if (type.dims[d].axis == n->axis.axis) return {static_cast<std::int64_t>(d)};
  a.fail("over", fmt::format("{} has no axis {}", describe(type), n->axis.axis.str()));
}

// `of_batch` is what `over = batch` makes of all real positions, as a loss does of its values.
template <auto f, Reduction::Reduce of_batch = Reduction::Reduce::none>
Thing reduction(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  if (!x.type().known) return {input(e.graph(), "?", unknown_type()), {}};
  if (of_batch != Reduction::Reduce::none && a.has("over") && a.word("over") == "batch") {
    if (a.flag("keep", false)) a.fail("keep", "`over = batch` makes one number: nothing can stay");
    return {reduced(x, {of_batch, Reduction::Over::all, {}}), {}};
  }
  const std::vector<std::int64_t> dims = over(e, a, x);
  const Value result = f(x, dims);
  if (!a.flag("keep", false)) return {result, {}};
  if (dims.empty())
    a.fail("keep", "`keep` needs `over`, the dimension that is to stay with size 1");
  std::vector<Dim> kept = x.type().dims;
  const std::int64_t d = dims[0] < 0 ? dims[0] + x.type().rank() : dims[0];
  kept[static_cast<std::size_t>(d)] = plain(1);
  return {reshape(result, kept), {}};
}

template <auto f>
Thing along(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  if (!x.type().known) return {x, {}};
  const auto dims = over(e, a, x);
  return {f(x, dims.empty() ? -1 : static_cast<int>(dims[0])), {}};
}

Reduction reduction_of(Evaluator& e, const Arguments& a, Value x) {
  Reduction r;
  const std::string reduce = a.has("reduce") ? a.word("reduce") : "mean";
  if (reduce == "sum") r.reduce = Reduction::Reduce::sum;
  if (reduce == "none") r.reduce = Reduction::Reduce::none;
  if (reduce != "mean" && reduce != "sum" && reduce != "none")
    a.fail("reduce", "`reduce` is mean, sum or none");
  const std::string word = a.has("over") ? a.word("over") : "all";
  if (word == "batch") r.over = Reduction::Over::batch;
  if (word == "time") {
    r.over = Reduction::Over::time;
    const auto dims = over(e, a, x);
    r.axis = x.type().dims[static_cast<std::size_t>(dims[0])].axis;
  }
  if (word != "all" && word != "batch" && word != "time")
    a.fail("over", "`over` is time, time(…) or batch");
  return r;
}

template <auto f>
Thing loss(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "prediction");
  return {f(x, value(e, a, "target"), reduction_of(e, a, x)), {}};
}

}  // namespace

std::vector<Function> rows::reductions_and_losses() {
  const std::vector<FormalArgument> along_one{need("x"), word("over")};
  const std::vector<FormalArgument> over_some{need("x"), word("over"), may("keep")};
  const std::vector<FormalArgument> of_loss{need("prediction"), need("target"), word("reduce"),
                                            word("over")};
  return {
      {"softmax", "e^x / sum of e^x over the last dimension, or over time", along_one, false,
       along<softmax>},
      {"log_softmax", "ln of softmax", along_one, false, along<log_softmax>},
      {"sum", "sum of everything, over one dimension, or over the batch as a loss; real steps only",
       over_some, false, reduction<sum, Reduction::Reduce::sum>},
      {"mean",
       "mean of everything, over one dimension, or over the batch as a loss; real steps only",
       over_some, false, reduction<mean, Reduction::Reduce::mean>},
      {"max", "largest of all, or over one dimension; real steps only", over_some, false,
       reduction<max>},
      {"min", "smallest of all, or over one dimension; real steps only", over_some, false,
       reduction<min>},
      {"cross_entropy", "-ln softmax(logits)[target], mean over real positions", of_loss, false,
       loss<cross_entropy>},
      {"binary_cross_entropy",
       "cross-entropy of one logit against 0 or 1, mean over real positions", of_loss, false,
       loss<binary_cross_entropy>},
      {"mean_squared_error", "(prediction - target)^2, mean over real positions", of_loss, false,
       loss<mean_squared_error>},
      {"mean_absolute_error", "|prediction - target|, mean over real positions", of_loss, false,
       loss<mean_absolute_error>},
      {"accuracy", "share of right answers: the largest logit, or above 0 where there is one",
       of_loss, false, loss<accuracy>},
  };
}

}  // namespace unfold
