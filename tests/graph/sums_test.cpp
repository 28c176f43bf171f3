#include "graph/sums.h"

#include <boost/test/unit_test.hpp>

#include "graph/verify.h"
#include "ops/ops.h"
#include "tests/support/feeds.h"

using namespace unfold;
using support::error_of;
using support::Feeds;
using support::Results;

namespace {

// A loss, its exponential, and an output for each example.
Graph network() {
  Graph g;
  const Value x = input(g, "x", real_type({plain(2)}, true)), w = parameter(g, "w", {plain(2)});
  const Value weight = input(g, "weight", real_type({}, true));
  const Value y = tanh(x * w);
  const Value loss = batch_sum(sum(y * y) * weight) / batch_sum(weight) + sum(w * w) * 0.1;
  g.outputs = {{"loss", loss.id}, {"perplexity", exp(loss).id}, {"y", y.id}};
  return g;
}

Tensor rows(const Tensor& t, std::int64_t begin, std::int64_t end) {
  Dims dims = t.dims();
  const std::int64_t each = t.size() / dims[0];
  dims[0] = end - begin;
  Tensor part(t.dtype(), dims);
  for (std::int64_t i = 0; i < part.size(); ++i) part.set(i, t.at(begin * each + i));
  return part;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sums)

BOOST_AUTO_TEST_CASE(totals_of_three_batches_give_the_value_of_the_whole) {
  const Graph g = network();
  const SplitSums split = split_sums(g, {"loss", "perplexity"}, core_ops());
  verify(split.parts);
  verify(split.rest);
  const std::int64_t all = 9;
  Feeds feeds(g, all);
  const Results whole = support::execute(g, feeds.feed());
  Results totals;
  for (const auto& [begin, end] : {std::pair{0, 4}, {4, 5}, {5, 9}}) {
    Feed feed = feeds.feed();
    const Tensor x = rows(feeds["x"], begin, end), weight = rows(feeds["weight"], begin, end);
    feed.batch = end - begin;
    feed.tensors["x"] = &x;
    feed.tensors["weight"] = &weight;
    for (auto& [name, part] : support::execute(split.parts, feed)) {
      if (!name.str().starts_with("sum:")) continue;
      Tensor& total = totals.try_emplace(name, DType::f64, part.dims()).first->second;
      for (std::int64_t i = 0; i < part.size(); ++i) total.set(i, total.at(i) + part.at(i));
    }
  }
  BOOST_TEST(totals.size() == 2u);
  Graph marked = g;
  marked.outputs = split.sums;
  Feeds again(g, all);
  BOOST_TEST(support::distance(support::execute(marked, again.feed()), totals) < 1e-12);
  Feed feed = feeds.feed();
  for (const auto& [name, total] : totals) feed.tensors[name] = &total;
  const Results rest = support::execute(split.rest, feed);
  BOOST_TEST(rest.size() == 2u);
  for (const char* name : {"loss", "perplexity"})
    BOOST_TEST(support::distance(rest.at(name), whole.at(name)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(a_value_without_sums_needs_no_parts) {
  Graph g;
  const Value w = parameter(g, "w", {plain(2)});
  g.outputs = {{"norm", sum(w * w).id}};
  const SplitSums split = split_sums(g, {"norm"}, core_ops());
  BOOST_TEST(split.parts.outputs.empty());
  BOOST_TEST(split.rest.size() == g.size());
}

BOOST_AUTO_TEST_CASE(a_sum_of_a_sum_is_an_error) {
  Graph g;
  g.current.site = {"", "variance", "m.fold", 7, 2};
  const Value x = input(g, "x", real_type({}, true));
  const Value mean = batch_sum(x) / batch_sum(fill(g, 1.0, real_type({}, true)));
  const Value off = x - mean;
  g.outputs = {{"variance", batch_sum(off * off).id}};
  BOOST_TEST(error_of([&] { split_sums(g, {"variance"}, core_ops()); }) ==
             "a sum over the batch of something that itself sums over the batch has no value for a "
             "whole data set");
  try {
    split_sums(g, {"variance"}, core_ops());
    BOOST_FAIL("no error");
  } catch (const Error& e) {
    BOOST_TEST(e.where.line == 7u);
  }
}

BOOST_AUTO_TEST_CASE(a_value_for_each_example_is_an_error) {
  BOOST_TEST(error_of([] { split_sums(network(), {"y"}, core_ops()); }) ==
             "'y' has a value for each example; it needs one for the whole batch");
}

BOOST_AUTO_TEST_SUITE_END()
