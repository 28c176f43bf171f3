// What operations of the language compute, outside of recurrences.

#include "graph/same.h"
#include "tests/tools/dsl/built_program.h"

namespace unfold {
namespace {

using testing::BuiltProgram;
using testing::check_values;
using testing::word_data;
using testing::word_table;

/// The output `y` of a model without data.
Tensor run(const std::string& model, const std::string& top = "") {
  BuiltProgram p(top + "model {\n" + model + "}\n");
  p.require_no_errors();
  return p.run().at("output:y");
}

/// A result over words of three lengths; `n` is [time, 1], the number 1, 2, 3 of the word.
Tensor run_words(const std::string& model, const std::string& result = "output:y") {
  BuiltProgram p(word_data +
                     "model {\nparam count : [3, 1] = [[1], [2], [3]]\n"
                     "n = one_hot(word) @ count\n" +
                     model + "}\n",
                 word_table);
  p.require_no_errors();
  return p.run_examples(3).at(result);
}

const std::string matrix = "param A : [2, 3] = [[1, 2, 3], [4, 5, 6]]\n";

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(arithmetic_of_plain_numbers) {
  check_values(run("output y = [7 // 2, 7 % 3, -7 % 3, 2 ** 3 ** 2, 1 - 2 - 3, 2 * 3 + 4]"), {6},
               {3, 1, 2, 512, -4, 10});
}

BOOST_AUTO_TEST_CASE(arithmetic_of_values_broadcasts) {
  check_values(run(matrix + "output y = A * 2 + [10, 20, 30]"), {2, 3}, {12, 24, 36, 18, 30, 42});
  check_values(run(matrix + "output y = -A ** 2"), {2, 3}, {-1, -4, -9, -16, -25, -36});
  check_values(run(matrix + "output y = A @ transpose(A)"), {2, 2}, {14, 32, 32, 77});
  check_values(run(matrix + "output y = where(A > 3, A, 0) + (A == 2)"), {2, 3},
               {0, 1, 0, 4, 5, 6});
  check_values(run(matrix + "output y = clip(A, 2, 4) - maximum(A, 3) + minimum(A, 5)"), {2, 3},
               {0, 1, 3, 4, 4, 3});
}

BOOST_AUTO_TEST_CASE(indices_and_slices) {
  check_values(run(matrix + "output y = A[1]"), {3}, {4, 5, 6});
  check_values(run(matrix + "output y = A[-1, -2]"), {}, {5});
  check_values(run(matrix + "output y = A[.., 0:2]"), {2, 2}, {1, 2, 4, 5});
  check_values(run(matrix + "output y = A[.., 1:]"), {2, 2}, {2, 3, 5, 6});
  check_values(run(matrix + "output y = A[0:1, ..]"), {1, 3}, {1, 2, 3});
  check_values(run(matrix + "output y = A[:, :-1]"), {2, 2}, {1, 2, 4, 5});
  check_values(run(matrix + "output y = A[.., 2]"), {2}, {3, 6});
  check_values(run_words("output y = n[0]"), {3, 1}, {1, 1, 1});
}

BOOST_AUTO_TEST_CASE(shapes) {
  check_values(run(matrix + "output y = reshape(A, [3, 2])"), {3, 2}, {1, 2, 3, 4, 5, 6});
  check_values(run(matrix + "output y = transpose(A, order = [1, 0])"), {3, 2}, {1, 4, 2, 5, 3, 6});
  check_values(run(matrix + "output y = concat(A, A[.., 0:1])"), {2, 4}, {1, 2, 3, 1, 4, 5, 6, 4});
  check_values(run(matrix + "output y = concat(A[0:1], A, dim = 0)"), {3, 3},
               {1, 2, 3, 1, 2, 3, 4, 5, 6});
  check_values(run(matrix + "output y = stack(A[0], A[1], A[0])"), {3, 3},
               {1, 2, 3, 4, 5, 6, 1, 2, 3});
  check_values(run(matrix + "output y = [width(A), width(transpose(A))]"), {2}, {3, 2});
}

BOOST_AUTO_TEST_CASE(reductions) {
  check_values(run(matrix + "output y = sum(A)"), {}, {21});
  check_values(run(matrix + "output y = mean(A, over = 0)"), {3}, {2.5, 3.5, 4.5});
  check_values(run(matrix + "output y = max(A, over = -1)"), {2}, {3, 6});
  check_values(run(matrix + "output y = A - mean(A, over = 0, keep = true)"), {2, 3},
               {-1.5, -1.5, -1.5, 1.5, 1.5, 1.5});
  check_values(run(matrix + "output y = sum(A, over = 1, keep = true)"), {2, 1}, {6, 15});
  check_values(run(matrix + "output y = sum(softmax(A), over = -1)"), {2}, {1, 1});
}

BOOST_AUTO_TEST_CASE(reductions_over_time_see_real_steps_only) {
  check_values(run_words("output y = sum(n, over = time)"), {3, 1}, {6, 3, 1});
  check_values(run_words("output y = mean(n, over = time(word))"), {3, 1}, {2, 1.5, 1});
  check_values(run_words("output y = min(-n, over = time)"), {3, 1}, {-3, -2, -1});
  check_values(run_words("output y = sum(softmax(n * 0, over = time) * n, over = time)"), {3, 1},
               {2, 1.5, 1});
  check_values(run_words("output y = last(n) * 10 + first(n)"), {3, 1}, {31, 21, 11});
  check_values(run_words("output y = first(reverse(n))"), {3, 1}, {3, 2, 1});
  check_values(run_words("output y = sum(next(n), over = time)"), {3, 1}, {5, 2, 0});
}

BOOST_AUTO_TEST_CASE(time_names_one_of_several_axes) {
  const std::string scores =
      "data { a = table(\"words.tsv\")\n left = words(a, column = \"text\")\n"
      " right = words(a, column = \"other\") }\n"
      "model { u = one_hot(left) * 0 + 1\n v = one_hot(right) * 0 + 1\n"
      " s = u[.., 0:1] @ transpose(v[.., 0:1])\n"
      " output rows = sum(s, over = time(right))\n output columns = sum(s, over = time(u)) }";
  BuiltProgram p(scores, {{"words.tsv", "text\tother\na b c\td e\na\td e f\n"}});
  p.require_no_errors();
  const auto out = p.run_examples(2);
  BOOST_TEST(out.at("output:rows").at(0) == 2);
  BOOST_TEST(out.at("output:columns").at(0) == 3);
  BOOST_TEST(out.at("output:rows").at(3) == 3);
  BOOST_TEST(out.at("output:columns").at(3) == 1);
}

BOOST_AUTO_TEST_CASE(definitions_take_defaults_and_return_several) {
  const std::string top =
      "let scale = 3\n"
      "def both(a, by = scale, more = by + 1) { return a * by, a * more }\n"
      "def first_of(f, a) { return f(a) }\n";
  check_values(run("p, q = both([1, 2])\noutput y = concat(p, q)", top), {4}, {3, 6, 4, 8});
  check_values(run("p = both([1, 2], 5)\noutput y = p", top), {2}, {5, 10});
  check_values(run("output y = both([1], more = 7) + 0 * first_of(exp, [1])", top), {1}, {3});
  check_values(run("output y = first_of(relu, [-1, 2])", top), {2}, {0, 2});
}

BOOST_AUTO_TEST_CASE(a_definition_sees_lets_and_data_but_no_value_of_the_model) {
  BuiltProgram p(word_data +
                     "let k = 2\ndef f(x) { return x * k * vocab(word) + 0 * z }\n"
                     "model { z = [1]\n output y = f([1]) }",
                 word_table);
  BOOST_TEST(p.errors() ==
             "test.fold:5:45: error: 'z' is not defined\n"
             "def f(x) { return x * k * vocab(word) + 0 * z }\n"
             "                                            ^\n");
}

BOOST_AUTO_TEST_CASE(values_may_be_bound_again_and_choices_open_no_scope) {
  check_values(run("a = [1]\na = a + 1\nif true { a = a * 10\nb = a } else { b = 0 }\n"
                   "repeat 3 { b = b + 1 }\nrepeat 0 { b = undefined }\noutput y = concat(a, b)"),
               {2}, {20, 23});
}

BOOST_AUTO_TEST_CASE(choices_by_lets_strings_and_booleans) {
  const std::string top = "let cell = \"gru\"\nlet deep = true\n";
  check_values(
      run("if cell == \"gru\" and not (deep == false) { a = 1 } else { a = 2 }\n"
          "if cell + \"2\" != \"gru2\" or 1 > 2 { a = 3 } else if deep { a = a + 4 }\noutput y = a",
          top),
      {}, {5});
}

BOOST_AUTO_TEST_CASE(names_before_a_bracket_are_layers_and_others_values) {
  check_values(
      run("sum = [1, 2]\nmetric mean = mean(sum)\nmetric more = mean + 1\noutput y = sum(sum)"), {},
      {3});
}

BOOST_AUTO_TEST_CASE(metrics_are_visible_to_later_ones) {
  BuiltProgram p(word_data +
                     "model { logits = dense(last(one_hot(word)), classes(label))\n"
                     "loss = cross_entropy(logits, label)\n"
                     "metric perplexity = exp(loss)\n metric twice = 2 * perplexity }",
                 word_table);
  p.require_no_errors();
  const auto out = p.run_examples(3);
  BOOST_CHECK_CLOSE(out.at("metric:twice").at(0), 2 * std::exp(out.at("loss").at(0)), 1e-9);
}

BOOST_AUTO_TEST_CASE(metrics_are_labels_and_rebind_nothing) {
  BuiltProgram p(word_data +
                     "let half = 0.5\n"
                     "model { param w : [1] = [2]\n"
                     "a = w * 3\n"
                     "metric a = sum(a) + 100\nmetric half = 3\nmetric w = sum(a)\n"
                     "metric b = sum(a) * half + sum(w)\n"
                     "loss = sum(a) }",
                 word_table);
  p.require_no_errors();
  auto out = p.run_examples(3);
  BOOST_TEST(out.at("loss").at(0) == 6);
  BOOST_TEST(out.at("metric:a").at(0) == 106);
  BOOST_TEST(out.at("metric:w").at(0) == 6);
  BOOST_TEST(out.at("metric:b").at(0) == 5);
}

BOOST_AUTO_TEST_CASE(losses_reduce_as_they_are_told) {
  const auto reduced = [](const std::string& loss) {
    return run_words("p = n * 0\nmetric y = " + loss, "metric:y");
  };
  check_values(reduced("mean_squared_error(p, n)"), {}, {(14.0 + 5 + 1) / 6});
  check_values(reduced("mean_squared_error(p, n, reduce = sum)"), {}, {20});
  check_values(reduced("mean_squared_error(p, n, over = time)"), {},
               {(14.0 / 3 + 5.0 / 2 + 1) / 3});
  check_values(reduced("mean_absolute_error(p, n, reduce = sum, over = time)"), {},
               {(6.0 + 3 + 1) / 3});
  check_values(reduced("mean_absolute_error(p, n, reduce = sum, over = batch)"), {},
               {6.0 / 3 + 3.0 / 2 + 1});
  check_values(run_words("p = n * 0\n"
                         "output y = sum(mean_absolute_error(p, n, reduce = none), over = time)"),
               {3, 1}, {6, 3, 1});
}

BOOST_AUTO_TEST_CASE(sums_and_means_over_the_batch) {
  check_values(run_words("metric y = sum(n, over = batch)", "metric:y"), {}, {10});
  check_values(run_words("metric y = mean(n, over = batch)", "metric:y"), {}, {10.0 / 6});
  check_values(run_words("metric y = mean(sum(n), over = batch)", "metric:y"), {}, {10.0 / 3});
  // What is the same for all examples counts once for each.
  check_values(run_words("metric y = sum(count, over = batch)", "metric:y"), {}, {18});
  check_values(run_words("metric y = mean(count, over = batch)", "metric:y"), {}, {2});
}

BOOST_AUTO_TEST_CASE(a_loss_may_be_written_with_the_mean_over_the_batch) {
  const auto graph_of = [](const std::string& loss) {
    BuiltProgram p(
        word_data + "model { p = dense(one_hot(word), 3); q = one_hot(word)\nloss = " + loss + " }",
        word_table);
    p.require_no_errors();
    return Graph(p.graph());
  };
  const std::string values = "mean_squared_error(p, q, reduce = none)";
  BOOST_TEST(!difference(graph_of("mean(" + values + ", over = batch)"),
                         graph_of("mean_squared_error(p, q)")));
  BOOST_TEST(!difference(graph_of("sum(" + values + ", over = batch)"),
                         graph_of("mean_squared_error(p, q, reduce = sum)")));
}

BOOST_AUTO_TEST_CASE(a_loss_may_be_any_expression_with_one_value) {
  BuiltProgram p(word_data +
                     "model { param W : [3, 2] = ones\n"
                     "logits = last(one_hot(word)) @ W\n"
                     "loss = cross_entropy(logits, label) + 0.5 * sum(W * W) }",
                 word_table);
  p.require_no_errors();
  BOOST_CHECK_CLOSE(p.run_examples(3).at("loss").at(0), std::log(2.0) + 3, 1e-9);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
