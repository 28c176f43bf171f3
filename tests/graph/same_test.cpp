#include "graph/same.h"

#include <boost/test/unit_test.hpp>

#include "ops/ops.h"

using namespace unfold;

namespace {

Value vector_input(Graph& g, const char* name = "x") {
  return input(g, name, real_type({plain(3)}, true));
}

void finish(Graph& g, Value v, const char* name = "y") { g.outputs.push_back({name, v.id}); }

/// x W1 and x W2 added up, W1 and W2 being called as told.
Graph two_products(const char* first, const char* second, bool share = false) {
  Graph g;
  const Value x = vector_input(g);
  const Value a = parameter(g, first, {plain(3), plain(2)});
  const Value b = share ? a : parameter(g, second, {plain(3), plain(2)});
  finish(g, matmul(x, a) + matmul(x, b) * 2.0);
  return g;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(same)

BOOST_AUTO_TEST_CASE(ignores_places_order_dead_nodes_and_labels) {
  Graph a;
  const Value x = vector_input(a);
  finish(a, tanh(x) * sigmoid(x));

  Graph b;
  b.current = {{"layer", "h", "f.fold", 3, 1}, 2, false};
  const Value z = input(b, "x", real_type({plain(3, "units")}, true));
  exp(z);
  const Value s = sigmoid(z);
  finish(b, tanh(z) * s, "other");

  BOOST_CHECK(!difference(a, b));
  BOOST_CHECK(!difference(b, a));
}

BOOST_AUTO_TEST_CASE(a_value_computed_twice_is_the_same_value) {
  Graph a, b;
  const Value x = vector_input(a), z = vector_input(b);
  const Value once = tanh(x);
  finish(a, once * once);
  finish(b, tanh(z) * tanh(z));
  BOOST_CHECK(!difference(a, b));
  BOOST_CHECK(!difference(b, a));
}

BOOST_AUTO_TEST_CASE(parameters_may_be_renamed_one_to_one) {
  BOOST_CHECK(!difference(two_products("W", "U"), two_products("cell.A", "cell.B")));
  BOOST_CHECK(!difference(two_products("W", "U"), two_products("U", "W")));
  BOOST_CHECK(difference(two_products("W", "U"), two_products("W", "W", true)));
  BOOST_CHECK(difference(two_products("W", "W", true), two_products("W", "U")));
}

BOOST_AUTO_TEST_CASE(inputs_keep_their_names) {
  Graph a, b;
  finish(a, tanh(vector_input(a, "x")));
  finish(b, tanh(vector_input(b, "y")));
  BOOST_CHECK_EQUAL(difference(a, b).value(),
                    "output y: different name\n"
                    "  input {name=\"x\"} : batched real [3]\n"
                    "  input {name=\"y\"} : batched real [3]");
}

BOOST_AUTO_TEST_CASE(call_sites_of_random_numbers_may_be_renamed_one_to_one) {
  const auto draw = [](const char* one, const char* two) {
    Graph g;
    finish(g, random_uniform(g, one, {plain(2)}) - random_uniform(g, two, {plain(2)}));
    return g;
  };
  BOOST_CHECK(!difference(draw("p", "q"), draw("r", "s")));
  BOOST_CHECK(difference(draw("p", "q"), draw("r", "r")));
}

BOOST_AUTO_TEST_CASE(says_which_node_differs_and_where_it_is) {
  Graph a, b;
  a.current.site.path = "cell";
  a.current.step = 4;
  const Value x = vector_input(a), z = vector_input(b);
  finish(a, exp(tanh(x)));
  finish(b, exp(sigmoid(z)));
  BOOST_CHECK_EQUAL(difference(a, b).value(),
                    "output y: different operations\n"
                    "  tanh %0 : batched real [3] in cell at step 4\n"
                    "  sigmoid %0 : batched real [3]");
}

BOOST_AUTO_TEST_CASE(sees_the_order_of_operands_attributes_shapes_and_outputs) {
  const auto graph = [](auto build) {
    Graph g;
    const Value x = vector_input(g);
    finish(g, build(x));
    return g;
  };
  const Graph difference_of = graph([](Value x) { return tanh(x) - x; });
  BOOST_CHECK_EQUAL(
      difference(difference_of, graph([](Value x) { return x - tanh(x); })).value().substr(0, 30),
      "output y: different operations");
  BOOST_CHECK_EQUAL(
      difference(graph([](Value x) { return at(x, 0); }), graph([](Value x) { return at(x, 1); }))
          .value(),
      "output y: different index\n"
      "  at %0 {dim=0, index=0} : batched real []\n"
      "  at %0 {dim=0, index=1} : batched real []");
  BOOST_CHECK_EQUAL(difference(graph([](Value x) { return slice(x, 0, 0, 2); }),
                               graph([](Value x) { return slice(x, 0, 0, 1); }))
                        .value()
                        .substr(0, 26),
                    "output y: different shapes");
  Graph two = difference_of;
  two.outputs.push_back({"z", 0});
  BOOST_CHECK_EQUAL(difference(difference_of, two).value(), "one has 1 outputs, the other 2");
}

BOOST_AUTO_TEST_CASE(a_long_chain_needs_no_deep_stack) {
  const auto chain = [] {
    Graph g;
    Value v = vector_input(g);
    for (int i = 0; i < 200000; ++i) v = tanh(v);
    finish(g, v);
    return g;
  };
  BOOST_CHECK(!difference(chain(), chain()));
}

BOOST_AUTO_TEST_SUITE_END()
