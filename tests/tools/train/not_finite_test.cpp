#include "tools/train/not_finite.h"

#include <boost/test/unit_test.hpp>

#include "ops/ops.h"

using namespace unfold;

BOOST_AUTO_TEST_SUITE(not_finite)

BOOST_AUTO_TEST_CASE(the_first_bad_operation_is_named_with_step_and_line) {
  Graph g;
  g.current = {{"cell", "h", "cell.fold", 4, 3}, 2, false};
  const Value x = input(g, "x", real_type({}, true));
  const Value h = log(x);
  g.outputs.push_back({"loss", batch_sum(h * 2.0).id});
  const Tensor values = Tensor::of<double>({3}, {1, -1, 2});
  Feed feed;
  feed.batch = 3;
  feed.tensors["x"] = &values;
  const Error error =
      describe_not_finite("update 7: the loss is not finite (nan)", g, feed, DType::f64);
  BOOST_TEST(error.message ==
             "update 7: the loss is not finite (nan): the first such value is in `log` of cell.h, "
             "timestep 2; the parameters are as they were before this update");
  BOOST_TEST(error.where.file == "cell.fold");
  BOOST_TEST(error.where.line == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
