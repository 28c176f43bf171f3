// What the user sees of some mistakes, to the letter.

#include "tests/tools/dsl/built_program.h"

namespace unfold {
namespace {

std::string errors_of(const std::string& program) {
  return testing::BuiltProgram(program, testing::word_table).errors();
}

BOOST_AUTO_TEST_SUITE(model_golden)

BOOST_AUTO_TEST_CASE(product_of_unequal_sizes) {
  BOOST_TEST(
      errors_of(R"(data { task = adding(length = 4, train = 4) }
model {
  param W : [3, 5]
  y = input(task) @ W
}
)") ==
      R"(test.fold:4:7: error: matmul: inner sizes differ (2 vs 3): left is [time(task)=4, 2], right is [3, 5]
  y = input(task) @ W
      ^~~~~~~~~~~~~~~
test.fold:4:7: note: left is [time(task)=4, 2]
  y = input(task) @ W
      ^~~~~~~~~~~
test.fold:3:9: note: right is [3, 5], defined here
  param W : [3, 5]
        ^
)");
}

BOOST_AUTO_TEST_CASE(operands_that_are_no_values) {
  BOOST_TEST(
      errors_of("let name = \"a\"\nmodel {\n  w = [1, 2]\n  y = w + none\n  z = w * name\n}\n") ==
      R"(test.fold:4:7: error: `none` is no value: it leaves an argument out
  y = w + none
      ^~~~~~~~
test.fold:3:3: note: left is a list, defined here
  w = [1, 2]
  ^
test.fold:4:11: note: right is `none`
  y = w + none
          ^~~~
test.fold:5:7: error: a string is no value of the graph
  z = w * name
      ^~~~~~~~
test.fold:3:3: note: left is a list, defined here
  w = [1, 2]
  ^
test.fold:1:5: note: right is a string, defined here
let name = "a"
    ^~~~
)");
}

BOOST_AUTO_TEST_CASE(product_inside_a_recurrence) {
  BOOST_TEST(
      errors_of(R"(data { rows = table("words.tsv")
  word = words(rows, column = "text", unknown = false) }
model {
  x = embedding(word, 4)
  param U : [5, 4]
  for t in x {
    h[t] = tanh(x[t] @ U + h[t-1])
  }
  y = last(h)
}
)") ==
      R"(test.fold:7:17: error: matmul: inner sizes differ (4 vs 5): left is [4], right is [5, 4]
    h[t] = tanh(x[t] @ U + h[t-1])
                ^~~~~~~~
test.fold:7:17: note: left is [4]
    h[t] = tanh(x[t] @ U + h[t-1])
                ^~~~
test.fold:5:9: note: right is [5, 4], defined here
  param U : [5, 4]
        ^
)");
}

BOOST_AUTO_TEST_CASE(next_value_of_a_state) {
  BOOST_TEST(errors_of(R"(data { rows = table("words.tsv")
  word = words(rows, column = "text", unknown = false) }
model {
  x = embedding(word, 4)
  param W : [3, 4]
  for t in x {
    init h = [0, 0, 0]
    h[t] = tanh(h[t-1] @ W + x[t])
  }
}
)") ==
             R"(test.fold:8:5: error: the state h is [3], but its next value is [4]
    h[t] = tanh(h[t-1] @ W + x[t])
    ^~~~
test.fold:8:17: note: it is used as [3] here
    h[t] = tanh(h[t-1] @ W + x[t])
                ^~~~~~
test.fold:7:14: note: its shape is that of what it starts from
    init h = [0, 0, 0]
             ^~~~~~~~~
)");
}

BOOST_AUTO_TEST_CASE(unknown_name) {
  BOOST_TEST(errors_of(R"(data { task = adding(length = 4, train = 4) }
let units = 3
model {
  x = input(task)
  h = lstm(x, unit)
  y = dense(last(h), 1)
}
)") ==
             R"(test.fold:5:15: error: 'unit' is not defined; did you mean 'units'?
  h = lstm(x, unit)
              ^~~~
)");
}

BOOST_AUTO_TEST_CASE(past_and_future) {
  BOOST_TEST(
      errors_of(R"(data { rows = table("words.tsv")
  word = words(rows, column = "text", unknown = false) }
model {
  x = one_hot(word)
  for t in x { h[t] = 0.5 * (h[t-1] + h[t+1]) + x[t] }
}
)") ==
      R"(test.fold:5:39: error: this block already runs forward, because it uses an earlier step: h[t+1] would need a later step that is not computed yet; two blocks, one for each direction, can be joined with concat
  for t in x { h[t] = 0.5 * (h[t-1] + h[t+1]) + x[t] }
                                      ^~~~~~
test.fold:5:30: note: an earlier step is used here
  for t in x { h[t] = 0.5 * (h[t-1] + h[t+1]) + x[t] }
                             ^~~~~~
)");
}

BOOST_AUTO_TEST_CASE(used_before_it_is_defined) {
  BOOST_TEST(
      errors_of(R"(data { rows = table("words.tsv")
  word = words(rows, column = "text", unknown = false) }
model {
  x = one_hot(word)
  for t in x {
    f    = sigmoid(c[t] + x[t])
    c[t] = f * c[t-1]
  }
}
)") ==
      R"(test.fold:6:20: error: c[t] is used before this step defines it; c[t-1] is the value of the step before
    f    = sigmoid(c[t] + x[t])
                   ^~~~
)");
}

BOOST_AUTO_TEST_CASE(state_without_a_shape) {
  BOOST_TEST(
      errors_of(R"(data { rows = table("words.tsv")
  word = words(rows, column = "text", unknown = false) }
model {
  for t in word { s[t] = concat(s[t-1], s[t-2]) }
}
)") ==
      R"(test.fold:4:19: error: the shape of the state s cannot be inferred; `init s = …` in this block says what it starts from
  for t in word { s[t] = concat(s[t-1], s[t-2]) }
                  ^~~~
test.fold:4:41: note: s is needed before it is known here
  for t in word { s[t] = concat(s[t-1], s[t-2]) }
                                        ^~~~~~
)");
}

BOOST_AUTO_TEST_CASE(argument_of_the_wrong_name_and_kind) {
  BOOST_TEST(
      errors_of(R"(data { task = adding(length = 4, train = 4) }
model {
  h = lstm(input(task), unit = 3)
  g = gru(input(task), units = "many")
}
)") ==
      R"(test.fold:3:25: error: lstm: has no argument 'unit' (did you mean 'units'?): lstm(x, units, layers = …, dropout = …, init = …, forget_bias = …, peephole = …, coupled = …)
  h = lstm(input(task), unit = 3)
                        ^~~~~~~~
test.fold:4:24: error: gru: argument 'units' must be a size, a whole number
  g = gru(input(task), units = "many")
                       ^~~~~~~~~~~~~~
)");
}

BOOST_AUTO_TEST_CASE(ids_where_numbers_are_needed) {
  BOOST_TEST(
      errors_of(R"(data { rows = table("words.tsv")
  word = words(rows, column = "text", unknown = false) }
model {
  y = tanh(word)
  h = lstm(word, units = 3)
}
)") ==
      R"(test.fold:4:7: error: tanh: needs real numbers, got ids [time(word)=3] (embedding or one_hot makes real numbers of them)
  y = tanh(word)
      ^~~~~~~~~~
test.fold:2:3: note: `word` is [time(word)=3], defined here
  word = words(rows, column = "text", unknown = false) }
  ^~~~
test.fold:5:7: error: lstm: needs real numbers, got ids [time(word)=3]; embedding or one_hot makes real numbers of them
  h = lstm(word, units = 3)
      ^~~~~~~~~~~~~~~~~~~~~
test.fold:2:3: note: `word` is [time(word)=3], defined here
  word = words(rows, column = "text", unknown = false) }
  ^~~~
)");
}

BOOST_AUTO_TEST_CASE(different_time_axes) {
  BOOST_TEST(errors_of(R"(data { rows = table("words.tsv")
  src = words(rows, column = "text"); tgt = words(rows, column = "label") }
model {
  a = embedding(src, 3)
  b = embedding(tgt, 3)
  for t in a { h[t] = a[t] + b[t] }
  y = a + b
}
)") ==
             R"(test.fold:6:30: error: t steps over time(src)=3; this is [time(tgt)=3, 3]
  for t in a { h[t] = a[t] + b[t] }
                             ^~~~
test.fold:5:3: note: the value is [time(tgt)=3, 3], defined here
  b = embedding(tgt, 3)
  ^
test.fold:7:7: error: add: time(src) and time(tgt) are different time axes: left is [time(src)=3, 3], right is [time(tgt)=3, 3]
  y = a + b
      ^~~~~
test.fold:4:3: note: left is [time(src)=3, 3], defined here
  a = embedding(src, 3)
  ^
test.fold:5:3: note: right is [time(tgt)=3, 3], defined here
  b = embedding(tgt, 3)
  ^
)");
}

BOOST_AUTO_TEST_CASE(reshape_across_time) {
  BOOST_TEST(
      errors_of(R"(data { rows = table("words.tsv")
  word = words(rows, column = "text", unknown = false) }
model {
  x = one_hot(word)
  y = reshape(x, [3, 3])
}
)") ==
      R"(test.fold:5:7: error: reshape: time(word) has a length of its own in each example; operand is [time(word)=3, vocab(word)=3]
  y = reshape(x, [3, 3])
      ^~~~~~~~~~~~~~~~~~
test.fold:4:3: note: `x` is [time(word)=3, vocab(word)=3], defined here
  x = one_hot(word)
  ^
)");
}

BOOST_AUTO_TEST_CASE(loss_that_is_not_one_number) {
  BOOST_TEST(
      errors_of(R"(data { rows = table("words.tsv")
  word = words(rows, column = "text", unknown = false) }
model {
  loss = one_hot(word)
}
)") ==
      R"(test.fold:4:3: error: the loss is one number for the whole batch, this is [time(word)=3, vocab(word)=3] for each example; losses, such as mean_squared_error, or mean(…, over = batch) make one of them
  loss = one_hot(word)
  ^~~~
)");
}

BOOST_AUTO_TEST_CASE(mistakes_do_not_spread) {
  BOOST_TEST(errors_of(R"(data { task = adding(length = 4, train = 4) }
model {
  x = inptu(task)
  h = lstm(x, 3)
  for t in h { s[t] = tanh(s[t-1] + h[t] @ W) }
  loss = mean_squared_error(dense(last(s), 1), target(task))
}
)") ==
             R"(test.fold:3:7: error: there is no layer or function 'inptu'; did you mean 'input'?
  x = inptu(task)
      ^~~~~
test.fold:5:44: error: 'W' is not defined
  for t in h { s[t] = tanh(s[t-1] + h[t] @ W) }
                                           ^
)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
