#include "tools/dsl/token.h"

#include <algorithm>
#include <array>

namespace unfold::syntax {
namespace {

struct Spelling {
  TokenKind kind;
  std::string_view text;
};

constexpr std::array words = {
    Spelling{TokenKind::word_and, "and"},       Spelling{TokenKind::word_def, "def"},
    Spelling{TokenKind::word_else, "else"},     Spelling{TokenKind::word_false, "false"},
    Spelling{TokenKind::word_for, "for"},       Spelling{TokenKind::word_if, "if"},
    Spelling{TokenKind::word_in, "in"},         Spelling{TokenKind::word_let, "let"},
    Spelling{TokenKind::word_not, "not"},       Spelling{TokenKind::word_or, "or"},
    Spelling{TokenKind::word_repeat, "repeat"}, Spelling{TokenKind::word_return, "return"},
    Spelling{TokenKind::word_true, "true"},
};

/// A sign that begins with another sign stands before it.
constexpr std::array signs = {
    Spelling{TokenKind::star_star, "**"},
    Spelling{TokenKind::slash_slash, "//"},
    Spelling{TokenKind::equal_equal, "=="},
    Spelling{TokenKind::not_equal, "!="},
    Spelling{TokenKind::less_equal, "<="},
    Spelling{TokenKind::greater_equal, ">="},
    Spelling{TokenKind::dot_dot, ".."},
    Spelling{TokenKind::plus, "+"},
    Spelling{TokenKind::minus, "-"},
    Spelling{TokenKind::star, "*"},
    Spelling{TokenKind::slash, "/"},
    Spelling{TokenKind::percent, "%"},
    Spelling{TokenKind::at, "@"},
    Spelling{TokenKind::equal, "="},
    Spelling{TokenKind::less, "<"},
    Spelling{TokenKind::greater, ">"},
    Spelling{TokenKind::comma, ","},
    Spelling{TokenKind::colon, ":"},
    Spelling{TokenKind::semicolon, ";"},
    Spelling{TokenKind::open_parenthesis, "("},
    Spelling{TokenKind::close_parenthesis, ")"},
    Spelling{TokenKind::open_bracket, "["},
    Spelling{TokenKind::close_bracket, "]"},
    Spelling{TokenKind::open_brace, "{"},
    Spelling{TokenKind::close_brace, "}"},
};

}  // namespace

std::string_view spelling(TokenKind kind) {
  const auto word = std::ranges::find(words, kind, &Spelling::kind);
  if (word != words.end()) return word->text;
  const auto sign = std::ranges::find(signs, kind, &Spelling::kind);
  return sign != signs.end() ? sign->text : std::string_view{};
}

TokenKind word_kind(std::string_view text) {
  const auto word = std::ranges::find(words, text, &Spelling::text);
  return word != words.end() ? word->kind : TokenKind::name;
}

TokenKind sign_kind(std::string_view text) {
  const auto begins = [&](const Spelling& sign) { return text.starts_with(sign.text); };
  const auto sign = std::ranges::find_if(signs, begins);
  return sign != signs.end() ? sign->kind : TokenKind::bad;
}

}  // namespace unfold::syntax
