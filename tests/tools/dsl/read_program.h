#pragma once

#include <string>
#include <vector>

#include "tools/dsl/parser.h"

namespace unfold::testing {

/// A program from a text called "test.fold", with all that reading it left behind.
struct ReadProgram {
  explicit ReadProgram(std::string text)
      : source(sources.add("test.fold", std::move(text))),
        program(syntax::parse_program(sources, source, diagnostics)) {}

  /// All errors as the user sees them.
  std::string errors() const {
    std::string rendered;
    for (const Error& error : diagnostics.sorted()) rendered += render(error, sources, false);
    return rendered;
  }

  Sources sources;
  Diagnostics diagnostics;
  std::uint32_t source;
  syntax::Program program;
};

}  // namespace unfold::testing
