#include "graph/verify.h"

#include <boost/test/unit_test.hpp>

#include "ops/ops.h"
#include "tests/support/feeds.h"
#include "tests/support/random_graph.h"

using namespace unfold;
using support::error_of;

namespace {

const OpDef& op(const char* name) { return *find_op(name); }

struct Broken {
  Graph g;
  NodeId x = input(g, "x", real_type({plain(3)}, true)).id;
  NodeId w = parameter(g, "w", {plain(3)}).id;

  NodeId raw(const char* name, std::vector<NodeId> in, const Type& type, Attributes a = {}) {
    return g.add_raw(op(name), in, g.intern(std::move(a)), g.intern(type));
  }
  std::string error() const {
    return error_of([&] { verify(g); });
  }
};

const Type batched = real_type({plain(3)}, true), shared = real_type({plain(3)});

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_graph)

BOOST_AUTO_TEST_CASE(random_graphs_and_their_gradients_hold_all_invariants) {
  for (std::uint32_t seed = 0; seed < 100; ++seed)
    BOOST_CHECK_NO_THROW(verify(support::random_graph(seed, {.gradients = true})));
}

BOOST_AUTO_TEST_CASE(one_operands_come_before) {
  Broken b;
  b.raw("tanh", {2}, batched);
  BOOST_TEST(b.error() ==
             "invariant 1 broken at %2 = tanh %2 : batched real [3]: operand %2 comes later");
}

BOOST_AUTO_TEST_CASE(two_as_many_operands_as_the_operation_takes) {
  Broken few, many;
  few.raw("add", {few.x}, batched);
  BOOST_TEST(few.error() == "invariant 2 broken at %2 = add %0 : batched real [3]: 1 operands");
  many.raw("tanh", {many.x, many.x}, batched);
  BOOST_TEST(many.error() ==
             "invariant 2 broken at %2 = tanh %0 %0 : batched real [3]: 2 operands");
}

BOOST_AUTO_TEST_CASE(three_types_are_what_the_rule_says) {
  Broken wrong, impossible;
  wrong.raw("tanh", {wrong.x}, real_type({plain(4)}, true));
  BOOST_TEST(wrong.error() ==
             "invariant 3 broken at %2 = tanh %0 : batched real [4]: the shape rule gives batched "
             "real [3]");
  const NodeId two = parameter(impossible.g, "two", {plain(2)}).id;
  impossible.raw("add", {impossible.x, two}, batched);
  BOOST_TEST(
      impossible.error() ==
      "invariant 3 broken at %3 = add %0 %2 : batched real [3]: add: shapes do not broadcast "
      "(3 vs 2): left is [3], right is [2]");
}

BOOST_AUTO_TEST_CASE(four_batched_exactly_when_an_operand_is) {
  Broken lost, invented, sum;
  lost.raw("tanh", {lost.x}, shared);
  BOOST_TEST(
      lost.error() ==
      "invariant 4 broken at %2 = tanh %0 : shared real [3]: batched and shared are mixed up");
  invented.raw("tanh", {invented.w}, batched);
  BOOST_TEST(invented.error().starts_with("invariant 4 broken at %2 = tanh %1"));
  sum.raw("batch_sum", {sum.x}, batched);
  BOOST_TEST(sum.error().starts_with("invariant 4 broken at %2 = batch_sum %0"));
}

BOOST_AUTO_TEST_CASE(five_attributes_are_the_operations_own_and_sources_have_no_operands) {
  Broken attribute, source;
  attribute.raw("tanh", {attribute.x}, batched, {{"index", std::int64_t{1}}});
  BOOST_TEST(
      attribute.error() ==
      "invariant 5 broken at %2 = tanh %0 {index=1} : batched real [3]: no attribute 'index'");
  source.raw("input", {source.x}, batched, {{"name", std::string("y")}});
  BOOST_TEST(source.error() ==
             "invariant 5 broken at %2 = input %0 {name=\"y\"} : batched real [3]: 1 operands");
}

BOOST_AUTO_TEST_CASE(five_the_numbers_that_a_source_holds_are_of_its_type) {
  const auto error_for = [](Tensor values, const Type& type) {
    Broken b;
    b.raw("constant", {}, type, {{"values", std::make_shared<const Tensor>(std::move(values))}});
    return b.error();
  };
  const auto two = [] { return Tensor::of<double>({2}, {1, 2}); };
  const std::string start = "invariant 5 broken at %2 = constant {values=f64[2](1.0, 2.0)} : ";
  BOOST_TEST(error_for(two(), real_type({plain(2)})) == "");
  BOOST_TEST(error_for(two(), real_type({plain(3)})) ==
             start +
                 "shared real [3]: constant: holds real numbers [2], its type is shared real "
                 "numbers [3]");
  BOOST_TEST(error_for(two(), real_type({plain(2)}, true)) ==
             start +
                 "batched real [2]: constant: holds real numbers [2], its type is batched real "
                 "numbers [2]");
  BOOST_TEST(error_for(two(), index_type({plain(2)})) ==
             start +
                 "shared index [2]: constant: holds real numbers [2], its type is shared ids "
                 "[2]");
  BOOST_TEST(error_for(Tensor::of<std::int32_t>({1}, {3}), index_type({plain(1)})) == "");
}

BOOST_AUTO_TEST_CASE(six_no_size_is_unknown) {
  Broken size, all;
  input(size.g, "y", real_type({plain(Dim::unknown)}));
  BOOST_TEST(size.error() ==
             "invariant 6 broken at %2 = input {name=\"y\"} : shared real [?]: a size is unknown");
  input(all.g, "y", unknown_type());
  BOOST_TEST(all.error() ==
             "invariant 6 broken at %2 = input {name=\"y\"} : unknown: a size is unknown");
}

BOOST_AUTO_TEST_CASE(seven_outputs_and_states_name_nodes_once) {
  Broken twice, outside, state_twice, state_outside;
  twice.g.outputs = {{"y", 0}, {"y", 1}};
  BOOST_TEST(twice.error() == "invariant 7 broken: output 'y' is no node, or there are two of it");
  outside.g.outputs = {{"y", 2}};
  BOOST_TEST(outside.error() ==
             "invariant 7 broken: output 'y' is no node, or there are two of it");
  state_twice.g.states = {{"s", "t", 0, 1}, {"s", "t", 1, 0}};
  BOOST_TEST(state_twice.error() ==
             "invariant 7 broken: state 's' is no node, or there are two of it");
  state_outside.g.states = {{"s", "t", 0, no_node}};
  BOOST_TEST(state_outside.error() ==
             "invariant 7 broken: state 's' is no node, or there are two of it");
}

BOOST_AUTO_TEST_CASE(an_error_has_the_place_of_the_node) {
  Broken b;
  b.g.current.site = {"", "", "m.fold", 4, 2};
  b.raw("tanh", {b.x}, shared);
  try {
    verify(b.g);
    BOOST_FAIL("no error");
  } catch (const Error& e) {
    BOOST_CHECK((e.where == Location{"m.fold", 4, 2, 1}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
