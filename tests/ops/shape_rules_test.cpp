#include "ops/shape_rules.h"

#include <boost/test/unit_test.hpp>

#include "tests/ops/check_op.h"

namespace unfold::check {

namespace {

Dim labelled(std::int64_t size, Symbol label) { return plain(size, label); }

std::string added(std::vector<Dim> a, std::vector<Dim> b) {
  Graph g;
  return describe((real(g, "a", std::move(a)) + real(g, "b", std::move(b))).type());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shape_rules)

BOOST_AUTO_TEST_CASE(names_of_axes_and_sizes_survive_a_broadcast) {
  BOOST_TEST(added({full(5, "time"), plain(3)}, {labelled(3, "units")}) == "[time=5, units=3]");
  BOOST_TEST(added({labelled(3, "units")}, {full(5, "time"), plain(1)}) == "[time=5, units=3]");
  BOOST_TEST(added({plain(5)}, {full(5, "time")}) == "[time=5]");
  BOOST_TEST(added({plain(1)}, {full(1, "time")}) == "[time=1]");
}

BOOST_AUTO_TEST_CASE(more_steps_are_unreal_of_the_two) {
  Graph g;
  const Value x = real(g, "x", {ragged(5)});
  BOOST_TEST((x + shift(x, 2)).type().dims[0].trim == 2);
  BOOST_TEST((shift(x, 1) + shift(x, -1)).type().dims[0].trim == 1);
  BOOST_TEST(shift(shift(x, 1), 1).type().dims[0].trim == 2);
  BOOST_TEST(shift(real(g, "y", sizes({5})), 2).type().dims[0].trim == 0);
}

BOOST_AUTO_TEST_CASE(unknown_operands_say_nothing) {
  Graph g;
  const Value unknown = input(g, "h", unknown_type()), row = real(g, "x", sizes({3}));
  BOOST_TEST(describe((unknown + row).type()) == "[3]");
  BOOST_TEST(describe(select(unknown, unknown, row).type()) == "[3]");
  BOOST_TEST(!(unknown * unknown).type().known);
  BOOST_TEST(!tanh(unknown).type().known);
  BOOST_TEST(!less(unknown, row).type().known);
}

BOOST_AUTO_TEST_CASE(batched_with_shared_is_batched) {
  Graph g;
  const Value w = shared(g, "w", sizes({3})), x = real(g, "x", sizes({3}));
  BOOST_TEST(!(w + w).type().batched);
  BOOST_TEST((w + x).type().batched);
  BOOST_TEST(!batch_sum(x).type().batched);
  BOOST_TEST(sum(real(g, "y", {ragged(3)}) * 0.0).type().batched);
}

BOOST_AUTO_TEST_CASE(dimensions_count_from_either_end) {
  const Type t = real_type(sizes({4, 5, 6}));
  BOOST_TEST(unfold::shapes::dimension("op", t, 0) == 0u);
  BOOST_TEST(unfold::shapes::dimension("op", t, -1) == 2u);
  BOOST_TEST(error_of([&] { unfold::shapes::dimension("op", t, -4); }) ==
             "op: there is no dimension -4 in [4, 5, 6]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
