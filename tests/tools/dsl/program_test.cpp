#include <boost/test/unit_test.hpp>

#include "tests/tools/dsl/read_program.h"

namespace unfold {
namespace {

void check_reads(const std::string& program) {
  BOOST_TEST(testing::ReadProgram(program).errors() == "");
}

BOOST_AUTO_TEST_SUITE(whole_programs)

BOOST_AUTO_TEST_CASE(a_language_model) {
  check_reads(R"(# Each character predicts the next.
let width = 96; let deep = true

data {
  book    = text("book.txt", train = 0.8, valid = 0.1, test = 0.1)
  letter  = characters(book, lower = true)
}

model {
  e = embedding(letter, 48)                 # [time(letter), 48]
  if deep { e = gru(e, width, layers = 2) } else { e = gru(e, width) }
  scores = dense(e, vocab(letter))
  loss   = cross_entropy(scores, next(letter))
  metric perplexity = exp(loss)
  sample next(letter) from scores
}

train {
  optimizer = adamw(rate = 2e-3, decay = 0.01, schedule = cosine(warmup = 100))
  clip_norm = 5; batch = 32
  truncate  = 40
  if deep { epochs = 20 } else { epochs = 10 }
}
)");
}

BOOST_AUTO_TEST_CASE(cells_of_the_users_own) {
  check_reads(R"(
def my_lstm(x, units) {
  let n = width(x)
  param W_i, W_f, W_o, W_g : [units + n, units] = rows(units: orthogonal, n: glorot)
  param b_f                : [units]            = ones
  param b_i, b_o, b_g      : [units]            = zeros

  for t in x {
    joined = concat(h[t-1], x[t])
    i = sigmoid(joined @ W_i + b_i); f = sigmoid(joined @ W_f + b_f)
    o = sigmoid(joined @ W_o + b_o); g = tanh(joined @ W_g + b_g)
    c[t] = f * c[t-1] + i * g
    h[t] = o * tanh(c[t])
  }
  return h, c
}

def clockwork(x, units, period = 2) {
  param U : [width(x), units] = glorot
  param W : [units, units]    = identity(0.9)
  for t in x {
    if t % period == 0 { h[t] = tanh(x[t] @ U + h[t-1] @ W) }
    else               { h[t] = h[t-1] }
  }
  return h
}

def from_the_end(x, y, units) {
  frozen param W : [units, units] = load("w.safetensors", "W")
  for t in x, y { s[t] = tanh((x[t] - y[t]) ** 2 @ W + s[t+1]) }
  return s
}
)");
}

BOOST_AUTO_TEST_CASE(an_encoder_and_a_decoder) {
  check_reads(R"(
data {
  pairs = dates(train = 1000, valid = 100)
  from_text = characters(pairs, side = 1)
  to_text   = characters(pairs, side = 2, start = true, end = true)
}

def look(query, keys, units) {
  param A : [width(query), units] = glorot
  param v : [units, 1]            = glorot
  weight = softmax(tanh(keys + query @ A) @ v, over = time)
  return sum(weight * keys, over = time)
}

model {
  seen = bidirectional(gru, embedding(from_text, 16), units = 32)
  said = embedding(to_text, 16)
  layer step = gru_cell(units = 64)
  layer at   = look(units = 64)
  for t in said {
    init state = tanh(dense(last(seen), 64))
    state[t]   = step(concat(said[t], at(state[t-1], seen)), state[t-1])
  }
  logits = dense(state, vocab(to_text))
  loss   = cross_entropy(logits, next(to_text), reduce = sum, over = time)
  metric accuracy = accuracy(logits, next(to_text))
  output letters  = softmax(logits[.., 0:10])
  sample next(to_text) from logits
}

train { optimizer = adam(rate = 0.002); batch = 64; epochs = 10; seed = 1 }
)");
}

BOOST_AUTO_TEST_CASE(written_out_weights_and_steps_from_nothing) {
  check_reads(R"(use "cells.fold"
data  { points = table("curve.csv"); x = numbers(points, columns = ["a", "b"]); y = number(points, column = "y") }
model {
  param U : [2, 3] = [[0.25, -0.5, 1e-2],
                      [1,     0.5, 0]]
  param w : [1]    = [0.5]
  for t in steps(10) { init h = x @ U; h[t] = tanh(w * h[t-1]) }
  repeat 2 { h = dense(h, 3) }
  p    = dense(last(h), 1)
  loss = mean_squared_error(p, y) + 0.001 * sum(U * U)
  output estimate = p
}
train { optimizer = sgd(rate = 0.5, momentum = 0.9); epochs = 300; batch = 1 }
)");
}

BOOST_AUTO_TEST_CASE(line_ends_of_other_systems) {
  check_reads("model {\r\n  y = f(x,\r\n    3)\r\n}\r\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
