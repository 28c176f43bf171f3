#include "graph/graph.h"

#include <boost/test/unit_test.hpp>
#include <thread>

#include "ops/ops.h"
#include "tests/support/feeds.h"

using namespace unfold;
using support::error_of;

BOOST_AUTO_TEST_SUITE(graphs)

BOOST_AUTO_TEST_CASE(equal_names_are_one_symbol) {
  BOOST_CHECK(Symbol("x") == Symbol(std::string("x")));
  BOOST_CHECK(!(Symbol("x") == Symbol("y")));
  BOOST_CHECK(Symbol() == Symbol(""));
  BOOST_TEST(Symbol().empty());
  BOOST_CHECK(Symbol("a") < Symbol("b"));
  BOOST_TEST(std::hash<Symbol>()("x") == Symbol("x").hash());
}

BOOST_AUTO_TEST_CASE(symbols_may_be_made_by_several_threads) {
  std::vector<std::vector<Symbol>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made)
    threads.emplace_back([&mine] {
      for (int i = 0; i < 500; ++i) mine.push_back("shared name " + std::to_string(i));
    });
  for (std::thread& t : threads) t.join();
  for (std::size_t i = 0; i < 500; ++i)
    for (const auto& mine : made) BOOST_TEST((mine[i] == made[0][i]));
}

BOOST_AUTO_TEST_CASE(equal_types_attributes_and_sites_are_stored_once) {
  Graph g;
  g.current.site = {"a", "b", "c", 1, 2};
  const Value x = input(g, "x", real_type({plain(3)}, true));
  const Value a = at(x, 1), b = at(x, 1), c = at(x, 2);
  BOOST_TEST(g.node(a.id).type == g.node(b.id).type);
  BOOST_TEST(g.node(a.id).attributes == g.node(b.id).attributes);
  BOOST_TEST(g.node(a.id).site == g.node(x.id).site);
  BOOST_TEST(g.node(a.id).attributes != g.node(c.id).attributes);
}

BOOST_AUTO_TEST_CASE(references_to_types_outlive_the_addition_of_nodes) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(3)}, true));
  const Type& type = x.type();
  const Attributes& attributes = g.attributes(x.id);
  for (int i = 0; i < 1000; ++i) fill(g, i, real_type({plain(i)}));
  BOOST_TEST(&type == &x.type());
  BOOST_TEST(&attributes == &g.attributes(x.id));
}

BOOST_AUTO_TEST_CASE(a_scope_sets_the_place_and_restores_the_former) {
  Graph g;
  g.current = {{"outer", "", "", 0, 0}, 1, false};
  {
    const PlaceScope scope(g, {{"inner", "x", "f", 3, 4}, 2, true});
    const Value x = parameter(g, "x", {});
    BOOST_TEST(g.place(x.id).site.path.str() == "inner");
    BOOST_CHECK((location_of(g.place(x.id).site) == Location{"f", 3, 4, 1}));
  }
  BOOST_TEST(g.place(parameter(g, "y", {}).id).site.path.str() == "outer");
}

BOOST_AUTO_TEST_CASE(the_number_of_operands_is_checked) {
  Graph g;
  const Value x = parameter(g, "x", {});
  const Value two[] = {x, x};
  BOOST_TEST(error_of([&] { g.add(*find_op("tanh"), two); }) == "tanh: expects 1 operand, got 2");
  BOOST_TEST(error_of([&] { g.add(*find_op("add"), std::span(two, 1)); }) ==
             "add: expects 2 operands, got 1");
  BOOST_TEST(error_of([&] { g.add(*find_op("reverse"), {}); }) ==
             "reverse: expects 1 to 2 operands, got 0");
  BOOST_TEST(error_of([&] { g.add(*find_op("concat"), {}); }) ==
             "concat: expects 1 or more operands, got 0");
}

BOOST_AUTO_TEST_CASE(a_value_has_at_most_nine_dimensions) {
  Graph g;
  const Value x = input(g, "x", real_type(std::vector<Dim>(8, plain(1)), true));
  const Value nine[] = {stack({{x}}, plain(1))};
  const Value y = tanh(nine[0]) * parameter(g, "w", {plain(2)});
  g.outputs = {{"y", y.id}};
  support::Feeds feeds(g, 3);
  BOOST_TEST(support::execute(g, feeds.feed()).at("y").size() == 6);
  BOOST_TEST(error_of([&] { stack(nine, plain(1)); }) ==
             "stack: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] has 10 dimensions; a value has at most 9");
  BOOST_TEST(error_of([&] { parameter(g, "v", std::vector<Dim>(10, plain(2))); }) ==
             "parameter: [2, 2, 2, 2, 2, 2, 2, 2, 2, 2] has 10 dimensions; a value has at most 9");
}

BOOST_AUTO_TEST_CASE(operands_are_values_of_the_graph) {
  Graph g, other;
  const Value x = parameter(g, "x", {}), y = parameter(other, "y", {});
  BOOST_TEST(error_of([&] { x + y; }) == "add: operand 2 is a value of another graph");
  BOOST_TEST(error_of([&] { matmul(x, y); }) == "matmul: operand 2 is a value of another graph");
  BOOST_TEST(error_of([&] { x* Value(); }) == "mul: operand 2 is empty");
  BOOST_TEST(error_of([&] { tanh(Value()); }) == "tanh: an operand is empty");
  BOOST_TEST(error_of([&] { concat(std::span<const Value>()); }) == "concat: an operand is empty");
}

BOOST_AUTO_TEST_CASE(a_value_has_no_more_numbers_than_memory_could) {
  Graph g;
  const std::int64_t many = std::int64_t{1} << 31;
  BOOST_TEST(error_of([&] {
               parameter(g, "w", {plain(many), plain(many), plain(4)});
             }) ==
             "parameter: [2147483648, 2147483648, 4] would be more than 100000000000 numbers");
  const Value a = parameter(g, "a", {plain(many), plain(1)});
  const Value b = parameter(g, "b", {plain(1), plain(many)});
  BOOST_TEST(error_of([&] { a* b; }) ==
             "mul: [2147483648, 2147483648] would be more than 100000000000 numbers");
  BOOST_TEST(error_of([&] { parameter(g, "c", {plain(-7)}); }) ==
             "parameter: [-7] has a negative size");
}

BOOST_AUTO_TEST_CASE(numbers_of_the_program_have_the_shape_that_is_said) {
  Graph g;
  BOOST_TEST(error_of([&] {
               constant(g, Tensor::of<double>({2}, {1, 2}), {plain(3)});
             }) == "constant: holds real numbers [2], its type is shared real numbers [3]");
}

BOOST_AUTO_TEST_CASE(the_last_nodes_can_be_taken_back) {
  Graph g;
  const Value x = parameter(g, "x", {}), y = x + x;
  const NodeId size = g.size();
  tanh(y * x);
  g.truncate(size);
  BOOST_TEST(g.size() == size);
  const Value z = tanh(y);
  BOOST_TEST(z.id == size);
  BOOST_TEST(g.inputs(z.id)[0] == y.id);
  g.truncate(100);
  BOOST_TEST(g.size() == size + 1);
}

BOOST_AUTO_TEST_CASE(an_output_is_found_by_name) {
  Graph g;
  g.outputs = {{"y", parameter(g, "x", {}).id}};
  BOOST_TEST(g.output("y") == 0u);
  BOOST_TEST(g.output("z") == no_node);
}

BOOST_AUTO_TEST_CASE(types_describe_themselves) {
  BOOST_TEST(
      describe(real_type({{50, "time(char)", true, 0, {}}, plain(128, "units"), plain(3)})) ==
      "[time(char)=50, units=128, 3]");
  BOOST_TEST(describe(real_type({plain(Dim::unknown), plain(Dim::unknown, "units")})) ==
             "[?, units]");
  BOOST_TEST(describe(unknown_type()) == "[?]");
  BOOST_TEST(real_type({plain(3), plain(4)}).size() == 12);
  BOOST_TEST(real_type({plain(std::int64_t{1} << 40), plain(std::int64_t{1} << 40)}).size() ==
             std::numeric_limits<std::int64_t>::max());
  BOOST_CHECK(!(real_type({plain(3)}) == real_type({plain(3)}, true)));
  BOOST_CHECK(!(real_type({plain(3)}) == index_type({plain(3)})));
}

BOOST_AUTO_TEST_SUITE_END()
