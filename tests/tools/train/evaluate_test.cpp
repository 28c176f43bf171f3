#include "tools/train/evaluate.h"

#include <boost/test/unit_test.hpp>

#include "graph/interpret.h"
#include "ops/ops.h"

using namespace unfold;

namespace {

// A loss that is a ratio of sums over the batch plus a term of a parameter alone.
Graph mean_and_penalty() {
  Graph g;
  const Value x = input(g, "x", real_type({}, true)), w = parameter(g, "w", {plain(2)});
  const Value mean = batch_sum(x * x) / batch_sum(fill(g, 1.0, real_type({}, true)));
  g.outputs.push_back({"loss", (mean + sum(w * w)).id});
  g.outputs.push_back({"metric:root", sqrt(mean).id});
  return g;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(running_sums)

BOOST_AUTO_TEST_CASE(batches_of_any_size_give_the_numbers_of_all_examples_together) {
  const SplitSums split = split_sums(mean_and_penalty(), {"loss", "metric:root"}, core_ops());
  const std::vector<TrainedParameter> parameters{{"w", Tensor::of<float>({2}, {1, 2}), false}};
  RunningSums sums;
  for (const auto& values : {std::vector<double>{1, 2, 3}, std::vector<double>{4}}) {
    const Tensor x = Tensor::of({static_cast<std::int64_t>(values.size())}, values);
    Feed feed;
    feed.batch = x.size();
    feed.tensors["x"] = &x;
    sums.add(interpret_outputs(split.parts, feed, DType::f64));
  }
  const auto found = sums.finish(split.rest, parameters);
  BOOST_TEST(found.at("loss") == 30.0 / 4 + 5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(found.at("root") == std::sqrt(30.0 / 4), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(numbers_of_a_model_file_bring_them_back) {
  RunningSums sums;
  sums.add(
      {{"sum:0", Tensor::of<float>({}, {0.1F})}, {"sum:1", Tensor::of<float>({3}, {1, 2, 3})}});
  RunningSums back;
  back.restore(sums.numbers());
  BOOST_TEST((back.numbers() == sums.numbers()));
  BOOST_TEST(back.numbers().at("sum:1/2") == 3.0);
}

BOOST_AUTO_TEST_SUITE_END()
