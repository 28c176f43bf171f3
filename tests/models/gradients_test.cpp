// Every model: gradients against differences, padding against single examples, the executor against
// the interpreter.

#include <boost/test/unit_test.hpp>

#include "models/bidirectional.h"
#include "models/dense.h"
#include "models/gru.h"
#include "models/layer_norm.h"
#include "models/lstm.h"
#include "models/rnn.h"
#include "tests/models/trial.h"

using namespace unfold;
using unfold::testing::check_model;

BOOST_AUTO_TEST_SUITE(gradients_of_models)

BOOST_AUTO_TEST_CASE(of_dense) {
  check_model([](ModelBuilder& m, Value x) { return dense(m, x, plain(4)); });
  check_model([](ModelBuilder& m, Value x) {
    return dense(m, tanh(dense(m, last(x), plain(4))), plain(2));
  });
}

BOOST_AUTO_TEST_CASE(of_layer_norm) {
  check_model([](ModelBuilder& m, Value x) { return layer_norm(m, x); });
}

BOOST_AUTO_TEST_CASE(of_rnn) {
  check_model([](ModelBuilder& m, Value x) { return rnn(m, x, plain(4)); });
  check_model(
      [](ModelBuilder& m, Value x) { return dense(m, last(rnn(m, x, plain(4))), plain(2)); });
}

BOOST_AUTO_TEST_CASE(of_lstm) {
  check_model([](ModelBuilder& m, Value x) { return lstm(m, x, plain(4)).h; });
  check_model([](ModelBuilder& m, Value x) { return last(lstm(m, x, plain(4)).c); });
}

BOOST_AUTO_TEST_CASE(of_lstm_with_peepholes) {
  check_model([](ModelBuilder& m, Value x) { return lstm(m, x, plain(4), {.peephole = true}).h; });
}

BOOST_AUTO_TEST_CASE(of_lstm_with_coupled_gates) {
  check_model([](ModelBuilder& m, Value x) { return lstm(m, x, plain(4), {.coupled = true}).h; });
  check_model([](ModelBuilder& m, Value x) {
    return lstm(m, x, plain(2), {.peephole = true, .coupled = true}).h;
  });
}

BOOST_AUTO_TEST_CASE(of_gru) {
  check_model([](ModelBuilder& m, Value x) { return gru(m, x, plain(4)); });
  check_model([](ModelBuilder& m, Value x) { return gru(m, x, plain(4), Reset::after); });
}

BOOST_AUTO_TEST_CASE(of_stacks) {
  check_model([](ModelBuilder& m, Value x) { return lstm(m, x, plain(3), {}, {.layers = 2}).h; });
  check_model(
      [](ModelBuilder& m, Value x) { return gru(m, x, plain(2), Reset::before, {.layers = 3}); });
}

BOOST_AUTO_TEST_CASE(of_an_initial_state_that_is_computed) {
  check_model([](ModelBuilder& m, Value x) {
    const Value start = tanh(dense(m, first(x), plain(3)));
    return lstm(m, x, plain(3), {}, {}, {start, start * start}).h;
  });
}

BOOST_AUTO_TEST_CASE(of_bidirectional) {
  check_model([](ModelBuilder& m, Value x) {
    return bidirectional(m, x, [](ModelBuilder& b, Value s) { return gru(b, s, plain(2)); });
  });
  check_model([](ModelBuilder& m, Value x) {
    const Value h =
        bidirectional(m, x, [](ModelBuilder& b, Value s) { return lstm(b, s, plain(2)).h; });
    return dense(m, concat(first(h), last(h)), plain(2));
  });
}

BOOST_AUTO_TEST_CASE(of_what_follows_each_step) {
  check_model([](ModelBuilder& m, Value x) { return lstm(m, shift(x, 1), plain(3)).h; });
  check_model(
      [](ModelBuilder& m, Value x) { return gru(m, dense(m, shift(x, 1), plain(2)), plain(2)); });
  check_model([](ModelBuilder& m, Value x) {
    return bidirectional(m, shift(x, 1),
                         [](ModelBuilder& b, Value s) { return rnn(b, s, plain(2)); });
  });
  check_model([](ModelBuilder& m, Value x) {
    const Value next = shift(x, 1), zero = fill(m.graph, 0, real_type({plain(2)}));
    return m.unroll({next.type().dims[0], true, {{"h", zero, 1}}, "loop"}, [&](Unroller& t) {
      t.define("h", rnn_cell(m, t.at(next), t.previous("h"), plain(2)));
    })[0];
  });
  check_model([](ModelBuilder& m, Value x) {  // read over an axis that ends later
    const Value next = shift(x, 1), zero = fill(m.graph, 0, real_type({plain(2)}));
    return m.unroll({x.type().dims[0], false, {{"h", zero, 1}}, "loop"}, [&](Unroller& t) {
      t.define("h", rnn_cell(m, concat(t.at(next), t.at(x)), t.previous("h"), plain(2)));
    })[0];
  });
}

// Where padding is zero, as a feed may leave it, these have no derivative there.
BOOST_AUTO_TEST_CASE(of_what_has_no_derivative_at_zero) {
  const auto scaled = [](ModelBuilder& m, Value x) {
    return x * x * exp(m.parameter("w", {plain(testing::input_width)}, init::Zeros{}));
  };
  const testing::SequenceModel models[] = {
      [&](ModelBuilder& m, Value x) { return log(scaled(m, x)); },
      [&](ModelBuilder& m, Value x) { return x / scaled(m, x); },
      [&](ModelBuilder& m, Value x) { return sqrt(scaled(m, x)); },
      [&](ModelBuilder& m, Value x) { return last(log(scaled(m, shift(x, 1)))); },
      [&](ModelBuilder& m, Value x) { return log(scaled(m, shift(x, 2))) + x; },
      [&](ModelBuilder& m, Value x) { return gru(m, log(scaled(m, shift(x, 1))), plain(2)); },
      [&](ModelBuilder& m, Value x) { return lstm(m, x / scaled(m, x), plain(2)).h; }};
  for (const auto& model : models) check_padding(model, testing::Padding::last_step);
}

BOOST_AUTO_TEST_CASE(of_single_steps) {
  check_model([](ModelBuilder& m, Value x) {
    const Dim time = x.type().dims[0];
    const Value zero = fill(m.graph, 0, real_type({plain(2)}));
    Recurrence loop{time, false, {{"a", zero, 1}, {"b", zero, 1}, {"c", zero, 1}}, "loop"};
    return m.unroll(loop, [&](Unroller& t) {
      t.define("a", gru_cell(m, t.at(x), t.previous("a"), plain(2)));
      const LstmState s = lstm_cell(
          m, concat(t.current("a"), t.at(x)),
          {rnn_cell(m, t.current("a"), t.previous("b"), plain(2)), t.previous("c")}, plain(2));
      t.define("b", s.h);
      t.define("c", s.c);
    })[1];
  });
}

BOOST_AUTO_TEST_SUITE_END()
