#include "tools/dsl/lexer.h"

#include <boost/test/unit_test.hpp>

namespace unfold::syntax {
namespace {

struct Lexed {
  explicit Lexed(std::string text) {
    const auto id = sources.add("test.fold", std::move(text));
    tokens = tokenize(sources, id, diagnostics);
  }

  /// The tokens' texts, with \n for a newline and ! for a bad one.
  std::string texts() const {
    std::string all;
    for (const Token& token : tokens) {
      if (token.kind == TokenKind::newline) all += "\\n ";
      if (token.kind == TokenKind::bad) all += "!";
      if (token.span.begin < token.span.end) all += std::string(sources.text(token.span)) + " ";
    }
    return all;
  }

  std::string errors() const {
    std::string all;
    for (const Error& error : diagnostics.sorted()) {
      all += std::to_string(error.where.column) + "+" + std::to_string(error.where.length) + ": " +
             error.message + "\n";
    }
    return all;
  }

  Sources sources;
  Diagnostics diagnostics;
  std::vector<Token> tokens;
};

BOOST_AUTO_TEST_SUITE(lexer)

BOOST_AUTO_TEST_CASE(signs_are_as_long_as_they_can_be) {
  const Lexed lexed("a**b//c*d/e==f!=g<=h>=i<j>k=l x[..,0:10]@-+%;{}");
  BOOST_TEST(
      lexed.texts() ==
      "a ** b // c * d / e == f != g <= h >= i < j > k = l x [ .. , 0 : 10 ] @ - + % ; { } ");
  BOOST_TEST(lexed.diagnostics.empty());
}

BOOST_AUTO_TEST_CASE(words_of_the_language_are_not_names) {
  const Lexed lexed("for fort data and _and2");
  const std::vector<TokenKind> kinds = {TokenKind::word_for, TokenKind::name,
                                        TokenKind::name,     TokenKind::word_and,
                                        TokenKind::name,     TokenKind::end_of_file};
  BOOST_REQUIRE(lexed.tokens.size() == kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) BOOST_TEST((lexed.tokens[i].kind == kinds[i]));
}

BOOST_AUTO_TEST_CASE(newlines_and_the_end_stand_right_after_what_they_end) {
  const Lexed lexed("a   # comment\r\n\nb  ");
  BOOST_TEST(lexed.texts() == "a \\n \\n b ");
  BOOST_TEST((lexed.tokens[1].span == Span{0, 1, 1}));
  BOOST_TEST((lexed.tokens.back().kind == TokenKind::end_of_file));
  BOOST_TEST((lexed.tokens.back().span == Span{0, 17, 17}));
}

BOOST_AUTO_TEST_CASE(numbers) {
  const Lexed lexed("1 0.5 1e-3 2.5E+4 1-2 0..3");
  BOOST_TEST(lexed.texts() == "1 0.5 1e-3 2.5E+4 1 - 2 0 .. 3 ");
  BOOST_TEST(lexed.diagnostics.empty());
  BOOST_TEST(number_value("1e-3") == 0.001);
  BOOST_TEST(number_value("2.5E+4") == 25000.0);
}

BOOST_AUTO_TEST_CASE(bad_numbers_are_one_error_each) {
  const Lexed lexed("12a 1.2.3 1. .5 1e 1e999 1_000");
  BOOST_TEST(lexed.texts() == "!12a !1.2.3 !1. !.5 !1e !1e999 !1_000 ");
  BOOST_TEST(lexed.errors() ==
             "1+3: '12a' is not a number: expected digits such as 12, 0.5 or 1e-3\n"
             "5+5: '1.2.3' is not a number: expected digits such as 12, 0.5 or 1e-3\n"
             "11+2: '1.' is not a number: expected a digit after the point, as in 1.0\n"
             "14+2: '.5' is not a number: expected a digit before the point, as in 0.5\n"
             "17+2: '1e' is not a number: expected digits such as 12, 0.5 or 1e-3\n"
             "20+5: the number 1e999 is outside the range of double precision\n"
             "26+5: '1_000' is not a number: expected digits such as 12, 0.5 or 1e-3\n");
}

BOOST_AUTO_TEST_CASE(strings_and_their_escapes) {
  const Lexed lexed(R"("" "a # b" "\n\t\"\\" "h)"
                    "\u00e9\"");
  BOOST_TEST(lexed.diagnostics.empty());
  BOOST_TEST(lexed.tokens.size() == 5u);
  BOOST_TEST(string_value(R"("")") == "");
  BOOST_TEST(string_value(R"("\n\t\"\\")") == "\n\t\"\\");
}

BOOST_AUTO_TEST_CASE(bad_strings) {
  BOOST_TEST(Lexed("x \"abc\r\ny").errors() ==
             "3+4: this string has no end, expected '\"' before the end of its line\n");
  BOOST_TEST(Lexed("x \"abc\r\ny").texts() == "x !\"abc \\n y ");
  BOOST_TEST(Lexed("\"abc\\").errors() ==
             "1+5: this string has no end, expected '\"' before the end of its line\n");
  BOOST_TEST(
      Lexed(R"("a\qb")").errors() ==
      "3+2: unknown escape '\\' before 'q' in a string, expected one of \\n \\t \\\" \\\\\n");
}

BOOST_AUTO_TEST_CASE(characters_that_may_not_stand_are_named) {
  BOOST_TEST(Lexed("a ? b").errors() == "3+1: unexpected '?'\n");
  BOOST_TEST(Lexed("a . b").errors() == "3+1: unexpected '.'\n");
  BOOST_TEST(Lexed("\x1b").errors() == "1+1: unexpected character U+001B\n");
  BOOST_TEST(Lexed("'a'").errors().starts_with(
      "1+1: unexpected ''': strings are written with double quotes, \"so\"\n"));
  BOOST_TEST(Lexed("!a").errors() == "1+1: unexpected '!': expected '!=' or the word 'not'\n");
  BOOST_TEST(Lexed("&").errors() == "1+1: unexpected '&': expected the word 'and'\n");
  BOOST_TEST(Lexed("|").errors() == "1+1: unexpected '|': expected the word 'or'\n");
}

BOOST_AUTO_TEST_CASE(other_scripts_stand_only_in_strings_and_comments) {
  const std::string rule = ": outside strings and comments only ASCII characters may stand\n";
  BOOST_TEST(Lexed("\"\u03c3\" # \u03c3").errors() == "");
  BOOST_TEST(Lexed("\u03c3\u03c4").errors() == "1+1: unexpected '\u03c3' (U+03C3)" + rule);
  BOOST_TEST(Lexed("a\u00a0b").errors() == "2+1: unexpected character U+00A0" + rule);
  BOOST_TEST(Lexed("a\u200bb").errors() == "2+1: unexpected character U+200B" + rule);
  BOOST_TEST(Lexed("a \xff").errors() == "3+1: unexpected byte 0xFF" + rule);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold::syntax
