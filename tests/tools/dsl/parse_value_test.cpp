#include <boost/test/unit_test.hpp>

#include "tools/dsl/parser.h"

namespace unfold::syntax {
namespace {

std::string errors_of(const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  const auto value = parse_value(sources, "--set units", text, diagnostics);
  BOOST_TEST(value.has_value() == diagnostics.empty());
  std::string all;
  for (const Error& error : diagnostics.sorted()) all += render(error, sources, false);
  return all;
}

BOOST_AUTO_TEST_SUITE(parse_value_suite)

BOOST_AUTO_TEST_CASE(a_setting_is_one_expression) {
  Sources sources;
  Diagnostics diagnostics;
  const auto number = parse_value(sources, "--set rate", "1e-3", diagnostics);
  BOOST_TEST(std::get<Number>(number.value().node).value == 0.001);
  const auto call = parse_value(sources, "--set optimizer", "adam(rate = 0.01)", diagnostics);
  BOOST_TEST(std::get<Call>(call.value().node).callee.text == "adam");
  BOOST_TEST(sources.location(call->span).file == "--set optimizer");
}

BOOST_AUTO_TEST_CASE(errors_point_into_the_command_line) {
  BOOST_TEST(errors_of("") == "--set units:1:1: error: expected a value, found nothing\n\n^\n");
  BOOST_TEST(errors_of("1 2") ==
             "--set units:1:3: error: expected nothing after the value, found '2'\n1 2\n  ^\n");
  BOOST_TEST(errors_of("12x") ==
             "--set units:1:1: error: '12x' is not a number: expected digits such as 12, 0.5 or "
             "1e-3\n12x\n^~~\n");
  BOOST_TEST(errors_of("1 ?") == "--set units:1:3: error: unexpected '?'\n1 ?\n  ^\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold::syntax
