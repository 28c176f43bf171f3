#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tools/dsl/diagnostic.h"

namespace unfold::testing {

/// What the comments `# error: message` of a program say, as "line: message". A line may hold
/// several.
inline std::vector<std::string> expected_errors(std::string_view program) {
  constexpr std::string_view mark = "# error: ";
  std::vector<std::string> expected;
  std::size_t line = 1;
  while (!program.empty()) {
    std::string_view text = program.substr(0, program.find('\n'));
    program.remove_prefix(std::min(text.size() + 1, program.size()));
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
      text.remove_prefix(at + mark.size());
      std::string_view message = text.substr(0, text.find(mark));
      message.remove_suffix(message.size() - 1 - message.find_last_not_of(' '));
      expected.push_back(std::to_string(line) + ": " + std::string(message));
    }
    ++line;
  }
  return expected;
}

/// Fails unless exactly the errors arose that the program's comments say.
inline void check_errors(std::string_view program, const Diagnostics& diagnostics) {
  std::vector<std::string> found;
  for (const Error& error : diagnostics.sorted()) {
    found.push_back(std::to_string(error.where.line) + ": " + error.message);
  }
  const std::vector<std::string> expected = expected_errors(program);
  BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), expected.begin(), expected.end());
}

}  // namespace unfold::testing
