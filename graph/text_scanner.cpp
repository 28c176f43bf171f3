#include "graph/text_scanner.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>

namespace unfold {

namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

std::size_t TextScanner::next() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  return at_;
}

char TextScanner::peek() { return at_end() ? '\0' : text_[at_]; }

bool TextScanner::looking_at(std::string_view token) {
  return text_.substr(next()).starts_with(token);
}

bool TextScanner::accept(std::string_view token) {
  if (!looking_at(token)) return false;
  at_ += token.size();
  return true;
}

void TextScanner::expect(std::string_view token) {
  if (!accept(token)) fail(fmt::format("expected '{}'", token));
}

bool TextScanner::choice(std::string_view yes, std::string_view no) {
  if (accept(yes)) return true;
  if (!accept(no)) fail(fmt::format("expected '{}' or '{}'", yes, no));
  return false;
}

std::int64_t TextScanner::integer(std::int64_t low, std::int64_t high) {
  next();
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
  if (code == std::errc::invalid_argument) fail("expected a whole number");
  if (code != std::errc() || value < low || value > high)
    fail(fmt::format("expected a whole number from {} to {}", low, high));
  at_ = static_cast<std::size_t>(end - text_.data());
  return value;
}

std::string TextScanner::word() {
  const std::size_t begin = next();
  while (at_ < text_.size() && is_word(text_[at_])) ++at_;
  if (begin == at_) fail("expected a name");
  return std::string(text_.substr(begin, at_ - begin));
}

std::string_view TextScanner::number() {
  const std::size_t begin = next();
  while (at_ < text_.size() &&
         (is_word(text_[at_]) || text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '+'))
    ++at_;
  return text_.substr(begin, at_ - begin);
}

std::string TextScanner::string() {
  const std::size_t begin = next();
  expect("\"");
  std::string out;
  for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    const bool escaped = text_[at_] == '\\' && at_ + 1 < text_.size();
    if (escaped) ++at_;
    out += escaped && text_[at_] == 'n' ? '\n' : text_[at_];
  }
  if (at_ == text_.size()) fail_at(begin, "this string does not end");
  ++at_;
  return out;
}

void TextScanner::fail_at(std::size_t position, const std::string& message) const {
  Location where{file_, 1, 1, 1};
  for (const char c : text_.substr(0, position)) {
    if ((static_cast<unsigned char>(c) & 0xc0u) == 0x80u) continue;  // inside of a code point
    where.column = c == '\n' ? 1 : where.column + 1;
    where.line += c == '\n';
  }
  throw Error(message, where);
}

}  // namespace unfold
