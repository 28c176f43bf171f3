#include "tools/data/unicode.h"

#include <fmt/format.h>
#include <locale.h>
#include <utf8.h>
#include <wctype.h>

#include <algorithm>
#include <cassert>

namespace unfold::data {

namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

char32_t value_of(std::string_view code_point) {
  const char* p = code_point.data();
  return utf8::unchecked::peek_next(p);
}

locale_t utf8_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (locale == nullptr) throw Error("this system has no C.UTF-8 locale, which `lower` needs");
  return locale;
}

}  // namespace

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::size_t find_invalid_utf8(std::string_view text) {
  if (is_ascii(text)) return std::string_view::npos;
  const auto found = utf8::find_invalid(text.begin(), text.end());
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

void require_utf8(std::string_view text, const std::string& file, std::uint32_t line) {
  const std::size_t bad = find_invalid_utf8(text);
  if (bad == std::string_view::npos) return;
  Location where = locate(text, bad, file);
  where.line += line - 1;
  throw Error(fmt::format("byte 0x{:02x} is not UTF-8", static_cast<unsigned char>(text[bad])),
              where);
}

Location locate(std::string_view text, std::size_t offset, const std::string& file) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
  const std::string_view line = before.substr(before.rfind('\n') + 1);
  return {file, lines + 1, static_cast<std::uint32_t>(code_points(line)) + 1, 1};
}

std::string_view take_code_point(std::string_view& text) {
  assert(!text.empty());
  std::size_t n = 1;
  while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) ++n;
  const std::string_view result = text.substr(0, n);
  text.remove_prefix(n);
  return result;
}

bool is_white_space(std::string_view code_point) {
  const char32_t c = value_of(code_point);
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

std::string_view take_word(std::string_view& text) {
  const char* begin = nullptr;
  while (!text.empty()) {
    const char* here = text.data();
    std::string_view rest = text;
    const bool space = is_white_space(take_code_point(rest));
    if (space && begin != nullptr) break;
    if (!space && begin == nullptr) begin = here;
    text = rest;
  }
  if (begin == nullptr) return {};
  return {begin, static_cast<std::size_t>(text.data() - begin)};
}

std::string lower_case(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  if (is_ascii(text)) {
    for (const char c : text) {
      result += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return result;
  }
  const locale_t locale = utf8_locale();
  while (!text.empty()) {
    const wint_t c = towlower_l(static_cast<wint_t>(value_of(take_code_point(text))), locale);
    utf8::unchecked::append(static_cast<std::uint32_t>(c), std::back_inserter(result));
  }
  return result;
}

std::string quote(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const std::string_view c = take_code_point(text);
    if (c == "\n")
      result += "\\n";
    else if (c == "\t")
      result += "\\t";
    else if (c == "\r")
      result += "\\r";
    else if (static_cast<unsigned char>(c[0]) < 0x20)
      result += fmt::format("U+{:04X}", c[0]);
    else
      result += c;
  }
  return result + "\"";
}

}  // namespace unfold::data
