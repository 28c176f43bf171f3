#include "tools/dsl/print_expression.h"

#include <boost/test/unit_test.hpp>

#include "tools/dsl/parser.h"

namespace unfold::syntax {
namespace {

std::string reprint(const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  const auto value = parse_value(sources, "--set", text, diagnostics);
  return value ? print_expression(*value) : diagnostics.sorted().front().message;
}

/// Every operator with its operands in parentheses, so that a test sees how a text was grouped.
std::string grouped(const Expression& expression) {
  if (const auto* binary = std::get_if<Binary>(&expression.node)) {
    const std::string sign =
        print_expression({Binary{binary->op,
                                 {},
                                 std::make_unique<Expression>(Expression{Name{"l"}, {}}),
                                 std::make_unique<Expression>(Expression{Name{"r"}, {}})},
                          {}});
    return "(" + grouped(*binary->left) + sign.substr(1, sign.size() - 2) +
           grouped(*binary->right) + ")";
  }
  if (const auto* unary = std::get_if<Unary>(&expression.node)) {
    return (unary->op == UnaryOp::negate ? "(-" : "(not ") + grouped(*unary->operand) + ")";
  }
  return print_expression(expression);
}

std::string group(const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  return grouped(parse_value(sources, "--set", text, diagnostics).value());
}

BOOST_AUTO_TEST_SUITE(print_expression_suite)

BOOST_AUTO_TEST_CASE(operators_group_by_their_precedence) {
  BOOST_TEST(group("a + b * c") == "(a + (b * c))");
  BOOST_TEST(group("a - b - c") == "((a - b) - c)");
  BOOST_TEST(group("a @ b * c / d // e % f") == "(((((a @ b) * c) / d) // e) % f)");
  BOOST_TEST(group("a ** b ** c") == "(a ** (b ** c))");
  BOOST_TEST(group("-a ** b") == "(-(a ** b))");
  BOOST_TEST(group("a ** -b ** c") == "(a ** (-(b ** c)))");
  BOOST_TEST(group("-a * -b") == "((-a) * (-b))");
  BOOST_TEST(group("a + b < c - d") == "((a + b) < (c - d))");
  BOOST_TEST(group("not a == b and c or d") == "(((not (a == b)) and c) or d)");
  BOOST_TEST(group("a or b and not c") == "(a or (b and (not c)))");
  BOOST_TEST(group("x[t] @ U + h[t - 1] @ W + b") == "(((x[t] @ U) + (h[t - 1] @ W)) + b)");
}

BOOST_AUTO_TEST_CASE(only_needed_parentheses_are_printed) {
  BOOST_TEST(reprint("((units) + (n))") == "units + n");
  BOOST_TEST(reprint("(a + b) * c") == "(a + b) * c");
  BOOST_TEST(reprint("a - (b - c)") == "a - (b - c)");
  BOOST_TEST(reprint("(a - b) - c") == "a - b - c");
  BOOST_TEST(reprint("(a ** b) ** c") == "(a ** b) ** c");
  BOOST_TEST(reprint("(-a) ** b") == "(-a) ** b");
  BOOST_TEST(reprint("-(a + b)") == "-(a + b)");
  BOOST_TEST(reprint("(a < b) == c") == "(a < b) == c");
  BOOST_TEST(reprint("(not a) == b") == "(not a) == b");
  BOOST_TEST(reprint("(h @ W)[0]") == "(h @ W)[0]");
}

BOOST_AUTO_TEST_CASE(everything_prints_as_it_is_written) {
  for (const std::string text : {
           "0.5",
           "1e-10",
           "true",
           R"("a\n\t\"\\b")",
           "[[1, 2], [3, 4], []]",
           "(h0, c0)",
           "(h0,)",
           "lstm(x, units, layers = 2, init = (h0, c0))",
           "rows(units: orthogonal, width(x): glorot)",
           "x[.., 0:10]",
           "x[:, 1:, :n, a + 1]",
           "f()[0][1]",
       }) {
    BOOST_TEST(reprint(text) == text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold::syntax
