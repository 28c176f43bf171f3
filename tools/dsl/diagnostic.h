#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/error.h"
#include "tools/dsl/source.h"

namespace unfold {

/// Collects the errors of a run, so that one run can report them all, up to a limit past which they
/// would help nobody (a novel taken for a program).
class Diagnostics {
 public:
  static constexpr std::size_t limit = 200;

  void add(Error error);

  bool empty() const { return errors_.empty(); }
  /// Whether errors are no longer kept, so that looking for more is in vain.
  bool full() const { return errors_.size() == limit; }

  /// The errors by place (files in the order in which they first erred), of those with the same
  /// message and place only the first; at the limit, a last one says that there may be more.
  std::vector<Error> sorted() const;

 private:
  std::vector<Error> errors_;
};

enum class Severity { error, warning };

/// The error as a person reads it, ending in a newline: place and message, the line with the spot
/// underlined where `sources` has it, then each note in the same way. `color` adds terminal
/// colours.
std::string render(const Error& error, const Sources& sources, bool color,
                   Severity severity = Severity::error);

/// The candidate that `name` is most likely a misspelling of, if any is near enough; of several
/// equally near ones the first.
std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates);

}  // namespace unfold
