#include "ops/build.h"

#include <boost/test/unit_test.hpp>

#include "graph/autodiff.h"
#include "tests/ops/run_sample.h"
#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

int count(const Graph& g, const OpDef& op) {
  int n = 0;
  for (NodeId id = 0; id < g.size(); ++id) n += g.node(id).op == &op;
  return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(building)

BOOST_AUTO_TEST_CASE(masks_stand_only_where_padding_would_be_seen) {
  Graph g;
  const Value x = real(g, "x", {ragged(4), plain(2)});
  tanh(x) * x;
  sum(x, {1});
  softmax(x, 1);
  matmul(x, shared(g, "w", sizes({2, 2})));
  BOOST_TEST(count(g, step_mask_op) == 0);
  sum(x, {0});
  BOOST_TEST(count(g, step_mask_op) == 1);
  softmax(x, 0);
  BOOST_TEST(count(g, step_mask_op) == 2);
  max(x);
  BOOST_TEST(count(g, step_mask_op) == 3);
  matmul(transpose(x), x);
  BOOST_TEST(count(g, step_mask_op) == 5);
}

BOOST_AUTO_TEST_CASE(full_axes_need_no_masks_and_no_lengths) {
  Graph g;
  const Value x = real(g, "x", {full(4), plain(2)});
  sum(x);
  softmax(x, 0);
  reverse(x);
  last(x);
  mean(shift(x, 1));
  reverse(shift(x, 1));
  BOOST_TEST(count(g, step_mask_op) == 0);
  BOOST_TEST(count(g, length_op) == 0);
}

BOOST_AUTO_TEST_CASE(differentiation_adds_no_masks) {
  Graph g;
  const Value x = real(g, "x", {ragged(4), plain(2)}), w = shared(g, "w", sizes({2, 2}));
  const Value loss = batch_sum(sum(tanh(matmul(x, w))));
  const int before = count(g, step_mask_op);
  gradients(loss, {{x, w}}, core_ops());
  BOOST_TEST(count(g, step_mask_op) == before);
}

BOOST_AUTO_TEST_CASE(what_needs_a_whole_sequence_is_refused_in_a_piece) {
  Graph g;
  g.pieces_of = "line";
  const Value x = real(g, "x", {full(8, "line"), plain(2)});
  const auto refused = [](const std::string& op) {
    return op +
           ": uses the whole sequence over line, but the network sees one piece of it at a time";
  };
  BOOST_TEST(error_of([&] { sum(x); }) == refused("sum"));
  BOOST_TEST(error_of([&] { max(x, {0}); }) == refused("max"));
  BOOST_TEST(error_of([&] { softmax(x, 0); }) == refused("softmax"));
  BOOST_TEST(error_of([&] { reverse(x); }) == refused("reverse"));
  BOOST_TEST(error_of([&] { at(x, 2); }) == refused("at"));
  BOOST_TEST(error_of([&] { first(x); }) == refused("at"));
  BOOST_TEST(error_of([&] { last(x); }) == refused("at"));
  BOOST_TEST(error_of([&] { reverse(x); }) == refused("reverse"));
  BOOST_TEST(error_of([&] { matmul(transpose(x), x); }) == refused("matmul"));
  BOOST_TEST(error_of([&] { sum(x, {1}); }) == "");
  BOOST_TEST(error_of([&] { tanh(x) + shift(x, -1); }) == "");
  BOOST_TEST(error_of([&] { sum(real(g, "y", {full(8, "word")})); }) == "");
}

BOOST_AUTO_TEST_CASE(too_many_operands) {
  Graph g;
  const Value x = real(g, "x", {});
  BOOST_TEST(error_of([&] { build(matmul_op, {x}); }) == "matmul: expects 2 operands, got 1");
  BOOST_TEST(error_of([&] { build(sum_op, {x, x}); }) == "sum: expects 1 operand, got 2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
