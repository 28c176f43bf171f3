#include "tools/dsl/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace unfold {
namespace {

/// Code points of a line that are shown at most; a data file may have a line of any length.
constexpr std::size_t shown_width = 160;

constexpr std::string_view bold = "\033[1m";
constexpr std::string_view red = "\033[1;31m";
constexpr std::string_view yellow = "\033[1;33m";
constexpr std::string_view cyan = "\033[1;36m";
constexpr std::string_view green = "\033[1;32m";
constexpr std::string_view plain = "\033[0m";

std::string paint(std::string_view text, std::string_view style, bool color) {
  return color ? fmt::format("{}{}{}", style, text, plain) : std::string(text);
}

bool begins_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// The code points [first, last) of a line; control characters, which a terminal would obey, as
/// spaces.
std::string cut(std::string_view line, std::size_t first, std::size_t last) {
  std::string text;
  std::size_t index = 0;
  for (const char c : line) {
    index += begins_code_point(c) ? 1 : 0;
    const auto byte = static_cast<unsigned char>(c);
    if (index > first && index <= last) text += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  return text;
}

/// The line and below it the underline; of a long line only the neighbourhood of the spot.
std::string show_line(std::string_view line, const Location& where, bool color) {
  const auto size = static_cast<std::size_t>(std::ranges::count_if(line, begins_code_point));
  const std::size_t at = std::min<std::size_t>(where.column > 0 ? where.column - 1 : 0, size);
  const bool cuts = size > shown_width && at > shown_width / 2;
  const std::size_t first = cuts ? std::min(at - shown_width / 2, size - shown_width) : 0;
  const std::size_t last = std::min(size, first + shown_width);

  const std::string before = first > 0 ? "..." : "";
  const std::string after = last < size ? "..." : "";
  const std::string indent(before.size() + at - first, ' ');
  const std::size_t tail = std::min<std::size_t>(where.length, std::max(last, at + 1) - at) - 1;
  const std::string underline = paint("^" + std::string(tail, '~'), green, color);
  return fmt::format("{}{}{}\n{}{}\n", before, cut(line, first, last), after, indent, underline);
}

std::string place(const Location& where) {
  if (!where.known()) return "";
  if (where.line == 0) return where.file + ": ";
  return fmt::format("{}:{}:{}: ", where.file, where.line, where.column);
}

std::string render_part(std::string_view kind, std::string_view style, const std::string& message,
                        const Location& where, const Sources& sources, bool color) {
  const std::string at = place(where);
  std::string text = fmt::format("{}{} {}\n", at.empty() ? at : paint(at, bold, color),
                                 paint(kind, style, color), message);
  if (const auto line = sources.line(where)) text += show_line(*line, where, color);
  return text;
}

/// Single-letter edits from one word to the other; swapping two neighbours is one edit.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({replace, d[i - 1][j] + 1, d[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

void Diagnostics::add(Error error) {
  if (!full()) errors_.push_back(std::move(error));
}

std::vector<Error> Diagnostics::sorted() const {
  std::vector<std::string> files;
  for (const Error& error : errors_) {
    if (std::ranges::find(files, error.where.file) == files.end())
      files.push_back(error.where.file);
  }
  const auto key = [&files](const Error& error) {
    const auto file = std::ranges::find(files, error.where.file) - files.begin();
    return std::tuple(file, error.where.line, error.where.column);
  };
  std::vector<Error> sorted = errors_;
  std::ranges::stable_sort(sorted, {}, key);

  std::vector<Error> distinct;
  for (Error& error : sorted) {
    const bool seen = std::ranges::any_of(distinct, [&error](const Error& earlier) {
      return earlier.where == error.where && earlier.message == error.message;
    });
    if (!seen) distinct.push_back(std::move(error));
  }
  if (full()) distinct.emplace_back(fmt::format("stopped after {} errors", limit));
  return distinct;
}

std::string render(const Error& error, const Sources& sources, bool color, Severity severity) {
  const bool warning = severity == Severity::warning;
  std::string text = render_part(warning ? "warning:" : "error:", warning ? yellow : red,
                                 error.message, error.where, sources, color);
  for (const Note& note : error.notes) {
    text += render_part("note:", cyan, note.message, note.where, sources, color);
  }
  return text;
}

std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  // A third of the letters may differ; one letter alone is no evidence.
  std::size_t least = name.size() < 2 ? 0 : std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < least && distance < candidate.size()) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

}  // namespace unfold
