// Losses and metrics against plain loops over the real positions, with every reduction.

#include "models/losses.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/models/trial.h"

using namespace unfold;
using namespace unfold::testing;

namespace {

using Reduce = Reduction::Reduce;
using Over = Reduction::Over;

constexpr int steps = 5, classes = 3;
const std::vector<int> lengths{3, 1, 4};

Dim time_axis() { return {steps, "time(x)", true, 0, {}}; }

int class_at(int example, int t) { return (2 * example + t * t) % classes; }

/// Logits [time, classes] with a parameter in them, so that gradients can be asked for, and
/// targets.
struct Tagging {
  ModelBuilder m;
  Value logits, targets, ids;

  Tagging() {
    const Value x = input(m.graph, "x", real_type({time_axis(), plain(classes)}, true));
    logits = x + m.parameter("b", {plain(classes)}, init::Zeros{});
    targets = input(m.graph, "y", real_type({time_axis(), plain(classes)}, true));
    ids = input(m.graph, "ids", index_type({time_axis()}, true));
  }

  Trial trial(Value loss) {
    m.graph.outputs = {{"loss", loss.id}};
    const auto batch = static_cast<std::int64_t>(lengths.size());
    Trial out(std::move(m), batch, 0);
    Tensor x(DType::f64, {batch, steps, classes}), y = x, id(DType::i32, {batch, steps});
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const auto t = static_cast<int>(i) / classes, e = t / steps;
      const bool real = t % steps < lengths[static_cast<std::size_t>(e)];
      const auto k = static_cast<int>(i) % classes;
      x.set(i, real ? number_at(0, e, t % steps, k) : 50);
      y.set(i, real ? number_at(1, e, t % steps, k) : -50);
      id.set(t, real ? class_at(e, t % steps) : classes - 1);
    }
    out.fed = {{"b", Tensor(DType::f64, {classes})},
               {"x", x},
               {"y", y},
               {"ids", id},
               {"length(time(x))",
                Tensor::of({batch}, std::vector<std::int32_t>(lengths.begin(), lengths.end()))}};
    return out;
  }
};

double x_at(int e, int t, int k) { return number_at(0, e, t, k); }
double y_at(int e, int t, int k) { return number_at(1, e, t, k); }

double entropy(int e, int t, int target) {
  double total = 0;
  for (int k = 0; k < classes; ++k) total += std::exp(x_at(e, t, k));
  return std::log(total) - x_at(e, t, target);
}

/// Averages and sums of `value(example, step)` over `trim` steps less than the examples have;
/// `width` numbers a step are averaged by the caller.
struct Expected {
  double sum = 0, positions = 0, examples = 0, of_means = 0;

  template <class F>
  explicit Expected(F value, int trim = 0) {
    for (std::size_t e = 0; e < lengths.size(); ++e) {
      const int n = lengths[e] - trim;
      double own = 0;
      for (int t = 0; t < n; ++t) own += value(static_cast<int>(e), t);
      sum += own;
      positions += n;
      if (n > 0) of_means += own / n, ++examples;
    }
  }

  double of(Reduction r) const {
    if (r.reduce == Reduce::mean)
      return r.over == Over::time ? of_means / examples : sum / positions;
    if (r.over == Over::time) return sum / examples;
    return r.over == Over::batch ? of_means : sum;
  }
};

const std::vector<Reduction> reductions{
    {Reduce::mean, Over::all, {}}, {Reduce::mean, Over::time, {}}, {Reduce::mean, Over::batch, {}},
    {Reduce::sum, Over::all, {}},  {Reduce::sum, Over::time, {}},  {Reduce::sum, Over::batch, {}}};

template <class Loss, class F>
void check_reductions(Loss loss, F value, int trim = 0) {
  for (const Reduction& r : reductions) {
    Tagging model;
    Trial trial = model.trial(loss(model, r));
    BOOST_CHECK_CLOSE(trial.loss(), Expected(value, trim).of(r), 1e-10);
    check_interpreter(trial);
    check_gradients(trial);
  }
}

double value_of(Value (*loss)(Value, Value, const Reduction&), Tensor x, Tensor y) {
  ModelBuilder m;
  const auto dims = [](const Tensor& t) {
    std::vector<Dim> out;
    for (std::size_t d = 1; d < t.dims().size(); ++d) out.push_back(plain(t.dims()[d]));
    return out;
  };
  const Value a = input(m.graph, "x", real_type(dims(x), true));
  const bool ids = y.dtype() == DType::i32;
  const Value b = input(m.graph, "y", ids ? index_type(dims(y), true) : real_type(dims(y), true));
  m.graph.outputs = {{"loss", loss(a, b, {}).id}};
  Trial trial(std::move(m), x.dims()[0]);
  trial.fed = {{"x", std::move(x)}, {"y", std::move(y)}};
  return trial.loss();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(losses)

BOOST_AUTO_TEST_CASE(cross_entropy_of_each_step) {
  check_reductions([](Tagging& m, const Reduction& r) { return cross_entropy(m.logits, m.ids, r); },
                   [](int e, int t) { return entropy(e, t, class_at(e, t)); });
}

BOOST_AUTO_TEST_CASE(cross_entropy_of_the_next_symbol) {  // whose last step is not real
  check_reductions(
      [](Tagging& m, const Reduction& r) { return cross_entropy(m.logits, shift(m.ids, 1), r); },
      [](int e, int t) { return entropy(e, t, class_at(e, t + 1)); }, 1);
}

BOOST_AUTO_TEST_CASE(numbers_of_a_step_are_averaged) {
  check_reductions(
      [](Tagging& m, Reduction r) {
        // Summed over everything means just that; the loop below has averages of a step.
        const bool all = r.reduce == Reduce::sum && r.over == Over::all;
        return mean_squared_error(m.logits, m.targets, r) * (all ? 1.0 / classes : 1.0);
      },
      [](int e, int t) {
        double sum = 0;
        for (int k = 0; k < classes; ++k) sum += std::pow(x_at(e, t, k) - y_at(e, t, k), 2);
        return sum / classes;
      });
}

BOOST_AUTO_TEST_CASE(binary_cross_entropy_of_each_number) {
  Tagging model;
  const Value share = sigmoid(model.targets);
  Trial trial = model.trial(binary_cross_entropy(model.logits, share));
  const Expected expected([](int e, int t) {
    double sum = 0;
    for (int k = 0; k < classes; ++k) {
      const double p = 1 / (1 + std::exp(-x_at(e, t, k))), y = 1 / (1 + std::exp(-y_at(e, t, k)));
      sum -= y * std::log(p) + (1 - y) * std::log(1 - p);
    }
    return sum / classes;
  });
  BOOST_CHECK_CLOSE(trial.loss(), expected.of({}), 1e-10);
  check_gradients(trial);
}

BOOST_AUTO_TEST_CASE(without_a_time_axis) {
  const auto reals = [](Dims dims, std::vector<double> v) {
    return Tensor::of(std::move(dims), v);
  };
  BOOST_CHECK_CLOSE(
      value_of(mean_absolute_error, reals({2, 2}, {1, 2, 3, 5}), reals({2, 2}, {0, 4, 3, 1})),
      7.0 / 4, 1e-12);
  BOOST_CHECK_CLOSE(value_of(mean_squared_error, reals({2, 1}, {1, 2}), reals({2, 1}, {0, 4})), 2.5,
                    1e-12);
  BOOST_CHECK_CLOSE(value_of(binary_cross_entropy, reals({2, 1}, {0, 800}), reals({2, 1}, {1, 0})),
                    (std::log(2) + 800) / 2, 1e-12);
  BOOST_CHECK_CLOSE(
      value_of(cross_entropy, reals({2, 2}, {0, 0, 900, 0}), Tensor::of<std::int32_t>({2}, {1, 1})),
      (std::log(2) + 900) / 2, 1e-12);
}

BOOST_AUTO_TEST_CASE(accuracy_of_classes_and_of_yes_or_no) {
  const auto reals = [](Dims dims, std::vector<double> v) {
    return Tensor::of(std::move(dims), v);
  };
  const auto ids = [](std::vector<std::int32_t> v) {
    return Tensor::of({static_cast<std::int64_t>(v.size())}, v);
  };
  BOOST_CHECK_EQUAL(value_of(accuracy, reals({4, 2}, {1, 2, 2, 1, 0, 3, 5, 4}), ids({1, 1, 1, 0})),
                    0.75);
  BOOST_CHECK_EQUAL(value_of(accuracy, reals({4, 1}, {1, -1, 2, -2}), reals({4, 1}, {1, 0, 0, 0})),
                    0.75);
  BOOST_CHECK_EQUAL(value_of(accuracy, reals({4, 1}, {1, -1, 2, -2}), ids({1, 1, 0, 0})), 0.5);
  Tagging model;
  Trial trial = model.trial(accuracy(model.logits, model.ids));
  const Expected expected([](int e, int t) {
    int best = 0;
    for (int k = 1; k < classes; ++k)
      if (x_at(e, t, k) > x_at(e, t, best)) best = k;
    return best == class_at(e, t) ? 1.0 : 0.0;
  });
  BOOST_CHECK_CLOSE(trial.loss(), expected.of({}), 1e-10);
}

BOOST_AUTO_TEST_CASE(a_batch_with_nothing_to_predict_has_no_loss) {
  for (const Reduction& r : reductions) {
    Tagging model;
    Trial trial = model.trial(cross_entropy(model.logits, shift(model.ids, 4), r));
    BOOST_TEST(trial.loss() == 0);
    check_interpreter(trial);
  }
}

BOOST_AUTO_TEST_CASE(none_keeps_a_value_for_each_position) {
  Tagging model;
  const Value each = cross_entropy(model.logits, model.ids, {Reduce::none, Over::all, {}});
  BOOST_CHECK_EQUAL(describe(each.type()), "[time(x)=5]");
  BOOST_CHECK(each.type().batched);
}

BOOST_AUTO_TEST_CASE(over_all_of_an_axis_of_which_the_graph_sees_a_piece) {
  Graph g;
  g.pieces_of = "time(x)";
  Dim time{4, "time(x)", false, 0, {}};
  const Value x = input(g, "x", real_type({time, plain(2)}, true));
  const Value y = input(g, "y", index_type({time}, true));
  const Value loss = cross_entropy(x, y);
  BOOST_CHECK(!loss.type().batched && loss.type().dims.empty());
  BOOST_CHECK(g.pieces_of == Symbol("time(x)"));
  BOOST_CHECK(error_of([&] { sum(x); }) != "no error");
}

BOOST_AUTO_TEST_CASE(says_what_does_not_fit) {
  Graph g;
  Dim time{7, "time(x)", true, 0, {}}, other{7, "time(z)", true, 0, {}};
  const Value x = input(g, "x", real_type({time, plain(4, "units")}, true));
  const Value z = input(g, "z", real_type({other, plain(4)}, true));
  const Value vector = input(g, "v", real_type({plain(4)}, true));
  const Value ids = input(g, "ids", index_type({time}, true));
  const Value one = input(g, "one", index_type({}, true));
  BOOST_CHECK_EQUAL(error_of([&] { mean_squared_error(x, vector); }),
                    "mean_squared_error: predictions are [time(x)=7, units=4], targets are [4]; it "
                    "needs equal shapes");
  BOOST_CHECK_EQUAL(error_of([&] { mean_absolute_error(x, z); }),
                    "mean_absolute_error: predictions are [time(x)=7, units=4], targets are "
                    "[time(z)=7, 4]; it needs equal shapes");
  BOOST_CHECK_EQUAL(error_of([&] { binary_cross_entropy(vector, one); }),
                    "binary_cross_entropy: targets are ids []; it needs real numbers");
  BOOST_CHECK_EQUAL(error_of([&] { cross_entropy(x, z); }),
                    "cross_entropy: targets are real numbers [time(z)=7, 4]; it needs the ids of "
                    "classes or symbols");
  BOOST_CHECK_EQUAL(error_of([&] { cross_entropy(ids, ids); }),
                    "cross_entropy: logits are ids [time(x)=7]; it needs real numbers");
  BOOST_CHECK_EQUAL(error_of([&] { cross_entropy(vector, ids); }),
                    "cross_entropy: logits are [4], targets are [time(x)=7]; it needs a row of "
                    "logits for each target");
  BOOST_CHECK_EQUAL(error_of([&] { accuracy(x, vector); }),
                    "accuracy: predictions are [time(x)=7, units=4], targets are [4]; it needs "
                    "equal shapes");
  BOOST_CHECK_EQUAL(error_of([&] {
                      mean_squared_error(vector, vector, {Reduce::mean, Over::time, {}});
                    }),
                    "over = time: [4] has no such axis");
  BOOST_CHECK_EQUAL(error_of([&] {
                      mean_squared_error(x, x, {Reduce::sum, Over::time, "time(y)"});
                    }),
                    "over = time(y): [time(x)=7, units=4] has no such axis");
  const Value two = input(g, "two", real_type({time, other}, true));
  BOOST_CHECK_EQUAL(error_of([&] {
                      mean_squared_error(two, two, {Reduce::sum, Over::time, {}});
                    }),
                    "over = time: [time(x)=7, time(z)=7] has several time axes; say which, over = "
                    "time(z)");
}

BOOST_AUTO_TEST_SUITE_END()
