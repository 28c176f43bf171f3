#include "tests/models/trial.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "graph/autodiff.h"
#include "graph/interpret.h"
#include "models/losses.h"
#include "ops/rewrites/pipeline.h"

namespace unfold::testing {

namespace {

Graph with_gradients(const ModelBuilder& model, bool rewritten) {
  Graph graph = rewritten ? optimise_forward(model.graph) : model.graph;
  if (graph.output("loss") == no_node) return graph;
  std::vector<NodeId> wanted;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &parameter_op) wanted.push_back(id);
  return differentiate(std::move(graph), "loss", wanted, core_ops());
}

double largest(const Tensor& t) {
  double most = 0;
  for (std::int64_t i = 0; i < t.size(); ++i) most = std::max(most, std::abs(t.at(i)));
  return most;
}

void check_close(const Tensor& a, const Tensor& b, const std::string& what) {
  BOOST_REQUIRE_MESSAGE(a.size() == b.size(), what << ": sizes differ");
  for (std::int64_t i = 0; i < a.size(); ++i)
    BOOST_CHECK_MESSAGE(std::abs(a.at(i) - b.at(i)) <= 1e-12,
                        what << "[" << i << "]: " << a.at(i) << " and " << b.at(i));
}

}  // namespace

struct Trial::Machine {
  explicit Machine(const ModelBuilder& model)
      : plan(make_plan(optimise(with_gradients(model, true)), DType::f64)),
        scheduler(2),
        executor(plan, scheduler, 2) {}
  Plan plan;
  Scheduler scheduler;
  Executor executor;
};

Trial::Trial(ModelBuilder model, std::int64_t batch, double noise)
    : model_(std::move(model)), batch_(batch) {
  for (const ParameterSpec& p : model_.parameters()) {
    Dims dims;
    for (const Dim& d : p.dims) dims.push_back(d.size);
    const std::string name = p.name.str();
    Tensor start = initialise(p.init, dims, DType::f64, 1, name);
    const Tensor extra = initialise(init::Normal{noise}, dims, DType::f64, 2, name);
    for (std::int64_t i = 0; i < start.size(); ++i) start.set(i, start.at(i) + extra.at(i));
    fed.emplace(p.name, std::move(start));
  }
}

std::int64_t Trial::parameter_count() const {
  std::int64_t count = 0;
  for (const ParameterSpec& p : model_.parameters()) count += fed.at(p.name).size();
  return count;
}

Feed Trial::feed() const {
  Feed out;
  out.batch = batch_;
  out.key = {3, 5, 0};
  for (const auto& [name, tensor] : fed) out.tensors[name] = &tensor;
  return out;
}

const std::map<Symbol, Tensor>& Trial::run() {
  if (!machine_) machine_ = std::make_shared<Machine>(model_);
  machine_->executor.run(feed(), results_);
  return results_;
}

std::map<Symbol, Tensor> Trial::interpret() const {
  return interpret_outputs(with_gradients(model_, false), feed(), DType::f64);
}

double Trial::loss() { return run().at("loss").at(0); }

double number_at(int input, int example, int t, int element) {
  return 0.8 * std::sin(1 + 5.1 * input + 3.7 * example + 1.3 * t + 0.7 * element);
}

namespace {

/// [batch, steps, width] or, without a time axis, [batch, width].
Tensor numbers(int input, const Type& type, const Lengths& lengths) {
  const bool time = !type.dims.empty() && type.dims[0].is_time();
  Dims dims = type.sizes();
  dims.insert(dims.begin(), static_cast<std::int64_t>(lengths.of_example.size()));
  Tensor out(DType::f64, dims);
  const int steps = time ? static_cast<int>(type.dims[0].size) : 1;
  const int width = static_cast<int>(type.size()) / steps;
  std::int64_t at = 0;
  for (std::size_t e = 0; e < lengths.of_example.size(); ++e)
    for (int t = 0; t < steps; ++t)
      for (int i = 0; i < width; ++i) {
        const bool real = !time || t < lengths.of_example[e];
        out.set(at++, real ? number_at(input, static_cast<int>(e) + lengths.first_example, t, i)
                           : 7.0 + t + i);
      }
  return out;
}

}  // namespace

Trial sequence_trial(const SequenceModel& model, const Lengths& lengths) {
  const auto& each = lengths.of_example;
  Dim time = plain(*std::max_element(each.begin(), each.end()) + lengths.padding);
  time.axis = "time(x)";
  time.ragged = !lengths.full;
  ModelBuilder m;
  const Type x_type = real_type({time, plain(input_width)}, true);
  const Value y = model(m, input(m.graph, "x", x_type));
  Type y_type = y.type();
  y_type.batched = true;
  const Value loss = mean_squared_error(y, input(m.graph, "target", y_type));
  m.graph.outputs = {{"y", y.id}, {"loss", loss.id}};
  Trial trial(std::move(m), static_cast<std::int64_t>(each.size()));
  trial.fed["x"] = numbers(0, x_type, lengths);
  trial.fed["target"] = numbers(1, y_type, lengths);
  trial.fed["length(time(x))"] = Tensor::of({static_cast<std::int64_t>(each.size())},
                                            std::vector<std::int32_t>(each.begin(), each.end()));
  return trial;
}

void check_gradients(Trial& trial) {
  const std::map<Symbol, Tensor> results = trial.run();
  for (const ParameterSpec& p : trial.model().parameters()) {
    const Tensor& found = results.at("grad:" + p.name.str());
    const double least = 1e-4 * largest(found);
    BOOST_CHECK_MESSAGE(least > 0, p.name.str() << " does not matter");
    Tensor& w = trial.fed.at(p.name);
    for (std::int64_t i = 0; i < w.size(); ++i) {
      const double start = w.at(i), h = 1e-3;
      const auto loss_at = [&](double by) {
        w.set(i, start + by);
        return trial.loss();
      };
      const double one = loss_at(h) - loss_at(-h), two = loss_at(2 * h) - loss_at(-2 * h);
      const double n = (8 * one - two) / (12 * h), a = found.at(i);
      w.set(i, start);
      const double error = std::abs(a - n) / std::max({std::abs(a), std::abs(n), least});
      BOOST_CHECK_MESSAGE(error < 1e-6, p.name.str() << "[" << i << "]: gradient " << a
                                                     << ", by differences " << n);
    }
  }
}

void check_interpreter(Trial& trial) {
  const auto fast = trial.run(), slow = trial.interpret();
  BOOST_REQUIRE_EQUAL(fast.size(), slow.size());
  for (const auto& [name, tensor] : slow) check_close(fast.at(name), tensor, name.str());
}

void check_padding(const SequenceModel& model, Padding padding) {
  // Where steps may be left out before the last is taken, some must be left.
  const std::vector<int> lengths =
      padding == Padding::other_numbers ? std::vector{3, 1, 5, 2} : std::vector{3, 4, 5, 3};
  Trial batch = sequence_trial(model, {lengths, 2});
  const Graph& graph = batch.model().graph;
  const Type& type = graph.type(graph.output("y"));
  const int trim = type.dims.empty() ? 0 : type.dims[0].trim;
  if (padding == Padding::last_step)
    repeat_last_step(batch.fed.at("x"), batch.fed.at("length(time(x))"));
  const auto together = batch.run();
  const Tensor& y = together.at("y");
  const bool time = y.rank() == 3;
  std::map<Symbol, Tensor> sums;
  double weights = 0;
  for (std::size_t e = 0; e < lengths.size(); ++e) {
    if (time && lengths[e] <= trim) continue;  // it has no part in the batch either
    Trial alone = sequence_trial(model, {{lengths[e]}, 0, true, static_cast<int>(e)});
    const auto single = alone.run();
    const Tensor& mine = single.at("y");
    const std::int64_t each = y.size() / y.dims()[0], at = static_cast<std::int64_t>(e) * each;
    const std::int64_t real =
        mine.size() / (time ? lengths[e] : 1) * (time ? lengths[e] - trim : 1);
    for (std::int64_t i = 0; i < real; ++i) BOOST_CHECK_SMALL(mine.at(i) - y.at(at + i), 1e-12);
    const double weight = time ? lengths[e] - trim : 1;
    weights += weight;
    for (const auto& [name, tensor] : single) {
      if (name == Symbol("y")) continue;
      Tensor& sum = sums.try_emplace(name, DType::f64, tensor.dims()).first->second;
      for (std::int64_t i = 0; i < sum.size(); ++i) sum.set(i, sum.at(i) + weight * tensor.at(i));
    }
  }
  for (auto& [name, sum] : sums) {
    for (std::int64_t i = 0; i < sum.size(); ++i) sum.set(i, sum.at(i) / weights);
    check_close(together.at(name), sum, name.str());
  }
}

void check_model(const SequenceModel& model) {
  Trial ragged = sequence_trial(model, {{2, 4, 1}, 1});
  check_interpreter(ragged);
  check_gradients(ragged);
  check_padding(model);
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.message;
  }
  return "no error";
}

}  // namespace unfold::testing
