// Figures of the lectures, to all their digits.

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "models/dense.h"
#include "models/losses.h"
#include "models/rnn.h"
#include "tests/models/trial.h"

using namespace unfold;
using namespace unfold::testing;

namespace {

Tensor matrix(std::int64_t rows, const std::vector<double>& values) {
  return Tensor::of({rows, static_cast<std::int64_t>(values.size()) / rows}, values);
}

/// Ids of a batch, padded with -1, and their lengths.
void feed_ids(Trial& trial, const std::string& name, const std::vector<std::vector<int>>& ids,
              std::int64_t steps) {
  const auto batch = static_cast<std::int64_t>(ids.size());
  Tensor padded(DType::i32, {batch, steps}), lengths(DType::i32, {batch});
  for (std::int64_t e = 0; e < batch; ++e) {
    const auto& example = ids[static_cast<std::size_t>(e)];
    lengths.set(e, static_cast<double>(example.size()));
    for (std::int64_t t = 0; t < steps; ++t) {
      const bool real = t < static_cast<std::int64_t>(example.size());
      padded.set(e * steps + t, real ? example[static_cast<std::size_t>(t)] : -1);
    }
  }
  trial.fed[name] = padded;
  trial.fed["length(time(" + name + "))"] = lengths;
}

// The first figures were computed in single precision: their eighth digit is good to about one.
constexpr double single = 1e-7;

enum Word { movie, was, good, bad, not_ };

/// Five words, three hidden units, one output.
Trial sentiment(std::int64_t steps, const std::vector<std::vector<int>>& reviews) {
  ModelBuilder m;
  Dim time{steps, "time(review)", true, 0, {}};
  const Value review = input(m.graph, "review", index_type({time}, true));
  const Value x = one_hot(review, plain(5, "vocab(review)"));
  const Value h = rnn(m, x, plain(3));
  const Value p = dense(m, last(h), plain(1));
  m.graph.outputs = {{"x", x.id}, {"h", last(h).id}, {"positive", sigmoid(p).id}};
  Trial trial(std::move(m), static_cast<std::int64_t>(reviews.size()));
  feed_ids(trial, "review", reviews, steps);
  // The rows of the joined weight: W, which the state meets, then U, which the word meets.
  trial.parameter("rnn.W") =
      matrix(8, {-0.95396507, 0.01400834, 0.29959065,  0.23049797,  0.67335117,  0.70247334,
                 -0.19188926, 0.73919,    -0.6455824,  0.24314839,  0.65584403,  0.12467551,
                 0.07774234,  -0.6701355, -0.5714668,  -0.15539342, -0.37312293, -0.5985743,
                 0.7748706,   0.15962046, -0.01933241, -0.4337626,  -0.1516878,  0.6292947});
  trial.parameter("rnn.b") = Tensor(DType::f64, {3});
  trial.parameter("dense.W") = matrix(3, {0.45543277, -1.0071795, -0.80624163});
  trial.parameter("dense.b") = Tensor(DType::f64, {1});
  return trial;
}

void check_near(const Tensor& t, std::int64_t first, const std::vector<double>& figures,
                double digits) {
  for (std::size_t i = 0; i < figures.size(); ++i)
    BOOST_CHECK_SMALL(t.at(first + static_cast<std::int64_t>(i)) - figures[i], digits);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(worked_figures)

BOOST_AUTO_TEST_CASE(thirty_one_parameters) {
  const Trial trial = sentiment(3, {{movie, was, good}});
  std::int64_t recurrent = 0, output = 0;
  for (const ParameterSpec& p : trial.model().parameters())
    (p.name.str().starts_with("rnn.") ? recurrent : output) += trial.fed.at(p.name).size();
  BOOST_CHECK_EQUAL(recurrent, 5 * 3 + 3 * 3 + 3);
  BOOST_CHECK_EQUAL(output, 3 + 1);
  BOOST_CHECK_EQUAL(trial.parameter_count(), 31);
}

BOOST_AUTO_TEST_CASE(given_weights_and_reviews_of_different_lengths_in_one_batch) {
  Trial trial = sentiment(4, {{movie, was, good}, {movie, was, bad}, {movie, was, not_, good}});
  const auto& results = trial.run();
  BOOST_CHECK((results.at("x").dims() == Dims{3, 4, 5}));
  check_near(results.at("h"), 0, {-0.12510595, -0.55606032, -0.55716700}, single);
  check_near(results.at("positive"), 0, {0.72157476, 0.60782674, 0.72063223}, single);
}

BOOST_AUTO_TEST_CASE(a_review_alone_is_three_steps_of_five_features) {
  Trial three = sentiment(3, {{movie, was, good}}), four = sentiment(4, {{movie, was, not_, good}});
  BOOST_CHECK((three.run().at("x").dims() == Dims{1, 3, 5}));
  BOOST_CHECK((four.run().at("x").dims() == Dims{1, 4, 5}));
  check_near(three.run().at("positive"), 0, {0.72157476}, single);
  check_near(four.run().at("positive"), 0, {0.72063223}, single);
}

BOOST_AUTO_TEST_CASE(he_of_hello) {
  ModelBuilder m;
  Dim time{2, "time(char)", true, 0, {}};
  Graph& g = m.graph;
  const auto given = [&](std::int64_t rows, const std::vector<double>& values) {
    const Tensor t = matrix(rows, values);
    return constant(g, t, {plain(rows), plain(t.dims()[1])});
  };
  const Value U = given(4, {0.287027, 0.902874, 0.537524, 0.84606, 0.871522, 0.09224, 0.572392,
                            0.691079, 0.558159, 0.486813, 0.18998, 0.491528});
  const Value V =
      given(3, {0.37168, 0.39141, 0.64985, 0.91266, 0.974829459, 0.282585823, 0.09821557,
                0.32581642, 0.830034886, 0.659835709, 0.334287084, 0.144630018});
  const Value W = constant(g, Tensor::of<double>({1}, {0.427043}), {plain(1)});
  const Value b = constant(g, Tensor::of<double>({1}, {0.567001}), {plain(1)});
  const Value x = one_hot(input(g, "char", index_type({time}, true)), plain(4));
  const Value zero = fill(g, 0, real_type({plain(3)}));
  const Value h = m.unroll({time, false, {{"h", zero, 1}}, "h"}, [&](Unroller& t) {
    t.define("h", tanh(matmul(t.at(x), U) + W * t.previous("h") + b));
  })[0];
  const Value logits = matmul(h, V);
  g.outputs = {{"h", h.id}, {"logits", logits.id}, {"next", softmax(logits).id}};
  Trial trial(std::move(m), 1);
  feed_ids(trial, "char", {{0, 1}}, 2);  // h, e of "helo"
  const auto& results = trial.run();
  check_near(results.at("h"), 0, {0.693168, 0.899554, 0.802119, 0.936534, 0.949104, 0.762341},
             5e-7);
  check_near(results.at("logits"), 4, {1.906075, 1.137792, 0.956664, 1.274228}, 5e-7);
  check_near(results.at("next"), 4, {0.419747}, 5e-7);
  for (std::int64_t k = 5; k < 8; ++k)
    BOOST_CHECK_LT(results.at("next").at(k), results.at("next").at(4));
}

BOOST_AUTO_TEST_SUITE_END()
