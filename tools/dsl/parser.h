#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/dsl/ast.h"
#include "tools/dsl/diagnostic.h"
#include "tools/dsl/source.h"

namespace unfold::syntax {

/// Reads a whole file. Every syntax error goes to `diagnostics`, and what is returned then is
/// incomplete: statements in error are left out. Never throws for any text.
Program parse_program(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics);

/// Reads one expression, the value of a setting on the command line. The text is added to `sources`
/// under `name` (e.g. "--set units"); nothing is returned if it has an error.
std::optional<Expression> parse_value(Sources& sources, std::string name, std::string text,
                                      Diagnostics& diagnostics);

}  // namespace unfold::syntax
