// First and second derivatives against differences of fourth order.

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <random>

#include "graph/execute.h"
#include "graph/interpret.h"
#include "graph/passes/drop_dead_nodes.h"
#include "tests/ops/run_sample.h"

namespace unfold::check {

namespace {

constexpr double spacing = 1e-3;

Graph only(Graph g, const std::vector<Output>& outputs) {
  g.outputs = outputs;
  return drop_dead_nodes(g);
}

// The totals `loss` and `slope` as functions of single entries of the data.
class Totals {
 public:
  Totals(const Graph& g, Data& data)
      : data_(data),
        plan_(make_plan(only(g, {{"loss", g.output("loss")}, {"slope", g.output("slope")}}),
                        DType::f64)),
        executor_(plan_, scheduler_, 1) {}

  /// Derivatives by entry i of a source, from points `step` apart.
  std::pair<double, double> derivatives(Symbol source, std::int64_t i, double step) {
    Tensor& t = data_.tensors.at(source);
    const double middle = t.at(i);
    double loss = 0, slope = 0;
    for (const auto& [offset, weight] : {std::pair{-2, 1}, {-1, -8}, {1, 8}, {2, -1}}) {
      t.set(i, middle + offset * step);
      executor_.run(data_.feed(), results_);
      loss += weight * results_.at("loss").at(0) / (12 * step);
      slope += weight * results_.at("slope").at(0) / (12 * step);
    }
    t.set(i, middle);
    return {loss, slope};
  }

 private:
  Data& data_;
  Plan plan_;
  Scheduler scheduler_{1};
  Executor executor_;
  Results results_;
};

// Numerical derivatives of one total by all entries of one source.
struct Derivatives {
  Numbers coarse, fine;

  double largest() const {
    double m = 0;
    for (const double d : fine) m = std::max(m, std::abs(d));
    return m;
  }
};

// The last scale is what rounding leaves of differences whose true value is 0.
double relative(double a, double n, double largest) {
  const double scale = std::max({std::abs(a), std::abs(n), 1e-4 * largest, 1e-5});
  return std::abs(a - n) / scale;
}

// Draws entries anew that differences of two spacings disagree on: a kink lies near. True if there
// was none.
bool resample_kinks(const Derivatives& d, Tensor& t, const Sample& sample, std::mt19937& random) {
  std::uniform_real_distribution<double> number(sample.low, sample.high);
  bool smooth = true;
  for (std::size_t i = 0; i < d.fine.size(); ++i) {
    if (relative(d.coarse[i], d.fine[i], d.largest()) < 1e-6) continue;
    t.set(static_cast<std::int64_t>(i), number(random));
    smooth = false;
  }
  return smooth;
}

void compare(const Derivatives& d, const Tensor& analytic, const std::string& what) {
  // Zeros of a value that the total does not depend on are shared by all examples.
  const auto size = static_cast<std::size_t>(analytic.size());
  BOOST_TEST_REQUIRE(d.fine.size() % size == 0);
  for (std::size_t i = 0; i < d.fine.size(); ++i) {
    const double a = analytic.at(static_cast<std::int64_t>(i % size)), n = d.fine[i];
    BOOST_TEST(relative(a, n, d.largest()) < 1e-6,
               what << "[" << i << "] is " << a << ", differences give " << n);
  }
}

using All = std::map<Symbol, std::pair<Derivatives, Derivatives>>;  // of loss and slope, by source

All differentiate_numerically(const std::vector<Value>& sources, Totals& totals, Data& data) {
  All all;
  for (const Value& source : sources) {
    const Symbol name = name_of(source);
    auto& [loss, slope] = all[name];
    for (std::int64_t i = 0; i < data.tensors.at(name).size(); ++i) {
      const auto coarse = totals.derivatives(name, i, spacing);
      const auto fine = totals.derivatives(name, i, spacing / 2);
      loss.coarse.push_back(coarse.first);
      loss.fine.push_back(fine.first);
      slope.coarse.push_back(coarse.second);
      slope.fine.push_back(fine.second);
    }
  }
  return all;
}

void check_differences(const Graph& g, const std::vector<Value>& sources, const Sample& sample,
                       Data data) {
  Totals totals(g, data);
  std::mt19937 random(1);
  All all;
  bool smooth = false;
  for (int round = 0; round < 20 && !smooth; ++round) {
    all = differentiate_numerically(sources, totals, data);
    smooth = true;
    for (const auto& [name, d] : all) {
      Tensor& t = data.tensors.at(name);
      smooth = resample_kinks(d.first, t, sample, random) && smooth;
      smooth = resample_kinks(d.second, t, sample, random) && smooth;
    }
  }
  BOOST_TEST_REQUIRE(smooth, "no point without a kink near it was found");
  const Results analytic = execute(g, data, DType::f64, 1, 1);
  for (const auto& [name, d] : all) {
    compare(d.first, analytic.at("grad:" + name.str()), "gradient of " + name.str());
    compare(d.second, analytic.at("slope:" + name.str()), "second derivative, " + name.str());
  }
}

void check_execution(const Graph& g, const Data& data) {
  const Data data_f32 = data.to(DType::f32);
  const Results slow = interpret_outputs(g, data.feed(), DType::f64);
  const Results slow_f32 = interpret_outputs(g, data_f32.feed(), DType::f32);
  for (const int shards : {1, 2, 3, 5}) {
    const Results one_thread = execute(g, data, DType::f64, shards, 1);
    require_near(one_thread, slow, 1e-12, "f64");
    require_near(execute(g, data, DType::f32, shards, 1), slow_f32, 1e-5, "f32");
    for (const int threads : {2, 4})
      BOOST_TEST((execute(g, data, DType::f64, shards, threads) == one_thread),
                 threads << " threads give other bits");
  }
}

}  // namespace

void check_gradients(const Sample& sample) {
  {
    Graph g;
    if (sample.build(g, sample_steps).type().kind == Kind::index) return;
  }
  Graph g = with_gradients(sample, sample_steps, true);
  const std::vector<Value> sources = [&] {
    std::vector<Value> all = real_sources(g), own;
    for (const Value& v : all)
      if (g.output("grad:" + name_of(v).str()) != no_node) own.push_back(v);
    return own;
  }();
  for (const std::int64_t batch : {1, 3}) check_execution(g, draw(g, sample, batch));
  if (sample.differentiable && !sources.empty())
    check_differences(g, sources, sample, draw(g, sample, 3));
}

}  // namespace unfold::check
