#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace unfold {

/// A stretch of one line of a text that a user wrote: a program, a data file, a command line.
/// Lines and columns count from 1, columns in code points; line 0 means "the file as a whole", an
/// empty file "nowhere in particular".
struct Location {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;  ///< code points to underline, at least 1

  bool known() const { return !file.empty(); }
  bool operator==(const Location&) const = default;
};

/// A remark that belongs to an error, e.g. where an operand was defined and with what shape.
struct Note {
  std::string message;
  Location where;
};

/// The one kind of error that a user's mistake makes: what is wrong, where, and what else to know.
/// It is thrown where the mistake is known and rendered in one place (tools/dsl/diagnostic.h).
/// Mistakes of the library itself are assertions, never this.
class Error : public std::exception {
 public:
  explicit Error(std::string what_is_wrong, Location place = {}, std::vector<Note> remarks = {})
      : message(std::move(what_is_wrong)), where(std::move(place)), notes(std::move(remarks)) {}

  const char* what() const noexcept override { return message.c_str(); }

  std::string message;
  Location where;
  std::vector<Note> notes;
};

}  // namespace unfold
