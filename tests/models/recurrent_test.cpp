// The recurrent layers against their equations in plain loops; their parameters, starts and states.

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "models/dense.h"
#include "models/gru.h"
#include "models/lstm.h"
#include "models/rnn.h"
#include "tests/models/trial.h"

using namespace unfold;
using namespace unfold::testing;

namespace {

using Vector = std::vector<double>;

constexpr int steps = 4, units = 5;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

Vector operator+(Vector a, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}
Vector operator*(Vector a, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] *= b[i];
  return a;
}
Vector each(Vector v, double (*f)(double)) {
  for (double& x : v) x = f(x);
  return v;
}
Vector one_minus(Vector v) {
  for (double& x : v) x = 1 - x;
  return v;
}
Vector joined(Vector h, const Vector& x) {
  h.insert(h.end(), x.begin(), x.end());
  return h;
}

/// The numbers of one trained layer, and its equations' parts.
struct Numbers {
  Trial& trial;
  std::string layer;

  Vector vector(const std::string& name) const {
    const Tensor& t = trial.parameter(layer + "." + name);
    return {t.as<double>().begin(), t.as<double>().end()};
  }
  /// v W
  Vector product(const Vector& v, const std::string& name) const {
    const Tensor& w = trial.parameter(layer + "." + name);
    BOOST_REQUIRE_EQUAL(static_cast<std::size_t>(w.dims()[0]), v.size());
    Vector out(static_cast<std::size_t>(w.dims()[1]));
    for (std::size_t i = 0; i < v.size(); ++i)
      for (std::size_t j = 0; j < out.size(); ++j)
        out[j] += v[i] * w.at(static_cast<std::int64_t>(i * out.size() + j));
    return out;
  }
};

Vector input_step(int t) {
  Vector x;
  for (int i = 0; i < input_width; ++i) x.push_back(number_at(0, 0, t, i));
  return x;
}

Trial one_example(const SequenceModel& model) { return sequence_trial(model, {{steps}}); }

/// Compares the output y with the states that `step` computes from x and the former state.
void check_states(Trial& trial, const std::function<Vector(const Vector& x)>& step) {
  const Tensor& y = trial.run().at("y");
  for (int t = 0; t < steps; ++t) {
    const Vector h = step(input_step(t));
    for (int j = 0; j < units; ++j)
      BOOST_CHECK_SMALL(h[static_cast<std::size_t>(j)] - y.at(t * units + j), 1e-13);
  }
}

void check_lstm(LstmGates gates) {
  Trial trial =
      one_example([&](ModelBuilder& m, Value x) { return lstm(m, x, plain(units), gates).h; });
  const Numbers p{trial, "lstm"};
  Vector h(units), c(units);
  check_states(trial, [&](const Vector& x) {
    const Vector z = joined(h, x);
    const auto gate = [&](const std::string& letter, const Vector& cell) {
      Vector a = p.product(z, "W_" + letter) + p.vector("b_" + letter);
      if (gates.peephole) a = a + p.vector("w_" + letter) * cell;
      return each(a, logistic);
    };
    const Vector f = gate("f", c), i = gates.coupled ? one_minus(f) : gate("i", c);
    c = f * c + i * each(p.product(z, "W_c") + p.vector("b_c"), std::tanh);
    return h = gate("o", c) * each(c, std::tanh);
  });
}

void check_gru(Reset reset) {
  Trial trial =
      one_example([&](ModelBuilder& m, Value x) { return gru(m, x, plain(units), reset); });
  const Numbers p{trial, "gru"};
  Vector h(units);
  check_states(trial, [&](const Vector& x) {
    const Vector z = each(p.product(joined(h, x), "W_z") + p.vector("b_z"), logistic);
    const Vector r = each(p.product(joined(h, x), "W_r") + p.vector("b_r"), logistic);
    Vector g;
    if (reset == Reset::before)
      g = p.product(joined(r * h, x), "W_h") + p.vector("b_h");
    else
      g = p.product(x, "W_h") + p.vector("b_h") + r * (p.product(h, "U_h") + p.vector("b_u"));
    return h = one_minus(z) * h + z * each(g, std::tanh);
  });
}

std::int64_t count(const SequenceModel& model) { return one_example(model).parameter_count(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(recurrent)

BOOST_AUTO_TEST_CASE(rnn_follows_its_equation) {
  Trial trial = one_example([](ModelBuilder& m, Value x) { return rnn(m, x, plain(units)); });
  const Numbers p{trial, "rnn"};
  Vector h(units);
  check_states(trial, [&](const Vector& x) {
    return h = each(p.product(joined(h, x), "W") + p.vector("b"), std::tanh);
  });
}

BOOST_AUTO_TEST_CASE(lstm_follows_its_equations) { check_lstm({}); }
BOOST_AUTO_TEST_CASE(lstm_with_peepholes) { check_lstm({.peephole = true}); }
BOOST_AUTO_TEST_CASE(lstm_with_coupled_gates) { check_lstm({.coupled = true}); }
BOOST_AUTO_TEST_CASE(lstm_with_both) { check_lstm({.peephole = true, .coupled = true}); }
BOOST_AUTO_TEST_CASE(gru_with_reset_before) { check_gru(Reset::before); }
BOOST_AUTO_TEST_CASE(gru_with_reset_after) { check_gru(Reset::after); }

BOOST_AUTO_TEST_CASE(single_steps_are_the_layers_steps) {
  const auto with_layer = [](ModelBuilder& m, Value x) { return lstm(m, x, plain(units)).h; };
  const auto with_cell = [](ModelBuilder& m, Value x) {
    const LayerScope scope(m, "outer");
    const Value zero = fill(m.graph, 0, real_type({plain(units)}));
    return m.unroll({x.type().dims[0], false, {{"h", zero, 1}, {"c", zero, 1}}, "outer"},
                    [&](Unroller& t) {
                      const LstmState s =
                          lstm_cell(m, t.at(x), {t.previous("h"), t.previous("c")}, plain(units));
                      t.define("h", s.h);
                      t.define("c", s.c);
                    })[0];
  };
  Trial layer = one_example(with_layer), cell = one_example(with_cell);
  BOOST_CHECK_EQUAL(layer.parameter_count(), cell.parameter_count());
  for (auto& [name, tensor] : layer.fed)
    if (name.str().starts_with("lstm."))
      cell.parameter("outer.lstm_cell" + name.str().substr(4)) = tensor;
  BOOST_CHECK(layer.run().at("y") == cell.run().at("y"));
}

BOOST_AUTO_TEST_CASE(counts_of_parameters) {  // n inputs, d units
  constexpr int n = input_width, d = units;
  const auto of = [](auto layer) {
    return count([=](ModelBuilder& m, Value x) { return layer(m, x); });
  };
  BOOST_CHECK_EQUAL(of([](auto& m, Value x) { return rnn(m, x, plain(d)); }), (n + d) * d + d);
  BOOST_CHECK_EQUAL(of([](auto& m, Value x) { return lstm(m, x, plain(d)).h; }),
                    4 * ((n + d) * d + d));
  BOOST_CHECK_EQUAL(of([](auto& m, Value x) { return lstm(m, x, plain(d), {.peephole = true}).h; }),
                    4 * ((n + d) * d + d) + 3 * d);
  BOOST_CHECK_EQUAL(of([](auto& m, Value x) { return lstm(m, x, plain(d), {.coupled = true}).h; }),
                    3 * ((n + d) * d + d));
  BOOST_CHECK_EQUAL(of([](auto& m, Value x) { return gru(m, x, plain(d)); }),
                    3 * ((n + d) * d + d));
  BOOST_CHECK_EQUAL(of([](auto& m, Value x) { return gru(m, x, plain(d), Reset::after); }),
                    3 * ((n + d) * d + d) + d);
  BOOST_CHECK_EQUAL(of([](auto& m, Value x) { return lstm(m, x, plain(d), {}, {.layers = 2}).h; }),
                    4 * ((n + d) * d + d) + 4 * ((d + d) * d + d));
}

BOOST_AUTO_TEST_CASE(every_gate_starts_with_orthogonal_recurrent_rows_and_a_bias) {
  ModelBuilder m;
  Dim time{3, "time", false, 0, {}};
  lstm(m, input(m.graph, "x", real_type({time, plain(3)}, true)), plain(units), {.forget_bias = 2});
  int weights = 0;
  for (const ParameterSpec& p : m.parameters()) {
    if (p.name.str().starts_with("lstm.W")) {
      ++weights;
      BOOST_CHECK_EQUAL(to_string(p.init), "rows(5: orthogonal, 3: glorot)");
    } else {
      BOOST_CHECK_EQUAL(to_string(p.init), p.name == Symbol("lstm.b_f") ? "constant(2)" : "zeros");
    }
  }
  BOOST_CHECK_EQUAL(weights, 4);
  ModelBuilder g;
  gru(g, input(g.graph, "x", real_type({time, plain(3)}, true)), plain(units), Reset::after);
  std::string starts;
  for (const ParameterSpec& p : g.parameters())
    starts += p.name.str() + " " + to_string(p.init) + "; ";
  BOOST_CHECK_EQUAL(starts,
                    "gru.W_z rows(5: orthogonal, 3: glorot); gru.W_r rows(5: orthogonal, 3: "
                    "glorot); gru.b_z zeros; gru.b_r zeros; gru.b_h zeros; gru.W_h glorot; "
                    "gru.U_h orthogonal; gru.b_u zeros; ");
}

BOOST_AUTO_TEST_CASE(a_stack_reads_the_states_below) {
  const auto as_stack = [](ModelBuilder& m, Value x) {
    return gru(m, x, plain(units), Reset::before, {.layers = 3});
  };
  const auto by_hand = [](ModelBuilder& m, Value x) {
    for (int i = 0; i < 3; ++i) x = gru(m, x, plain(units));
    return x;
  };
  Trial stack = one_example(as_stack), hand = one_example(by_hand);
  const std::vector<std::string> names{"gru", "gru_2", "gru_3"};
  for (auto& [name, tensor] : stack.fed) {
    if (!name.str().starts_with("gru.layer_")) continue;
    const auto layer = static_cast<std::size_t>(name.str()[10] - '1');
    hand.parameter(names.at(layer) + name.str().substr(11)) = tensor;
  }
  BOOST_CHECK_EQUAL(stack.parameter_count(), hand.parameter_count());
  BOOST_CHECK(stack.run().at("y") == hand.run().at("y"));
}

BOOST_AUTO_TEST_CASE(starts_from_init) {
  const auto model = [](ModelBuilder& m, Value x) {
    const Value h0 = constant(m.graph, Tensor::of<double>({2}, {0.5, -0.25}), {plain(2)});
    const Value c0 = constant(m.graph, Tensor::of<double>({2}, {1.5, 0.75}), {plain(2)});
    return first(lstm(m, x, plain(2), {}, {}, {h0, c0}).c);
  };
  Trial trial = one_example(model);
  const Numbers p{trial, "lstm"};
  const Vector z = joined({0.5, -0.25}, input_step(0));
  const Vector f = each(p.product(z, "W_f") + p.vector("b_f"), logistic);
  const Vector i = each(p.product(z, "W_i") + p.vector("b_i"), logistic);
  const Vector c =
      f * Vector{1.5, 0.75} + i * each(p.product(z, "W_c") + p.vector("b_c"), std::tanh);
  for (int j = 0; j < 2; ++j)
    BOOST_CHECK_SMALL(trial.run().at("y").at(j) - c[static_cast<std::size_t>(j)], 1e-14);
}

BOOST_AUTO_TEST_CASE(every_layers_states_can_be_carried) {
  ModelBuilder m;
  Dim time{3, "time(x)", false, 0, {}};
  lstm(m, input(m.graph, "x", real_type({time, plain(3)}, true)), plain(2), {}, {.layers = 2});
  std::string names;
  for (const State& s : m.graph.states) names += s.name.str() + " over " + s.axis.str() + "; ";
  BOOST_CHECK_EQUAL(names,
                    "lstm.layer_1.h@1 over time(x); lstm.layer_1.c@1 over time(x); "
                    "lstm.layer_2.h@1 over time(x); lstm.layer_2.c@1 over time(x); ");
}

BOOST_AUTO_TEST_CASE(says_what_does_not_fit) {
  ModelBuilder m;
  Dim time{50, "time(char)", true, 0, {}};
  const Value ids = input(m.graph, "char", index_type({time}, true));
  const Value x = input(m.graph, "x", real_type({time, plain(8)}, true));
  const Value vector = input(m.graph, "v", real_type({plain(8)}, true));
  BOOST_CHECK_EQUAL(error_of([&] { lstm(m, ids, plain(4)); }),
                    "lstm: needs real numbers, got ids [time(char)=50]; embedding or one_hot makes "
                    "real numbers of them");
  BOOST_CHECK_EQUAL(error_of([&] { gru_cell(m, ids, vector, plain(4)); }),
                    "gru_cell: needs real numbers, got ids [time(char)=50]; embedding or one_hot "
                    "makes real numbers of them");
  BOOST_CHECK_EQUAL(error_of([&] { rnn(m, vector, plain(4)); }),
                    "rnn: needs a sequence of vectors [time, n], got [8]");
  BOOST_CHECK_EQUAL(error_of([&] { rnn(m, sum(vector), plain(4)); }),
                    "rnn: needs vectors [.., n], got a single number");
  BOOST_CHECK_EQUAL(error_of([&] { gru(m, x, plain(4), Reset::before, {}, vector); }),
                    "gru: the initial value of h is [8], it needs to be [units=4]");
  BOOST_CHECK_EQUAL(error_of([&] { rnn(m, x, plain(4), {.layers = 0}); }),
                    "rnn: layers must be at least 1, got 0");
  BOOST_CHECK_EQUAL(error_of([&] { rnn(m, x, plain(4), {.layers = 2, .dropout = 1}); }),
                    "dropout: the rate must be at least 0 and under 1, got 1");
  BOOST_CHECK_EQUAL(error_of([&] { rnn_cell(m, vector, vector, plain(4)); }),
                    "matmul: inner sizes differ (16 vs 12): left is [16], right is [12, units=4]");
}

BOOST_AUTO_TEST_SUITE_END()
