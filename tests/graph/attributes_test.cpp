#include "graph/attributes.h"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "graph/error.h"
#include "tests/support/feeds.h"

using namespace unfold;
using support::error_of;

namespace {

AttributeValue tensor(std::vector<double> values) {
  const auto n = static_cast<std::int64_t>(values.size());
  return std::make_shared<const Tensor>(Tensor::of<double>({n}, values));
}

Attributes one(AttributeValue value) { return {{"a", std::move(value)}}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(attribute_lists)

BOOST_AUTO_TEST_CASE(values_are_found_by_name_and_kind) {
  const Attributes a{{"i", std::int64_t{3}},
                     {"d", 0.5},
                     {"b", true},
                     {"s", std::string("x")},
                     {"l", std::vector<std::int64_t>{1, 2}},
                     {"t", tensor({1.0})}};
  BOOST_TEST(a.integer("i") == 3);
  BOOST_TEST(a.number("d") == 0.5);
  BOOST_TEST(a.flag("b"));
  BOOST_TEST(a.text("s") == "x");
  BOOST_TEST(a.integers("l").size() == 2u);
  BOOST_TEST(a.tensor("t").at(0) == 1.0);
  BOOST_CHECK(a.find("none") == nullptr);
  BOOST_TEST(error_of([&] { a.integer("none"); }) == "attribute 'none' is missing");
  BOOST_TEST(error_of([&] { a.integer("d"); }) == "attribute 'd' is of another kind: 0.5");
}

BOOST_AUTO_TEST_CASE(setting_replaces_or_appends) {
  Attributes a;
  BOOST_TEST(a.empty());
  a.set("x", std::int64_t{1});
  a.set("y", 2.0);
  a.set("x", std::string("new"));
  BOOST_TEST(print(a) == "{x=\"new\", y=2.0}");
}

BOOST_AUTO_TEST_CASE(printing) {
  const double inf = std::numeric_limits<double>::infinity();
  BOOST_TEST(print(Attributes()) == "");
  BOOST_TEST(print(AttributeValue(std::int64_t{-3})) == "-3");
  BOOST_TEST(print(AttributeValue(3.0)) == "3.0");
  BOOST_TEST(print(AttributeValue(-0.0)) == "-0.0");
  BOOST_TEST(print(AttributeValue(0.1)) == "0.1");
  BOOST_TEST(print(AttributeValue(1e300)) == "1e+300");
  BOOST_TEST(print(AttributeValue(inf)) == "inf");
  BOOST_TEST(print(AttributeValue(-inf)) == "-inf");
  BOOST_TEST(print(AttributeValue(false)) == "false");
  BOOST_TEST(print(AttributeValue(std::string("a\"b\\c\nd"))) == "\"a\\\"b\\\\c\\nd\"");
  BOOST_TEST(print(AttributeValue(std::vector<std::int64_t>{})) == "[]");
  BOOST_TEST(print(tensor({0.5, 1})) == "f64[2](0.5, 1.0)");
}

BOOST_AUTO_TEST_CASE(equality_is_by_content_and_bits) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK(one(tensor({1, 2})) == one(tensor({1, 2})));
  BOOST_TEST(one(tensor({1, 2})).hash() == one(tensor({1, 2})).hash());
  BOOST_CHECK(!(one(tensor({1, 2})) == one(tensor({1, 3}))));
  BOOST_CHECK(!(one(0.0) == one(-0.0)));
  BOOST_CHECK(one(nan) == one(nan));
  BOOST_CHECK(!(one(1.0) == one(std::int64_t{1})));
  BOOST_CHECK(!(one(true) == one(std::int64_t{1})));
  BOOST_CHECK(!(one(1.0) == Attributes{{"b", 1.0}}));
  BOOST_CHECK(!(one(1.0) == Attributes()));
}

BOOST_AUTO_TEST_SUITE_END()
