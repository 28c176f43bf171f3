#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "graph/error.h"

namespace unfold {

/// Reads tokens from a text, skipping white space before each. Every failure is an Error that names
/// line and column.
class TextScanner {
 public:
  TextScanner(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  /// The next token's place, for `fail_at`.
  std::size_t next();
  bool at_end() { return next() == text_.size(); }
  /// Characters from here to the end.
  std::size_t rest() const { return text_.size() - at_; }
  /// The next character; 0 at the end.
  char peek();
  bool looking_at(std::string_view token);
  /// Takes the token if it comes next.
  bool accept(std::string_view token);
  void expect(std::string_view token);
  bool choice(std::string_view yes, std::string_view no);

  std::int64_t integer(std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t high = std::numeric_limits<std::int64_t>::max());
  /// Letters, digits and underscores.
  std::string word();
  /// What may be a number: also dots and signs.
  std::string_view number();
  /// Between double quotes; `\n` is a new line, a backslash takes away the next one's meaning.
  std::string string();

  [[noreturn]] void fail(const std::string& message) const { fail_at(at_, message); }
  [[noreturn]] void fail_at(std::size_t position, const std::string& message) const;

 private:
  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
};

}  // namespace unfold
