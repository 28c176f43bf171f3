#include "tools/dsl/lexer.h"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace unfold::syntax {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }

std::optional<char> escaped(char letter) {
  switch (letter) {
    case 'n': return '\n';
    case 't': return '\t';
    case '"': return '"';
    case '\\': return '\\';
    default: return std::nullopt;
  }
}

/// Bytes of the code point at the front, 1 where there is none.
std::size_t code_point_size(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    if (utf8::is_valid(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size))) return size;
  }
  return 1;
}

/// A character as a message names it: itself where it can be seen, and its number where that helps.
std::string describe_character(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character.front());
  if (character.size() == 1 && byte >= 0x80) return fmt::format("byte 0x{:02X}", byte);
  if (character.size() == 1 && byte > 0x20 && byte < 0x7F) return fmt::format("'{}'", character);
  const auto code = static_cast<std::uint32_t>(utf8::peek_next(character.begin(), character.end()));
  const bool visible = code >= 0xA1 && code != 0xAD && !(code >= 0x2000 && code <= 0x206F) &&
                       code != 0xFEFF && !(code >= 0xE000 && code <= 0xF8FF);
  return visible ? fmt::format("'{}' (U+{:04X})", character, code)
                 : fmt::format("character U+{:04X}", code);
}

class Lexer {
 public:
  Lexer(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics)
      : sources_(sources),
        source_(source),
        text_(sources[source].text),
        diagnostics_(diagnostics) {}

  std::vector<Token> run() {
    while (position_ < text_.size()) next();
    push_empty(TokenKind::end_of_file);
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return text_.substr(position_); }

  char peek(std::size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }

  Span span(std::size_t begin, std::size_t end) const {
    return {source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  }

  void push(TokenKind kind, std::size_t end) {
    tokens_.push_back({kind, span(position_, end)});
    position_ = end;
  }

  void push_empty(TokenKind kind) {
    const std::uint32_t place = tokens_.empty() ? 0 : tokens_.back().span.end;
    tokens_.push_back({kind, span(place, place)});
  }

  void report(Span where, std::string message) {
    diagnostics_.add(Error(std::move(message), sources_.location(where)));
  }

  void next() {
    const char c = peek();
    if (c == '\n') {
      push_empty(TokenKind::newline);
      ++position_;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++position_;
    } else if (c == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (is_letter(c)) {
      word();
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
    } else if (c == '"') {
      string();
    } else {
      sign();
    }
  }

  void word() {
    std::size_t end = position_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    push(word_kind(text_.substr(position_, end - position_)), end);
  }

  /// Where what was meant as one number ends: letters, digits, points and an exponent's sign, but
  /// not the `..` of a slice.
  std::size_t number_end() const {
    std::size_t end = position_;
    while (end < text_.size()) {
      const char c = text_[end];
      const char before = end > position_ ? text_[end - 1] : '\0';
      const bool exponent_sign = (c == '+' || c == '-') && (before == 'e' || before == 'E');
      const bool point = c == '.' && text_.substr(end, 2) != "..";
      if (!is_word(c) && !point && !exponent_sign) break;
      ++end;
    }
    return end;
  }

  void number() {
    const std::size_t end = number_end();
    const std::string_view text = text_.substr(position_, end - position_);
    const std::string problem = number_problem(text);
    if (!problem.empty()) report(span(position_, end), problem);
    push(problem.empty() ? TokenKind::number : TokenKind::bad, end);
  }

  static std::string number_problem(std::string_view text) {
    if (text.front() == '.') {
      return fmt::format("'{}' is not a number: expected a digit before the point, as in 0{}", text,
                         text);
    }
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (stop != text.data() + text.size()) {
      return fmt::format("'{}' is not a number: expected digits such as 12, 0.5 or 1e-3", text);
    }
    if (text.back() == '.') {
      return fmt::format("'{}' is not a number: expected a digit after the point, as in {}0", text,
                         text);
    }
    if (error == std::errc::result_out_of_range) {
      return fmt::format("the number {} is outside the range of double precision", text);
    }
    return {};
  }

  void string() {
    bool good = true;
    std::size_t end = position_ + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') {
      const bool escape = text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n';
      if (escape && !escaped(text_[end + 1])) {
        const std::size_t size = 1 + code_point_size(text_.substr(end + 1));
        report(span(end, end + size),
               fmt::format("unknown escape '\\' before {} in a string, expected one of \\n \\t "
                           "\\\" \\\\",
                           describe_character(text_.substr(end + 1, size - 1))));
        good = false;
        end += size;
      } else {
        end += escape ? 2 : 1;
      }
    }
    if (peek(end - position_) != '"') {
      if (text_[end - 1] == '\r') --end;
      report(span(position_, end),
             "this string has no end, expected '\"' before the end of its line");
      return push(TokenKind::bad, end);
    }
    push(good ? TokenKind::string : TokenKind::bad, end + 1);
  }

  void sign() {
    const TokenKind kind = sign_kind(rest());
    if (kind != TokenKind::bad) return push(kind, position_ + spelling(kind).size());
    std::size_t end = position_ + code_point_size(rest());
    report(span(position_, end), character_problem(text_.substr(position_, end - position_)));
    // A word in another script is one mistake, not one a letter.
    while (end < text_.size() && static_cast<unsigned char>(text_[end]) >= 0x80) ++end;
    push(TokenKind::bad, end);
  }

  static std::string character_problem(std::string_view character) {
    if (character == "'") return "unexpected ''': strings are written with double quotes, \"so\"";
    if (character == "!") return "unexpected '!': expected '!=' or the word 'not'";
    if (character == "&") return "unexpected '&': expected the word 'and'";
    if (character == "|") return "unexpected '|': expected the word 'or'";
    const std::string described = describe_character(character);
    if (static_cast<unsigned char>(character.front()) < 0x80) {
      return fmt::format("unexpected {}", described);
    }
    return fmt::format(
        "unexpected {}: outside strings and comments only ASCII characters may stand", described);
  }

  const Sources& sources_;
  std::uint32_t source_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::size_t position_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(const Sources& sources, std::uint32_t source,
                            Diagnostics& diagnostics) {
  return Lexer(sources, source, diagnostics).run();
}

double number_value(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string string_value(std::string_view text) {
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    value += text[i] == '\\' ? *escaped(text[++i]) : text[i];
  }
  return value;
}

}  // namespace unfold::syntax
