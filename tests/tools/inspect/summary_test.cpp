// The table of a model's layers: names, shapes, counts and work.

#include "tools/inspect/summary.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/tools/inspect/small_program.h"

using namespace unfold;
using unfold::testing::SmallProgram;

namespace {

SummaryRow row(const Summary& summary, const std::string& layer) {
  for (const SummaryRow& r : summary.rows)
    if (r.layer == layer) return r;
  BOOST_FAIL("no row " << layer);
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(summaries)

BOOST_AUTO_TEST_CASE(of_the_lectures_network_counts_27_and_4) {
  const SmallProgram program(SmallProgram::sentiment);
  const Summary summary = summarise(program.load());
  BOOST_TEST(row(summary, "h").parameters == 27);
  BOOST_TEST(row(summary, "h").output == "[time(review), units=3]");
  BOOST_TEST(row(summary, "p").parameters == 4);
  BOOST_TEST(row(summary, "p").output == "[1]");
  BOOST_TEST(summary.parameters == 31);
  BOOST_TEST(summary.bytes == 124);
  BOOST_TEST(summary.frozen == 0);
  BOOST_TEST(to_table(summary).find("31 parameters, 124 bytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(work_is_divided_into_that_of_a_step_and_that_of_an_example) {
  const SmallProgram program(SmallProgram::sentiment);
  const Summary summary = summarise(program.load());
  // A step: x[t] 5, joined 8, a product 2 * 8 * 3, a bias 3, tanh 3, its place in the sequence 3.
  BOOST_TEST(row(summary, "h").work_step == 5 + 8 + 48 + 3 + 3 + 3);
  BOOST_TEST(row(summary, "p").work_step == 0);
  // Once: the last state 3, a product 2 * 3, a bias 1.
  BOOST_TEST(row(summary, "p").work_once == 10);
}

BOOST_AUTO_TEST_CASE(parameters_at_the_top_belong_to_their_first_use) {
  const SmallProgram program(R"(  param U : [5, 2]
  param W : [2, 2]
  frozen param V : [2, 1]
  x = one_hot(review)
  for t in x { h[t] = tanh(x[t] @ U + h[t-1] @ W) }
  y = last(h) @ V
  loss = mean_squared_error(y, sentiment)
)");
  const Summary summary = summarise(program.load());
  BOOST_TEST(row(summary, "h").parameters == 14);
  BOOST_TEST(row(summary, "h").output == "[time(review), 2]");
  BOOST_TEST(row(summary, "y").parameters == 2);
  BOOST_TEST(summary.parameters == 16);
  BOOST_TEST(summary.frozen == 2);
  BOOST_TEST(to_table(summary).find("2 of them frozen") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_layer_of_several_results_has_the_shape_of_the_first) {
  const SmallProgram program(R"(  h, c = two(one_hot(review))
  for t in h { a[t], b[t] = two(h[t]) }
  h, d = two(h)
  loss = binary_cross_entropy(dense(last(h), 1) + last(c * d) + sum(last(a)) + last(b), sentiment)
}
def two(x) {
  y = dense(x, 4)
  return y, dense(y, 1)
)");
  const Summary summary = summarise(program.load());
  BOOST_TEST(row(summary, "h").output == "[time(review), 4]");
  BOOST_TEST(row(summary, "h_2").output == "[time(review), 4]");
  BOOST_TEST(row(summary, "h").parameters == 5 * 4 + 4 + 4 + 1);
  BOOST_TEST(row(summary, "a").output == "[time(review), 4]");
}

BOOST_AUTO_TEST_CASE(rows_stand_in_the_order_in_which_layers_are_completed) {
  const SmallProgram program(R"(  thought = last(gru(one_hot(review), 3))
  h = lstm(embedding(review, 2), 3, init = (thought, thought))
  loss = binary_cross_entropy(dense(last(h), 1), sentiment)
)");
  std::vector<std::string> layers;
  for (const SummaryRow& r : summarise(program.load()).rows) layers.push_back(r.layer);
  BOOST_TEST(
      layers == (std::vector<std::string>{"gru", "thought", "embedding", "h", "dense", "loss"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bytes_follow_the_precision) {
  const SmallProgram program(SmallProgram::sentiment);
  BOOST_TEST(summarise(program.load(DType::f64)).bytes == 248);
}

BOOST_AUTO_TEST_SUITE_END()
