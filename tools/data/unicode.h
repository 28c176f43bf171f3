#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "graph/error.h"

namespace unfold::data {

/// Number of code points of valid UTF-8.
std::size_t code_points(std::string_view text);

/// Byte offset of the first byte that is not UTF-8; npos if there is none.
std::size_t find_invalid_utf8(std::string_view text);

/// Error at the first byte that is not UTF-8. `line` is the number of the text's first line.
void require_utf8(std::string_view text, const std::string& file, std::uint32_t line = 1);

/// Place of a byte of valid UTF-8.
Location locate(std::string_view text, std::size_t offset, const std::string& file);

/// Takes the first code point off the text, which must not be empty, and returns its bytes.
std::string_view take_code_point(std::string_view& text);

/// Takes the first word off the text: white space is skipped, then everything up to the next white
/// space. Empty at the end. White space is that of Unicode.
std::string_view take_word(std::string_view& text);

bool is_white_space(std::string_view code_point);

/// Lower case of each code point.
std::string lower_case(std::string_view text);

/// A piece of data as a message shows it: in quotation marks, control characters as `\n`, `U+0007`.
std::string quote(std::string_view text);

}  // namespace unfold::data
