#include "graph/tensor.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

using namespace unfold;

BOOST_AUTO_TEST_SUITE(tensors)

BOOST_AUTO_TEST_CASE(a_new_tensor_holds_zeros_on_a_cache_line) {
  for (const DType type : {DType::f32, DType::f64, DType::i32}) {
    const Tensor t(type, {2, 3});
    BOOST_TEST(t.size() == 6);
    BOOST_TEST(t.rank() == 2);
    BOOST_TEST(t.bytes() == 6 * size_of(type));
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(t.data()) % 64 == 0u);
    for (std::int64_t i = 0; i < 6; ++i) BOOST_TEST(t.at(i) == 0.0);
  }
}

BOOST_AUTO_TEST_CASE(shapes_of_one_number_and_of_none) {
  BOOST_TEST(Tensor(DType::f64, {}).size() == 1);
  BOOST_TEST(Tensor(DType::f64, {0, 3}).size() == 0);
  BOOST_TEST(Tensor().size() == 0);
  BOOST_CHECK(Tensor(DType::f32, {0}) == Tensor());
}

BOOST_AUTO_TEST_CASE(elements_are_stored_rounded_to_their_type) {
  Tensor real(DType::f32, {1}), whole(DType::i32, {1});
  real.set(0, 0.1);
  whole.set(0, -2.9);
  BOOST_TEST(real.at(0) == static_cast<double>(0.1f));
  BOOST_TEST(whole.at(0) == -2.0);
}

BOOST_AUTO_TEST_CASE(copies_are_independent_and_moves_keep_the_memory) {
  Tensor a = Tensor::of<double>({2}, {1, 2});
  Tensor b = a;
  b.set(0, 5);
  BOOST_TEST(a.at(0) == 1.0);
  const void* memory = a.data();
  const Tensor c = std::move(a);
  BOOST_TEST(c.data() == memory);
  b = c;
  BOOST_CHECK(b == c);
  const Tensor& self = b;
  b = self;
  BOOST_CHECK(b == c);
}

BOOST_AUTO_TEST_CASE(sizes_and_numbers_fit_each_other) {
  const std::int64_t many = std::int64_t{1} << 40;
  BOOST_CHECK_THROW(Tensor(DType::f32, {-3}), Error);
  BOOST_CHECK_THROW(Tensor(DType::f32, {many, many}), Error);
  BOOST_CHECK_THROW(Tensor::of<double>({2}, {1, 2, 3}), Error);
  BOOST_CHECK_THROW(Tensor(DType::f32, {2, 2}).reshaped({5}), Error);
}

BOOST_AUTO_TEST_CASE(other_types_and_shapes) {
  const Tensor t = Tensor::of<std::int32_t>({2, 2}, {1, 2, 3, 4});
  BOOST_CHECK(t.to(DType::f64) == Tensor::of<double>({2, 2}, {1, 2, 3, 4}));
  BOOST_CHECK(t.to(DType::i32) == t);
  BOOST_CHECK(t.reshaped({4}) == Tensor::of<std::int32_t>({4}, {1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(equal_means_same_type_shape_and_bits) {
  const Tensor zero = Tensor::of<double>({1}, {0.0});
  BOOST_CHECK(!(zero == Tensor::of<double>({1}, {-0.0})));
  BOOST_CHECK(!(zero == Tensor::of<float>({1}, {0.0f})));
  BOOST_CHECK(!(zero == Tensor::of<double>({1, 1}, {0.0})));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK(Tensor::of<double>({1}, {nan}) == Tensor::of<double>({1}, {nan}));
}

BOOST_AUTO_TEST_SUITE_END()
