// Layers without a recurrence of their own, and how layers and parameters are named.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>

#include "models/bidirectional.h"
#include "models/dense.h"
#include "models/dropout.h"
#include "models/embedding.h"
#include "models/layer_norm.h"
#include "models/lstm.h"
#include "models/rnn.h"
#include "tests/models/trial.h"

using namespace unfold;
using namespace unfold::testing;

namespace {

std::string parameters_of(const ModelBuilder& m) {
  std::string out;
  for (const ParameterSpec& p : m.parameters())
    out += p.name.str() + describe(real_type(p.dims)) + " " + to_string(p.init) + "; ";
  return out;
}

Value sequence(ModelBuilder& m, std::int64_t width = 3) {
  Dim time{4, "time(x)", true, 0, {}};
  return input(m.graph, "x", real_type({time, plain(width)}, true));
}

/// y of one example without padding, for one kind of layer.
std::vector<double> run_alone(const SequenceModel& model, std::int64_t steps,
                              std::function<void(Trial&)> adjust = {}) {
  Trial trial = sequence_trial(model, {{static_cast<int>(steps)}, 0, true});
  if (adjust) adjust(trial);
  const Tensor& y = trial.run().at("y");
  return {y.as<double>().begin(), y.as<double>().end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(dense_is_a_product_and_a_bias) {
  Trial trial =
      sequence_trial([](ModelBuilder& m, Value x) { return dense(m, x, plain(2)); }, {{2}});
  const Tensor &W = trial.parameter("dense.W"), &b = trial.parameter("dense.b");
  for (int t = 0; t < 2; ++t)
    for (int j = 0; j < 2; ++j) {
      double y = b.at(j);
      for (int i = 0; i < input_width; ++i) y += number_at(0, 0, t, i) * W.at(i * 2 + j);
      BOOST_CHECK_SMALL(trial.run().at("y").at(t * 2 + j) - y, 1e-14);
    }
  ModelBuilder m;
  BOOST_CHECK_EQUAL(describe(dense(m, sequence(m), plain(7, "vocab(char)")).type()),
                    "[time(x)=4, vocab(char)=7]");
  BOOST_CHECK_EQUAL(parameters_of(m),
                    "dense.W[3, vocab(char)=7] glorot; dense.b[vocab(char)=7] zeros; ");
}

BOOST_AUTO_TEST_CASE(embedding_looks_rows_up) {
  ModelBuilder m;
  Dim time{3, "time(char)", true, 0, {}};
  const Value ids = input(m.graph, "char", index_type({time}, true));
  const Value x = embedding(m, ids, plain(4, "vocab(char)"), plain(2));
  BOOST_CHECK_EQUAL(describe(x.type()), "[time(char)=3, 2]");
  BOOST_CHECK_EQUAL(parameters_of(m), "embedding.W[vocab(char)=4, 2] normal(1); ");
  m.graph.outputs = {{"x", x.id}, {"loss", batch_sum(sum(x * x)).id}};
  Trial trial(std::move(m), 2);
  trial.fed["char"] = Tensor::of<std::int32_t>({2, 3}, {3, 0, 3, 1, -1, 2});
  trial.fed["length(time(char))"] = Tensor::of<std::int32_t>({2}, {3, 2});
  const Tensor& W = trial.parameter("embedding.W");
  const std::vector<int> rows{3, 0, 3, 1, -1};
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (int j = 0; j < 2; ++j)
      BOOST_CHECK_EQUAL(trial.run().at("x").at(static_cast<std::int64_t>(2 * i) + j),
                        rows[i] < 0 ? 0.0 : W.at(rows[i] * 2 + j));
  const Tensor& gradient = trial.run().at("grad:embedding.W");
  const std::vector<double> times{1, 1, 0, 2};  // how often each row is real
  for (std::int64_t i = 0; i < W.size(); ++i)
    BOOST_CHECK_SMALL(gradient.at(i) - 2 * times[static_cast<std::size_t>(i / 2)] * W.at(i), 1e-14);
}

BOOST_AUTO_TEST_CASE(layer_norm_has_mean_0_and_variance_1) {
  const auto y = run_alone([](ModelBuilder& m, Value x) { return layer_norm(m, x); }, 1,
                           [](Trial& t) {
                             t.parameter("layer_norm.scale") = Tensor::of<double>({3}, {1, 1, 1});
                             t.parameter("layer_norm.shift") = Tensor(DType::f64, {3});
                           });
  BOOST_CHECK_SMALL(y[0] + y[1] + y[2], 1e-14);
  BOOST_CHECK_CLOSE(y[0] * y[0] + y[1] * y[1] + y[2] * y[2], 3, 0.1);
}

BOOST_AUTO_TEST_CASE(dropout_acts_while_training_only) {
  const auto model = [](bool training) {
    return [=](ModelBuilder& m, Value x) {
      m.training = training;
      return dropout(m, x, 0.4);
    };
  };
  const auto on = run_alone(model(true), 200), off = run_alone(model(false), 200);
  int dropped = 0;
  for (std::size_t i = 0; i < on.size(); ++i) {
    const double x = number_at(0, 0, static_cast<int>(i) / 3, static_cast<int>(i) % 3);
    BOOST_CHECK_EQUAL(off[i], x);
    dropped += on[i] == 0;
    if (on[i] != 0) BOOST_CHECK_CLOSE(on[i], x / 0.6, 1e-10);
  }
  BOOST_CHECK_CLOSE(dropped / 600.0, 0.4, 15);
  ModelBuilder m;
  const Value x = sequence(m);
  BOOST_CHECK(dropout(m, x, 0).same_as(x));
  BOOST_CHECK_EQUAL(error_of([&] { dropout(m, x, -0.1); }),
                    "dropout: the rate must be at least 0 and under 1, got -0.1");
}

// Of a loop within a loop: each step of each draws its own.
BOOST_AUTO_TEST_CASE(dropout_draws_anew_at_each_step_of_each_loop) {
  ModelBuilder m;
  const Dim outer{2, "a", false, 0, {}}, inner{3, "b", false, 0, {}};
  const Recurrence over_outer{outer, false, {{"h", {}, 0}}, "outer"};
  const Recurrence over_inner{inner, false, {{"c", {}, 0}}, "inner"};
  m.unroll(over_outer, [&](Unroller& h) {
    const Value drawn = m.unroll(over_inner, [&](Unroller& c) {
      c.define("c", dropout(m, fill(m.graph, 1, real_type({plain(4)})), 0.5));
    })[0];
    h.define("h", drawn);
  });
  std::set<std::pair<std::string, std::int64_t>> draws;
  for (NodeId id = 0; id < m.graph.size(); ++id)
    if (m.graph.node(id).op == &random_op)
      draws.emplace(m.graph.attributes(id).text("call"), m.graph.attributes(id).integer("step"));
  BOOST_CHECK_EQUAL(draws.size(), 6U);
}

BOOST_AUTO_TEST_CASE(a_stack_drops_between_its_layers_only) {
  const auto draws = [](Stack stack) {
    ModelBuilder m;
    rnn(m, sequence(m), plain(2), stack);
    int count = 0;
    for (NodeId id = 0; id < m.graph.size(); ++id) count += m.graph.node(id).op == &random_op;
    return count;
  };
  BOOST_CHECK_EQUAL(draws({.layers = 1, .dropout = 0.5}), 0);
  BOOST_CHECK_EQUAL(draws({.layers = 3, .dropout = 0.5}), 2);
  BOOST_CHECK_EQUAL(draws({.layers = 3, .dropout = 0}), 0);
}

BOOST_AUTO_TEST_CASE(bidirectional_reads_from_each_examples_own_end) {
  const SequenceLayer cell = [](ModelBuilder& m, Value x) { return rnn(m, x, plain(2)); };
  const SequenceModel both = [&](ModelBuilder& m, Value x) { return bidirectional(m, x, cell); };
  const std::vector<int> lengths{2, 4};
  Trial trial = sequence_trial(both, {lengths, 1});
  const auto& p = [&](const char* name) -> const Tensor& { return trial.parameter(name); };
  const Tensor& y = trial.run().at("y");
  const auto h_at = [&](std::size_t e, int t, int j) {
    return y.at((static_cast<int>(e) * 5 + t) * 4 + j);
  };
  for (std::size_t e = 0; e < lengths.size(); ++e)
    for (int t = 0; t < lengths[e]; ++t)
      for (int j = 0; j < 4; ++j) {
        const bool ahead = j < 2;
        const Tensor& W = p(ahead ? "bidirectional.forward.W" : "bidirectional.backward.W");
        double a = p(ahead ? "bidirectional.forward.b" : "bidirectional.backward.b").at(j % 2);
        const int before = ahead ? t - 1 : t + 1;
        for (int i = 0; i < 2; ++i)
          if (before >= 0 && before < lengths[e])
            a += h_at(e, before, ahead ? i : i + 2) * W.at(i * 2 + j % 2);
        for (int i = 0; i < 3; ++i)
          a += number_at(0, static_cast<int>(e), t, i) * W.at((2 + i) * 2 + j % 2);
        BOOST_CHECK_SMALL(h_at(e, t, j) - std::tanh(a), 1e-14);
      }
}

BOOST_AUTO_TEST_CASE(layers_have_names_of_their_own) {
  ModelBuilder m;
  const Value x = sequence(m);
  dense(m, x, plain(2));
  dense(m, x, plain(2));
  {
    const LayerScope scope(m, "encoder");
    rnn(m, x, plain(2), {.layers = 2});
    m.name_next_layer("top");
    dense(m, x, plain(1));
  }
  std::string names;
  for (const ParameterSpec& p : m.parameters()) names += p.name.str() + " ";
  BOOST_CHECK_EQUAL(names,
                    "dense.W dense.b dense_2.W dense_2.b encoder.rnn.layer_1.W "
                    "encoder.rnn.layer_1.b encoder.rnn.layer_2.W encoder.rnn.layer_2.b "
                    "encoder.top.W encoder.top.b ");
}

BOOST_AUTO_TEST_CASE(calls_of_one_layer_share_its_parameters) {
  ModelBuilder m;
  const Value x = sequence(m);
  const Symbol path = m.reserve("step");
  const auto call = [&](std::int64_t width) {
    m.share_next_layer(path);
    dense(m, x, plain(width));
  };
  call(2);
  call(2);
  BOOST_CHECK_EQUAL(m.parameters().size(), 2u);
  BOOST_CHECK_EQUAL(error_of([&] { call(3); }),
                    "parameter step.W has the shape [3, 2]; here it would need [3, 3]");
}

BOOST_AUTO_TEST_SUITE_END()
