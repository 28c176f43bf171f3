#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/dsl/diagnostic.h"
#include "tools/dsl/token.h"

namespace unfold::syntax {

/// Cuts a whole text into tokens; the last one is `end_of_file`. Bad characters, numbers and
/// strings go to `diagnostics` and become `bad` tokens. Never throws for any text. A newline or
/// end_of_file token is empty and stands right after the token before it.
std::vector<Token> tokenize(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics);

/// The value of a number token's text.
double number_value(std::string_view text);

/// The value of a string token's text: without its quotes, with its escapes resolved.
std::string string_value(std::string_view text);

}  // namespace unfold::syntax
