#include "graph/feed.h"

#include <boost/test/unit_test.hpp>

using namespace unfold;

BOOST_AUTO_TEST_SUITE(feeds)

BOOST_AUTO_TEST_CASE(repeating_the_last_step_fills_padding_alone) {
  Tensor x = Tensor::of<double>({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  repeat_last_step(x, Tensor::of<std::int32_t>({2}, {3, 1}));
  const std::vector<double> expected{1, 2, 3, 4, 5, 6, 7, 8, 7, 8, 7, 8};
  BOOST_TEST(x.as<double>() == expected, boost::test_tools::per_element());
  Tensor ids = Tensor::of<std::int32_t>({1, 3}, {4, 5, 6});
  repeat_last_step(ids, Tensor::of<std::int32_t>({1}, {2}));
  BOOST_TEST(ids.at(2) == 5);
}

BOOST_AUTO_TEST_SUITE_END()
