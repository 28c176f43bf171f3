#include "tools/inspect/gradcheck.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "graph/autodiff.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"
#include "tools/train/compiled.h"

namespace unfold {

namespace {

constexpr int entries = 20, directions = 3;

double largest(const Tensor& t) {
  double most = 0;
  for (std::int64_t i = 0; i < t.size(); ++i) most = std::max(most, std::abs(t.at(i)));
  return most;
}

/// The derivative at 0 of a function of one number by differences, and how far from the truth that
/// may be.
struct Slope {
  double value = 0;
  double error = 0;
  bool kink = false;
};

// Differences of fourth order at shrinking distances, each pair extrapolated; where two neighbours
// agree best decides, and the search ends where they agree well beside `scale`. Rounding spoils the
// small distances, curvature the large ones, a kink all of them.
Slope slope_of(const std::function<double(double)>& f, double scale) {
  constexpr double ratio = 3, weight = ratio * ratio * ratio * ratio - 1;
  const double middle = f(0);
  Slope best;
  best.error = std::numeric_limits<double>::infinity();
  double plain = 0, extrapolated = 0, bend = 0, h = 9e-2;
  for (int k = 0; k < 6; ++k, h /= ratio) {
    const double up = f(h), down = f(-h);
    const double now = (8 * (up - down) - (f(2 * h) - f(-2 * h))) / (12 * h);
    const double better = now + (now - plain) / weight;
    // What a smooth function's two sides differ by shrinks with the distance, a kink's does not.
    const double bend_now = std::abs(up - 2 * middle + down) / h;
    const double rounding = 1e-15 * std::abs(middle) / h;
    const double error = std::abs(better - extrapolated) + rounding;
    if (k >= 2 && error < best.error)
      best = {better, error, bend_now > 0.8 * bend && bend_now > 100 * rounding};
    if (best.error < 1e-9 * std::max(std::abs(best.value), scale) && !best.kink) break;
    plain = now;
    extrapolated = better;
    bend = bend_now;
  }
  return best;
}

/// One plan that gives loss and gradients, one for the loss alone, and the numbers they run on.
class Check {
 public:
  Check(const Graph& graph, const data::Batch& batch, std::vector<TrainedParameter>& parameters,
        std::uint64_t seed, Scheduler& scheduler, const PassOptions& passes)
      : parameters_(parameters),
        passes_(passes),
        loss_(optimise_forward(loss_only(graph), passes), DType::f64, passes, scheduler, 1),
        feed_(batch, parameters, {}, DType::f64, {seed, 0, 0}) {
    Compiled both(with_gradients(graph), DType::f64, passes, scheduler, 1);
    both.executor.run(feed_.feed(), gradients_);
    if (!std::isfinite(gradients_.at("loss").at(0)))
      throw Error("the loss of a few examples is not finite, so its gradients cannot be checked");
  }

  const Tensor& gradient(const TrainedParameter& p) const {
    return gradients_.at("grad:" + p.name);
  }

  double loss() {
    loss_.executor.run(feed_.feed(), results_);
    return results_.at("loss").at(0);
  }

 private:
  static Graph loss_only(Graph graph) {
    const NodeId loss = graph.output("loss");
    if (loss == no_node) throw Error("the model has no `loss`, so there is no gradient to check");
    graph.outputs = {{"loss", loss}};
    return graph;
  }

  Graph with_gradients(const Graph& graph) const {
    Graph forward = optimise_forward(loss_only(graph), passes_);
    std::vector<NodeId> wanted;
    const auto nodes = parameter_nodes(forward);
    for (const TrainedParameter& p : parameters_)
      if (!p.frozen) wanted.push_back(nodes.at(p.name));
    return differentiate(std::move(forward), "loss", wanted, core_ops());
  }

  std::vector<TrainedParameter>& parameters_;
  const PassOptions& passes_;
  Compiled loss_;
  BatchFeed feed_;  ///< refers to the parameters' own numbers, so that changes of them are seen
  std::map<Symbol, Tensor> gradients_, results_;
};

std::string index_text(const Tensor& t, std::int64_t entry) {
  std::string text;
  for (std::size_t d = t.dims().size(); d-- > 0; entry /= t.dims()[d])
    text = fmt::format("{}{}{}", entry % t.dims()[d], text.empty() ? "" : ", ", text);
  return "[" + text + "]";
}

/// Checks one parameter.
class ParameterCheck {
 public:
  ParameterCheck(Check& check, TrainedParameter& parameter, std::uint64_t seed)
      : check_(check),
        value_(parameter.value),
        start_(parameter.value),
        gradient_(check.gradient(parameter)),
        random_(seed),
        floor_(1e-4 * largest(gradient_)) {
    row_.parameter = parameter.name;
  }

  GradcheckRow run() {
    for (const std::int64_t i : chosen_entries()) {
      if (row_.checked == entries) break;
      std::vector<double> direction(static_cast<std::size_t>(value_.size()));
      direction[static_cast<std::size_t>(i)] = 1;
      compare(direction, index_text(value_, i));
    }
    std::normal_distribution<double> normal;
    for (int k = 1; k <= directions; ++k) {
      std::vector<double> direction;
      double square = 0;
      for (std::int64_t i = 0; i < value_.size(); ++i) {
        direction.push_back(normal(random_));
        square += direction.back() * direction.back();
      }
      for (double& d : direction) d /= std::sqrt(square);
      compare(direction, fmt::format("direction {}", k));
    }
    return row_;
  }

 private:
  // Twice as many as are needed, all different, so that those near a kink can be replaced.
  std::vector<std::int64_t> chosen_entries() {
    std::vector<std::int64_t> all(static_cast<std::size_t>(value_.size()));
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    const std::size_t count = std::min<std::size_t>(all.size(), 2 * entries);
    for (std::size_t i = 0; i < count; ++i)
      std::swap(all[i], all[std::uniform_int_distribution(i, all.size() - 1)(random_)]);
    all.resize(count);
    return all;
  }

  double loss_at(const std::vector<double>& direction, double by) {
    for (std::size_t i = 0; i < direction.size(); ++i)
      if (direction[i] != 0)
        value_.set(static_cast<std::int64_t>(i),
                   start_.at(static_cast<std::int64_t>(i)) + by * direction[i]);
    return check_.loss();
  }

  void compare(const std::vector<double>& direction, const std::string& at) {
    double analytic = 0;
    for (std::size_t i = 0; i < direction.size(); ++i)
      analytic += direction[i] * gradient_.at(static_cast<std::int64_t>(i));
    const Slope slope = slope_of([&](double by) { return loss_at(direction, by); }, floor_);
    loss_at(direction, 0);
    const double scale = std::max({std::abs(analytic), std::abs(slope.value), floor_});
    const double difference = std::abs(analytic - slope.value);
    double error = difference == 0 ? 0 : difference / scale;
    if (!std::isfinite(error)) error = std::numeric_limits<double>::infinity();
    const bool failed = !(error < GradcheckRow::tolerance);
    if (failed && (slope.kink || slope.error > 0.1 * difference)) {
      ++row_.unmeasurable;
      return;
    }
    ++row_.checked;
    if (row_.checked > 1 && error <= row_.error) return;
    row_.error = error;
    row_.at = at;
    row_.analytic = analytic;
    row_.numerical = slope.value;
  }

  Check& check_;
  Tensor& value_;
  const Tensor start_;
  const Tensor& gradient_;
  std::mt19937_64 random_;
  double floor_;
  GradcheckRow row_;
};

}  // namespace

std::vector<GradcheckRow> gradcheck(const Graph& graph, const data::Batch& batch,
                                    std::vector<TrainedParameter> parameters, std::uint64_t seed,
                                    Scheduler& scheduler, const PassOptions& passes) {
  Check check(graph, batch, parameters, seed, scheduler, passes);
  if (std::ranges::all_of(parameters, &TrainedParameter::frozen))
    throw Error(parameters.empty() ? "the program has no parameters, so no gradient to check"
                                   : "all parameters are frozen, so there is no gradient to check");
  std::vector<GradcheckRow> rows;
  for (TrainedParameter& p : parameters)
    if (!p.frozen) rows.push_back(ParameterCheck(check, p, seed + rows.size()).run());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const GradcheckRow& a, const GradcheckRow& b) { return a.error > b.error; });
  return rows;
}

std::string to_table(const std::vector<GradcheckRow>& rows) {
  std::size_t width = 9;
  for (const GradcheckRow& row : rows) width = std::max(width, row.parameter.size());
  std::string out = fmt::format("{:<{}}  {:>8}  {:>7}  {:<14}  {:>15}  {:>15}  {}\n", "parameter",
                                width, "error", "checked", "worst at", "analytic", "numerical", "");
  for (const GradcheckRow& row : rows) {
    out += fmt::format("{:<{}}  {:>8.1e}  {:>7}  {:<14}  {:>15.8e}  {:>15.8e}  {}", row.parameter,
                       width, row.error, row.checked, row.at, row.analytic, row.numerical,
                       row.passed()      ? "ok"
                       : row.checked > 0 ? "WRONG"
                                         : "NOT MEASURED");
    if (row.unmeasurable > 0) out += fmt::format(" ({} could not be measured)", row.unmeasurable);
    out += "\n";
  }
  return out;
}

}  // namespace unfold
