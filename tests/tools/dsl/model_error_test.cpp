// Mistakes in a model: each on a line with a comment that says what is to be reported there. All
// come out of one run, each once.

#include "tests/tools/dsl/built_program.h"
#include "tests/tools/dsl/expected_errors.h"

namespace unfold {
namespace {

using testing::BuiltProgram;

/// A model over words `x` of three lengths.
void check_model(const std::string& statements, const std::string& top = "",
                 const BuildOptions& options = {}) {
  const std::string data =
      "data { task = adding(length = 4, train = 4, valid = 2)\n" + testing::word_data.substr(7);
  const std::string text =
      data + "\n" + top + "\nmodel {\n x = one_hot(word)\n" + statements + "\n}\n";
  BuiltProgram p(text, testing::word_table, {}, options);
  BOOST_TEST_CONTEXT(statements) { testing::check_errors(text, p.diagnostics()); }
}

BOOST_AUTO_TEST_SUITE(model_errors)

BOOST_AUTO_TEST_CASE(names) {
  check_model(R"(
    y = wrod + 1                # error: 'wrod' is not defined; did you mean 'word'?
    y2 = y + 1
    z = dens(y, 3)              # error: there is no layer or function 'dens'; did you mean 'dense'?
    layer f = lstn(units = 3)   # error: there is no layer or function 'lstn'; did you mean 'lstm'?
    q = f(x)
    p = x(3)                    # error: 'x' is a value here, no layer or function
    b = bidirectional(lsmt, x, 4)   # error: 'lsmt' is not defined; did you mean 'lstm'?
    s = exp(rows)               # error: a data source is no value; a field of it is (words(…), input(…), …)
    l = x + lstm                # error: a layer or function is no value: call it with (…)
    let w = x                   # error: `let` names plain numbers, strings and booleans; other values go without it: w = …
    g, h = dense(x, 3)          # error: 2 names on the left, but the right side has 1 value
  )");
}

BOOST_AUTO_TEST_CASE(definitions) {
  check_model(R"(
    a = f(2, kk = 3)            # error: f: has no argument 'kk': f(x, k = …)
    c = cell(x, kind = after)   # error: 'after' is not defined; a definition takes a word as a string: "after"
    d = cell(x, aftre)          # error: 'aftre' is not defined; a definition takes a word as a string: "aftre"
    e = cell(x, kind = "after") + cell(x) + cell(x, kind = x)
    b = nothing(x)              # error: 'nothing' returns nothing: its definition has no `return`
  )",
              R"(
def f(x, k = 2) { return x * k }
def cell(x, kind = "before") { return x }
def nothing(x) { y = x }
def wrong(x) { return x * y }   # error: 'y' is not defined
def uncalled(cell, x) {
  for t in x { h[t] = cell(h[t-1]) + t + sum(x, over = time) }
  return h + k                  # error: 'k' is not defined
}
)");
}

BOOST_AUTO_TEST_CASE(what_depends_on_what_cannot_be_read_is_silent) {
  check_model(R"(
    a = 1 +* 2                  # error: expected a value after '+', found '*'
    b = a + n + twice(x) + thrice(x)
    c, d = 3 +                  # error: expected a value after '+', found the end of the line
    param W : [3 4]             # error: expected ',' or ']' to close the '[', found '4'
    e = (c + d) @ W
    for t in x {
      y = x[t] +* 1             # error: expected a value after '+', found '*'
      h[t] = h[t-1] + g[t] + y
      g[t] = h[t-1] +* 1        # error: expected a value after '+', found '*'
      k[t] = g[t-1] + wrod      # error: 'wrod' is not defined; did you mean 'word'?
    }
    i = last(h) + last(g)
    if x y {                    # error: expected '{' after 'x', found 'y'
      j = 1
    }
    l = j + 1
  )",
              R"(
let n = 3 +                     # error: expected a value after '+', found the end of the line
def twice(x) {
  return x +* 2                 # error: expected a value after '+', found '*'
}
def thrice(x 3) {               # error: expected ',' or ')' to close the '(', found '3'
  return x
}
)");
}

BOOST_AUTO_TEST_CASE(a_step_that_is_in_error_is_not_missing) {
  check_model(R"(
    for t in x {
      h[t] = h[t-1] + wrod      # error: 'wrod' is not defined; did you mean 'word'?
      g[t] = h[t] + g[t-1]
    }
    for t in x {
      k[t] = l[t] + 1           # error: l[t] is used before this step defines it; l[t-1] is the value of the step before
      l[t] = x[t]
    }
  )");
}

BOOST_AUTO_TEST_CASE(a_state_of_what_is_in_error_is_silent) {
  check_model(R"(
    param W : [wrod, 3]         # error: 'wrod' is not defined; did you mean 'word'?
    for t in x {
      h[t] = tanh(h[t-1] @ W + c[t-1])
      c[t] = c[t-1] * h[t]
    }
  )");
}

BOOST_AUTO_TEST_CASE(rows_of_a_table_by_ids) {
  check_model(R"(
    param b : [5]
    a = gather(b, word)         # error: gather: the table must be [rows, width], it is [5]
    param W : [5, 2]
    b = gather(W, x)            # error: gather: `ids` are real numbers [time(word)=3, vocab(word)=3], no ids
  )");
}

BOOST_AUTO_TEST_CASE(too_many_steps_are_told) {
  BuildOptions options;
  options.steps["time(word)"] = 20'000;
  BuiltProgram p(testing::word_data + "\nmodel {\n x = one_hot(word)\n for t in x {\n" +
                     " repeat 60 { a = 1 }\n h[t] = x[t]\n }\n}\n",
                 testing::word_table, {}, options);
  BOOST_TEST(p.errors().find("takes more than 1000000 statements to build") != std::string::npos);
  BOOST_TEST(p.errors().find("time(word) has 20000 steps here") != std::string::npos, p.errors());
}

BOOST_AUTO_TEST_CASE(arguments) {
  check_model(R"(
    a = dense(x, unit = 3)      # error: dense: has no argument 'unit': dense(x, n)
    b = dense(x)                # error: dense: argument 'n' is missing: dense(x, n)
    c = exp(x, 2)               # error: exp: takes at most 1 argument: exp(x)
    d = dense(x, 3, x = x)      # error: dense: argument 'x' is given twice
    e = lstm(x, units = "3")    # error: lstm: argument 'units' must be a size, a whole number
    f = lstm(x, units = -3)     # error: lstm: argument 'units' must be a whole number from 1 to 1000000000, it is -3
    g = gru(x, 3, reset = sideways)   # error: gru: `reset` is before or after
    h = lstm(x, 3, peephole = 1)      # error: lstm: argument 'peephole' must be true or false
    i = lstm(x, 3, init = first(x))   # error: lstm: `init` takes 2 states, got 1
    j = rnn(x, 3, dropout = 1)  # error: rnn: `dropout` must be from 0 to under 1, it is 1
    k = sum(x, over = tim)      # error: 'tim' is not defined; did you mean 'time'?
    k2 = max(x, over = batch)   # error: max: `over = batch` is for sum, mean, losses and metrics
    k3 = softmax(x, over = batch)   # error: softmax: `over = batch` is for sum, mean, losses and metrics
    k4 = sum(x, over = batch, keep = true)   # error: sum: `over = batch` makes one number: nothing can stay
    l = mean_squared_error(x, x, reduce = max)   # error: mean_squared_error: `reduce` is mean, sum or none
    m = vocab(label)            # error: vocab: needs a field of symbols of the data block; classes(…) counts those of label
    n = concat(x)               # error: concat: joins two values or more
    o = concat(3: x, x)         # error: `key: value` belongs in rows(…), the initialiser of a parameter by rows
  )");
}

BOOST_AUTO_TEST_CASE(parameters) {
  check_model(R"(
    param A : [2] = [1, 2, 3]       # error: parameter 'A' of shape [2]: its values have shape [3]
    param A : [2] = zeros           # error: the parameter 'A' is declared twice
    param B : [2] = zeross          # error: 'zeross' is not defined; did you mean 'zeros'?
    param C : [2] = rows(1: zeros, 2: ones)   # error: rows(…) covers 3 rows, the parameter has 2
    param D : [2] = normal(1, 2)    # error: normal: takes at most 1 argument: normal(sd)
    param D2 : [2] = normal(std = 1)   # error: normal: has no argument 'std' (did you mean 'sd'?): normal(sd)
    param D3 : [2] = uniform(0, a = 1) # error: uniform: argument 'a' is given twice
    param D4 : [2] = uniform(b = 1)    # error: uniform: argument 'a' is missing: uniform(a, b)
    param D5 : [2, 2] = identity(scale = "1")   # error: identity: argument 'scale' must be a plain number
    param D6 : [2] = constant(k)    # error: 'k' is not defined
    param D8 : [2] = load(file = "a.npy")   # error: load: takes the name of a file, and for safetensors of a tensor in it
    param D9 : [2] = constant       # error: the initialiser constant needs arguments: constant(v)
    param D10 : [2] = load          # error: the initialiser load needs arguments: load("w.npy") or load("m.safetensors", "name")
    param E : [2.5]                 # error: a size must be a whole number from 1 to 1000000000, it is 2.5
    param F : [x]                   # error: a size must be a whole number, known while the graph is built
    param G : [2] = [[1, 2], [3]]   # error: literal values must be numbers in rows of equal length
    param H : [2] = x               # error: an initialiser is needed: zeros, ones, constant, uniform, normal, glorot, he, orthogonal, identity, rows, load or literal numbers
    param I : [100000, 100000]      # error: parameter I is [100000, 100000]: more than 4000000000 numbers
    y = A + B + C + D + E + F + G + H
  )");
}

BOOST_AUTO_TEST_CASE(choices_and_turns) {
  check_model(R"(
    if word { a = 1 }           # error: `if` chooses while the graph is built: it takes true or false, made of plain numbers, strings and booleans, never of data (where(c, a, b) does that)
    b = a
    repeat word { c = 1 }       # error: the number of turns must be a plain number, known while the graph is built
    repeat -1 { d = 1 }         # error: the number of turns must be a whole number from 0 to 10000, it is -1
    e = c + d
    f = 3 // 0                  # error: division by zero
    if cell == "lstm" { g = 3 } # error: 'cell' is not defined
    h = "a" + 3                 # error: a string and a number cannot be combined or compared
    i = x % 2                   # error: // and % are for plain numbers, not for values of a graph
    j = x > 1 and x < 2         # error: `and` and `or` choose while the graph is built: they take true and false, never data
    repeat 3 { k = undefined }  # error: 'undefined' is not defined
  )");
}

BOOST_AUTO_TEST_CASE(what_a_block_defines) {
  check_model(R"(
    for t in x { a[t] = a[t] + 1 }      # error: a[t] is used before this step defines it; a[t-1] is the value of the step before
    for t in x { a2[t] = tanh(a2[t*2]) + x[t] }   # error: a step looks back as far at every step, a2[t-1], a2[t-2] and so on (or ahead, a2[t+1]); where this looks depends on t
    for t in x { a3[t] = a3[t-0] + 1 }  # error: a3[t] is used before this step defines it; a3[t-1] is the value of the step before
    for t in x { b[t] = b + 1 }         # error: b is defined step by step in this block: write b[t] for this step's value or b[t-1] for the one before
    for t in x { c[t-1] = x[t] }        # error: a step defines its own values only: c[t] = …
    for t in x { if t > 0 { d[t] = x[t] } }   # error: step 0 does not define d
    for t in x { e = u[t-1] }           # error: 'u' is not defined
    for t in x { f[t] = x[t-1/2] }      # error: a timestep must be t, t-1, t+1 and so on, at most 10000 steps away; here it is -0.5 at t = 0
    for t in x { g[t] = x[t] + g[t-t-1] }   # error: this reaches 2 steps back at t = 1: how far a block looks must not depend on the step
    for t in x { h[t] = x[t]
                 init i = 3 }           # error: `init i`, but the block does not define i[t]
    for t in x { j[t] = x[t]
                 init j = 3
                 init j = 4 }           # error: `init j` stands twice
    for t in x { k[t] = x[t]
                 k = 3 }                # error: k is defined step by step in this block, as k[t]: another value needs another name
    for t in x { for t in steps(2) { l[t] = 1 } }   # error: 't' is the step of the block around this one
  )");
}

BOOST_AUTO_TEST_CASE(states_without_a_shape) {
  check_model(R"(
    for t in x { a[t] = a[t-1] }            # error: the shape of the state a cannot be inferred; `init a = …` in this block says what it starts from
    for t in x { b[t] = concat(b[t-1], x[t]) }   # error: the shape of the state b cannot be inferred; `init b = …` in this block says what it starts from
    y = last(a) + last(b)
  )");
}

BOOST_AUTO_TEST_CASE(states_of_another_shape) {
  check_model(R"(
    for t in x { init a = [1, 2]
                 a[t] = x[t] + 0 * sum(a[t-1]) }   # error: the state a is [2], but its next value is [vocab(word)=3]
    for t in steps(3) { if t == 0 { b[t] = [1] } else { b[t] = [1, 2] } }   # error: b is [1] at other steps, here it is [2]
    y = last(a) + last(b)
  )");
}

BOOST_AUTO_TEST_CASE(direction_of_time) {
  check_model(R"(
    for t in x { a[t] = a[t-1] + a[t+1] + x[t] }   # error: this block already runs forward, because it uses an earlier step: a[t+1] would need a later step that is not computed yet; two blocks, one for each direction, can be joined with concat
    for t in x { b[t] = x[t] + b[t-1]
                 c[t] = c[t+2] + b[t] }            # error: this block already runs forward, because it uses an earlier step: c[t+2] would need a later step that is not computed yet; two blocks, one for each direction, can be joined with concat
    for t in x { d[t] = d[t-1] + x[t+1] }
  )");
}

BOOST_AUTO_TEST_CASE(axes) {
  check_model(R"(
    for t in x, input(task) { a[t] = x[t] }        # error: `for` runs over one axis: time(word)=3 and time(task)=4 are different
    for t in 3 { b[t] = 1 }                        # error: `for` runs over the first dimension of a sequence; this is []
    for t in steps(0) { c[t] = 1 }                 # error: the number of steps must be a whole number from 1 to 1000000, it is 0
    other = input(task)
    for t in x { d[t] = other[t] }                 # error: t steps over time(word)=3; this is [time(task)=4, 2]
    e = x[.., 0:2] + other                         # error: add: shapes do not broadcast (time(word)=3 vs time(task)=4): left is [time(word)=3, 2], right is [time(task)=4, 2]
    f = reshape(x, [9])                            # error: reshape: time(word) has a length of its own in each example; operand is [time(word)=3, vocab(word)=3]
    g = x[5]                                       # error: an index into time(word)=3, whose length differs from example to example: first(…), last(…) and `for` reach real steps only
    h = x[1:]                                      # error: an index into time(word)=3, whose length differs from example to example: first(…), last(…) and `for` reach real steps only
    i = sum(last(x), over = time)                  # error: `over = time` needs a time axis; this is [vocab(word)=3]
    j = other[0][2]                                # error: index 2 is outside of 2, which goes from 0 to 1
    k = last(x)[0, 0]                              # error: 2 indices for [vocab(word)=3]
    l = x @ transpose(x)
    m = sum(l @ l, over = time)                    # error: `over = time` needs exactly one time axis to choose from; this is [time(word)=3, time(word)=3]: say over = time(word) or time(word)
  )",
              "", {});
}

BOOST_AUTO_TEST_CASE(what_a_model_declares) {
  check_model(R"(
    loss = x                            # error: the loss is one number for the whole batch, this is [time(word)=3, vocab(word)=3] for each example; losses, such as mean_squared_error, or mean(…, over = batch) make one of them
    metric a = last(x)                  # error: a metric is one number for all examples, this is [vocab(word)=3] for each example; losses, such as mean_squared_error, or mean(…, over = batch) make one of them
    metric loss = sum(last(x)[0] * 0 + 1)   # error: the loss is reported under this name: a metric needs another
    metric b = 1
    metric c = f(1)
    output o = x
    output o = x                        # error: there is another output 'o'
    sample word from x                  # error: what is sampled must be `next(…)` of a field of the data block
    sample next(label) from x           # error: label has no steps, of which the next could be sampled: it is one class for each example
    sample next(word) from last(x)[0]   # error: logits over the 3 symbols of word are needed for each of its steps, this is []
    sample next(word) from last(x)      # error: logits over the 3 symbols of word are needed for each of its steps, this is [vocab(word)=3]
    m = cross_entropy(last(x), word)    # error: cross_entropy: logits are [vocab(word)=3], targets are [time(word)=3]; it needs a row of logits for each target
    n = dense(word, 3)                  # error: dense: needs real numbers, got ids [time(word)=3]; embedding or one_hot makes real numbers of them
  )",
              "def f(k) { return k + b }   # error: 'b' is not defined");
}

BOOST_AUTO_TEST_CASE(outputs_are_each_examples_own) {
  check_model(R"(
    param W : [3] = ones
    l = mean_squared_error(x, x * W)
    output a = l                  # error: this is one number for the whole batch; an output needs a value for each example
    output b = last(x) * exp(l)   # error: this is made of a number for the whole batch, such as a loss; an output needs a value for each example
    output c = sum(W * W)
    output d = mean_squared_error(x, x * W, reduce = none)
    sample next(word) from x + l  # error: this is made of a number for the whole batch, such as a loss; what is sampled needs a value for each example
  )");
}

BOOST_AUTO_TEST_CASE(pieces_of_a_text) {
  BuildOptions pieces;
  pieces.pieces_of = "time(word)";
  const std::string whole =
      "needs the whole of time(word), but the network sees one piece of it at a time; `truncate` "
      "cuts it so, `length = n` trains on pieces that start afresh";
  check_model(R"(
    for t in x { a[t] = a[t-1] + x[t-1] }
    for t in x { b[t] = x[t] + b[t+1] }   # error: this block runs backward, from the end of the sequence, but the network sees one piece of it at a time; `truncate` cuts it so, `length = n` trains on pieces that start afresh
    for t in x { c[t] = x[t+1] }          # error: t+1: )" +
                  whole + R"(
    d = last(x)                           # error: last: )" +
                  whole + R"(
    e = first(x)                          # error: first: )" +
                  whole + R"(
    f = reverse(x)                        # error: reverse: )" +
                  whole + R"(
    g = sum(x, over = time)               # error: sum: uses the whole sequence over time(word), but the network sees one piece of it at a time; `truncate` cuts it so, `length = n` trains on pieces that start afresh
    h = transpose(x) @ x                  # error: matmul: uses the whole sequence over time(word), but the network sees one piece of it at a time; `truncate` cuts it so, `length = n` trains on pieces that start afresh
    i = next(x)                           # error: next: )" +
                  whole + R"(
    j = bidirectional(rnn, x, units = 2)  # error: reverse: uses the whole sequence over time(word), but the network sees one piece of it at a time; `truncate` cuts it so, `length = n` trains on pieces that start afresh
)",
              "", pieces);
}

BOOST_AUTO_TEST_CASE(programs_without_end) {
  const std::string question = "; are there too many steps, turns or calls inside each other?";
  const auto error_of = [](const std::string& text) {
    return BuiltProgram(text).diagnostics().sorted().at(0).message;
  };
  BOOST_TEST(error_of("def f(x) { return f(x) + f(x) }\nmodel { y = f(1) }") ==
             "this program takes more than 100 calls inside each other to build" + question);
  BOOST_TEST(error_of("model { a = 1\n repeat 10000 { repeat 10000 { a = a + 1 } } }")
                 .ends_with(question));
  BOOST_TEST(
      error_of("model { for t in steps(100000) { for s in steps(100000) { a[s] = a[s-1] + [1] }\n"
               " b[t] = last(a) + b[t-1] } }")
          .ends_with(question));
}

BOOST_AUTO_TEST_CASE(a_program_without_a_model) {
  BuiltProgram p("let a = 1\n");
  BOOST_TEST(p.errors() == "test.fold: error: the program has no `model { }` block\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
