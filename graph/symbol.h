#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace unfold {

/// A name that is stored once for the whole program, so that copies are a pointer and comparing two
/// is comparing pointers. The default is the empty name. Safe to make from several threads.
class Symbol {
 public:
  Symbol();
  Symbol(std::string_view text);  // NOLINT: a name is as good as its text
  Symbol(const std::string& text) : Symbol(std::string_view(text)) {}
  Symbol(const char* text) : Symbol(std::string_view(text)) {}

  const std::string& str() const { return *text_; }
  bool empty() const { return text_->empty(); }
  bool operator==(const Symbol&) const = default;
  /// Alphabetical, so that what is sorted by name does not depend on the run.
  bool operator<(const Symbol& other) const { return *text_ < *other.text_; }
  std::size_t hash() const { return std::hash<const void*>()(text_); }

 private:
  const std::string* text_;
};

}  // namespace unfold

template <>
struct std::hash<unfold::Symbol> {
  std::size_t operator()(const unfold::Symbol& s) const { return s.hash(); }
};
