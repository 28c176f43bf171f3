#include "tools/dsl/source.h"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace unfold {
namespace {

constexpr std::size_t max_program_bytes = std::size_t{16} << 20;

/// Code points in a piece of text; a byte that is not part of one counts by itself.
std::uint32_t count_code_points(std::string_view text) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return static_cast<std::uint32_t>(text.size() - std::ranges::count_if(text, continues));
}

std::string read_bytes(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code status_error;
  const auto status = std::filesystem::status(path, status_error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(fmt::format("cannot read '{}': there is no such file", name));
  }
  if (std::filesystem::is_directory(status)) {
    throw Error(fmt::format("cannot read '{}': it is a directory, expected a program", name));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  for (std::array<char, 1 << 14> piece; file && text.size() <= max_program_bytes;) {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    const std::string reason = std::generic_category().message(errno == 0 ? EIO : errno);
    throw Error(fmt::format("cannot read '{}': {}", name, reason));
  }
  if (text.size() > max_program_bytes) {
    throw Error(fmt::format("cannot read '{}': it is larger than {} MiB, expected a program", name,
                            max_program_bytes >> 20));
  }
  return text;
}

Location location_in(const SourceText& source, std::uint32_t begin, std::uint32_t end) {
  const std::uint32_t index = source.line_index(begin);
  const std::uint32_t line_begin = source.line_begins[index];
  const auto line_end = static_cast<std::uint32_t>(line_begin + source.line(index).size());
  const std::string_view text = source.text;
  const std::uint32_t column = count_code_points(text.substr(line_begin, begin - line_begin)) + 1;
  const std::uint32_t last = std::max(begin, std::min(end, line_end));
  const std::uint32_t length = count_code_points(text.substr(begin, last - begin));
  return {source.name, index + 1, column, std::max(length, 1U)};
}

void check_text(const SourceText& source) {
  if (source.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Error("the file is empty, expected a program", {source.name});
  }
  if (source.text.find('\0') != std::string::npos) {
    throw Error("the file is binary (it holds a zero byte), expected a program", {source.name});
  }
  const auto bad = utf8::find_invalid(source.text.begin(), source.text.end());
  if (bad != source.text.end()) {
    const auto offset = static_cast<std::uint32_t>(bad - source.text.begin());
    throw Error(fmt::format("the file is not UTF-8: line {} holds the invalid byte 0x{:02X}",
                            source.line_index(offset) + 1, static_cast<unsigned char>(*bad)),
                location_in(source, offset, offset + 1));
  }
}

}  // namespace

Span join(Span first, Span last) {
  assert(first.source == last.source);
  return {first.source, std::min(first.begin, last.begin), std::max(first.end, last.end)};
}

SourceText::SourceText(std::string source_name, std::string source_text)
    : name(std::move(source_name)), text(std::move(source_text)), line_begins{0} {
  assert(text.size() < UINT32_MAX);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_begins.push_back(static_cast<std::uint32_t>(i + 1));
  }
}

std::uint32_t SourceText::line_index(std::uint32_t offset) const {
  const auto after = std::ranges::upper_bound(line_begins, offset);
  return static_cast<std::uint32_t>(after - line_begins.begin() - 1);
}

std::string_view SourceText::line(std::uint32_t index) const {
  const std::string_view rest = std::string_view(text).substr(line_begins[index]);
  std::string_view found = rest.substr(0, rest.find('\n'));
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

std::uint32_t Sources::add(std::string name, std::string text) {
  sources_.emplace_back(std::move(name), std::move(text));
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::uint32_t Sources::load(const std::filesystem::path& path) {
  std::string text = read_bytes(path);
  if (utf8::starts_with_bom(text.begin(), text.end())) text.erase(0, 3);
  SourceText source(path.string(), std::move(text));
  check_text(source);
  sources_.push_back(std::move(source));
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

Location Sources::location(Span span) const {
  return location_in(sources_[span.source], span.begin, span.end);
}

std::string_view Sources::text(Span span) const {
  return std::string_view(sources_[span.source].text).substr(span.begin, span.end - span.begin);
}

std::optional<std::string_view> Sources::line(const Location& location) const {
  const auto source = std::ranges::find(sources_, location.file, &SourceText::name);
  if (source == sources_.end() || location.line == 0) return std::nullopt;
  if (location.line > source->line_begins.size()) return std::nullopt;
  return source->line(location.line - 1);
}

}  // namespace unfold
