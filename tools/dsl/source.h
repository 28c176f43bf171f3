#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/error.h"

namespace unfold {

/// A stretch of a source's text, as byte offsets [begin, end). Compact, because every node has one.
struct Span {
  std::uint32_t source = 0;  ///< which text, as Sources::add or Sources::load returned it
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool operator==(const Span&) const = default;
};

/// The shortest span that covers both; they must be of one source.
Span join(Span first, Span last);

/// A text with a name, and where its lines begin.
struct SourceText {
  SourceText(std::string source_name, std::string source_text);

  /// The line that holds the byte `offset`, counted from 0.
  std::uint32_t line_index(std::uint32_t offset) const;
  /// The text of a line (counted from 0) without its end.
  std::string_view line(std::uint32_t index) const;

  std::string name;
  std::string text;
  std::vector<std::uint32_t> line_begins;  ///< byte offset of each line's first byte
};

/// All texts that a run has read, so that an error anywhere can show its line.
class Sources {
 public:
  /// Keeps a text that is already in memory; texts of one name should be the same text.
  std::uint32_t add(std::string name, std::string text);

  /// Reads a program from disk. Error if the file is missing, unreadable, a directory, too large,
  /// binary, empty or not UTF-8.
  std::uint32_t load(const std::filesystem::path& path);

  /// A reference that stays valid as long as this object.
  const SourceText& operator[](std::uint32_t source) const { return sources_[source]; }

  /// File, line, column and length of a span; one over several lines is cut at its first line's
  /// end.
  Location location(Span span) const;

  /// The text of a span.
  std::string_view text(Span span) const;

  /// The line that a location names, if that text is here and has such a line.
  std::optional<std::string_view> line(const Location& location) const;

 private:
  std::deque<SourceText> sources_;
};

}  // namespace unfold
