// What recurrences compute, on numbers small enough to follow.

#include "tests/tools/dsl/built_program.h"

namespace unfold {
namespace {

using testing::BuiltProgram;
using testing::check_values;
using testing::with_steps;
using testing::word_data;
using testing::word_table;

/// The output `y` of a model over words of three lengths: "one two three", "one two", "one".
/// `x` is [time, 3], one-hot; `n` is [time, 1], the number 1, 2, 3 of the word.
Tensor run_words(const std::string& model, const std::string& definitions = "") {
  BuiltProgram p(word_data + definitions +
                     "model {\n x = one_hot(word)\n"
                     "param count : [3, 1] = [[1], [2], [3]]\n n = x @ count\n" +
                     model + "}\n",
                 word_table);
  p.require_no_errors();
  return p.run_examples(3).at("output:y");
}

/// The same for models without data.
Tensor run_alone(const std::string& model, const std::string& definitions = "") {
  BuiltProgram p(definitions + "model {\n" + model + "}\n");
  p.require_no_errors();
  return p.run().at("output:y");
}

BOOST_AUTO_TEST_SUITE(recurrences)

BOOST_AUTO_TEST_CASE(the_step_before_is_zero_at_the_start) {
  check_values(run_words("for t in n { h[t] = 10 * h[t-1] + n[t] }\noutput y = last(h)"), {3, 1},
               {123, 12, 1});
}

BOOST_AUTO_TEST_CASE(all_steps_are_visible_after_the_block) {
  const Tensor y = run_words("for t in n { h[t] = 10 * h[t-1] + n[t] }\noutput y = h");
  check_values(y, {3, 3, 1}, {1, 12, 123, 1, 12, y.at(5), 1, y.at(7), y.at(8)});
}

BOOST_AUTO_TEST_CASE(several_steps_back) {
  check_values(
      run_alone("for t in steps(6) { init h = [1]\n h[t] = h[t-1] + h[t-2] }\noutput y = h"),
      {6, 1}, {2, 3, 5, 8, 13, 21});  // both steps before the start are 1
}

BOOST_AUTO_TEST_CASE(backward_from_each_examples_own_end) {
  check_values(run_words("for t in n { h[t] = 10 * h[t+1] + n[t] }\noutput y = first(h)"), {3, 1},
               {321, 21, 1});
  check_values(
      run_words("for t in n { init h = [7]\n h[t] = 10 * h[t+1] + n[t] }\noutput y = first(h)"),
      {3, 1}, {7321, 721, 71});
}

BOOST_AUTO_TEST_CASE(sequences_of_outside_at_other_steps) {
  check_values(run_words("for t in n { h[t] = h[t-1] + 10 * n[t-1] + n[t+1] }\noutput y = last(h)"),
               {3, 1}, {10 + 20 + 2 + 3, 10 + 2, 0});
}

BOOST_AUTO_TEST_CASE(sequences_of_outside_at_steps_that_depend_on_the_step) {
  const auto read_at = [](const std::string& index) {
    return run_words("for t in n { h[t], g[t] = pair(10 * h[t-1] + n[" + index + "], n[t]) }\n" +
                         "output y = last(h) + 0 * last(g)",
                     "def pair(a, b) { return a, b }\n");
  };
  check_values(read_at("t * 2"), {3, 1}, {130, 10, 1});
  check_values(read_at("t // 2"), {3, 1}, {112, 11, 1});
  check_values(read_at("2 - t"), {3, 1}, {321, 2, 0});
}

BOOST_AUTO_TEST_CASE(the_last_of_the_steps_that_follow_is_not_real) {
  const std::string s = "s = next(n)\n";  // 2 3, 2, nothing
  check_values(run_words(s + "for t in s { h[t] = 10 * h[t-1] + s[t] }\noutput y = last(h)"),
               {3, 1}, {23, 2, 0});
  for (const char* over : {"n, s", "s, n"})
    check_values(run_words(s + "for t in " + over +
                           " { h[t] = 10 * h[t-1] + n[t] * s[t] }\noutput y = last(h)"),
                 {3, 1}, {26, 2, 0});
  check_values(run_words(s + "for t in n { h[t] = 10 * h[t-1] + s[t] }\noutput y = last(h)"),
               {3, 1}, {230, 20, 0});
  const Tensor y = run_words(s + "for t in s { h[t] = 10 * h[t+1] + s[t] }\noutput y = first(h)");
  check_values(y, {3, 1}, {32, 2, y.at(2)});
}

BOOST_AUTO_TEST_CASE(blocks_nest) {
  // For each step the sum over the whole sequence of products.
  check_values(run_words(R"(
    for t in n {
      for s in n { p[s] = p[s-1] + n[t] * n[s] }
      h[t] = h[t-1] + last(p)
    }
    output y = last(h))"),
               {3, 1}, {36, 9, 1});
}

BOOST_AUTO_TEST_CASE(blocks_of_steps_nest_with_the_outer_state_inside) {
  check_values(run_alone(R"(
    for t in steps(3) {
      init a = [1]
      for s in steps(2) { init b = a[t-1]
        b[s] = 2 * b[s-1] }
      a[t] = last(b) + t
    }
    output y = a)"),
               {3, 1}, {4, 17, 70});
}

BOOST_AUTO_TEST_CASE(several_sources_on_one_axis) {
  check_values(
      run_words("m = n * n\nfor t in n, m { h[t] = h[t-1] + n[t] * m[t] }\noutput y = last(h)"),
      {3, 1}, {36, 9, 1});
}

BOOST_AUTO_TEST_CASE(a_value_without_an_index_is_the_same_in_every_step) {
  // The whole sequence at every step: each step adds the sum of all.
  check_values(run_words("for t in n { h[t] = h[t-1] + sum(n, over = time) }\noutput y = last(h)"),
               {3, 1}, {18, 6, 1});
}

BOOST_AUTO_TEST_CASE(an_init_is_evaluated_once_outside_time) {
  BuiltProgram p(word_data + R"(model {
    x = one_hot(word)
    for t in x { init h = dense(first(x), 4)
                 h[t] = h[t-1] * 0.5 }
    output y = h })",
                 word_table);
  p.require_no_errors();
  BOOST_TEST(p.parameters() == (std::vector<std::string>{"h_init.W [3, 4]", "h_init.b [4]"}),
             boost::test_tools::per_element());
  const std::map<Symbol, Tensor> out = p.run_examples(1);
  const Tensor w = p.parameter("h_init.W");
  for (std::int64_t i = 0; i < 4; ++i)
    BOOST_CHECK_CLOSE(out.at("output:y").at(i), w.at(i) / 2, 1e-9);
}

BOOST_AUTO_TEST_CASE(names_of_one_step_and_rebinding) {
  check_values(run_alone(R"(
    for t in steps(2) { z = h[t-1] + 1
                        z = z * 10
                        h[t] = z
                        init h = [0] }
    output y = h)"),
               {2, 1}, {10, 110});
}

BOOST_AUTO_TEST_CASE(choices_by_the_step) {
  const std::string body = R"(
    for t in steps(5) { init h = [1]
      if t % 2 == 0 { h[t] = h[t-1] + 1 } else { repeat t // 2 + 1 { k = 0 }
                                                 h[t] = 2 * h[t-1] } }
    output y = h)";
  check_values(run_alone(body), {5, 1}, {2, 4, 5, 10, 11});
}

BOOST_AUTO_TEST_CASE(a_state_may_be_told_by_a_later_steps_branch) {
  check_values(run_words(R"(
    for t in n { if t == 0 { h[t] = h[t-1] } else { h[t] = h[t-1] + n[t] } }
    output y = last(h))"),
               {3, 1}, {5, 2, 0});
}

BOOST_AUTO_TEST_CASE(distances_that_are_arguments) {
  check_values(run_alone("output y = far([1], 3)",
                         "def far(start, k) { for t in steps(5) { init h = start\n"
                         "  let back = k\n h[t] = h[t-back] + h[t-1] }\n return h }\n"),
               {5, 1}, {2, 3, 4, 6, 9});
}

BOOST_AUTO_TEST_CASE(shapes_of_states_follow_from_products_and_from_each_other) {
  BuiltProgram p(word_data + R"(model {
    x = one_hot(word)
    param U : [3, 4] = glorot
    param W : [4, 2] = glorot
    for t in x {
      a[t] = tanh(x[t] @ U + b[t-1] * a[t-1])     # from x @ U
      init b = 0                                  # a number
      b[t] = sum(a[t] @ W) + b[t-2]
      c[t] = maximum(c[t-1], d[t-1])              # as d
      d[t] = concat(a[t], a[t-1])
    }
    output a = a
    output b = b
    output c = c
  })",
                 word_table);
  p.require_no_errors();
  const auto out = p.run_examples(3);
  BOOST_CHECK((out.at("output:a").dims() == Dims{3, 3, 4}));
  BOOST_CHECK((out.at("output:b").dims() == Dims{3, 3}));
  BOOST_CHECK((out.at("output:c").dims() == Dims{3, 3, 8}));
}

BOOST_AUTO_TEST_CASE(a_name_of_the_block_hides_the_one_outside) {
  // As in a stack: the second turn's h starts from zeros, not from the first turn's sequence.
  check_values(run_words(R"(
    x = n
    repeat 2 {
      for t in x { h[t] = h[t-1] + x[t] }
      x = h
    }
    output y = last(h))"),
               {3, 1}, {1 + 3 + 6, 1 + 3, 1});
}

BOOST_AUTO_TEST_CASE(states_of_ids_start_as_no_id) {
  const Tensor y = run_words("for t in word { h[t] = word[t-1] }\noutput y = one_hot(h, 3)");
  check_values(y, {3, 3, 3}, [&] {
    std::vector<double> v(27, 0.0);
    v[3] = v[7] = v[12] = 1;  // step 1 of both examples holds word 0, step 2 of the first word 1
    for (std::size_t i = 15; i < 27; ++i) v[i] = y.at(static_cast<std::int64_t>(i));
    return v;
  }());
}

BOOST_AUTO_TEST_CASE(ids_after_the_end_are_no_id) {
  for (const char* following : {"word[t+1]", "next(word)[t]"})
    check_values(run_words(std::string("for t in word { a[t] = sum(one_hot(") + following +
                           ", 3) * [1, 2, 3]) }\noutput y = sum(a, over = time)"),
                 {3}, {2 + 3, 2, 0});
  for (const char* end : {"first", "last"})
    check_values(run_words(std::string("output y = one_hot(") + end + "(next(word)), 3)"), {3, 3},
                 end == std::string("first") ? std::vector<double>{0, 1, 0, 0, 1, 0, 0, 0, 0}
                                             : std::vector<double>{0, 0, 1, 0, 1, 0, 0, 0, 0});
}

BOOST_AUTO_TEST_CASE(padding_changes_nothing) {
  const std::string program = word_data + R"(model {
    x = embedding(word, 3)
    h = bidirectional(lstm, x, units = 2)
    for t in h { s[t] = tanh(h[t] + s[t+1] + h[t-1]) }
    output y = concat(last(h), first(s), mean(s, over = time)) })";
  BuiltProgram all(program, word_table);
  all.require_no_errors();
  const Tensor y = all.run_examples(3).at("output:y");
  for (const int length : {3, 2, 1}) {
    BuiltProgram one(program, word_table, {}, with_steps(length));
    Tensor ids(DType::i32, {1, length}), lengths(DType::i32, {1});
    for (int t = 0; t < length; ++t) ids.set(t, t);
    lengths.set(0, length);
    one.set("word", ids);
    one.set("length(time(word))", lengths);
    const Tensor alone = one.run().at("output:y");
    for (std::int64_t i = 0; i < alone.size(); ++i)
      BOOST_CHECK_SMALL(alone.at(i) - y.at((3 - length) * alone.size() + i), 1e-12);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
