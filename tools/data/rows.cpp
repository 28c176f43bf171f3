#include "tools/data/rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "tools/data/options.h"
#include "tools/data/unicode.h"

namespace unfold::data {

void Skipped::add(const Error& error) {
  if (count++ > 0) return;
  where = error.where;
  first = fmt::format("{}:{}:{}: {}", where.file, where.line, where.column, error.message);
}

void Skipped::add(const Skipped& other) {
  const bool earlier = other.where.file == where.file && other.where.line < where.line;
  if (other.count > 0 && (count == 0 || earlier)) {
    first = other.first;
    where = other.where;
  }
  count += other.count;
}

std::string_view Rows::cell(std::int64_t row, std::size_t column) const {
  return cells_[static_cast<std::size_t>(row) * columns_.size() + column].text;
}

Location Rows::where(std::int64_t row, std::size_t column, std::size_t offset,
                     std::uint32_t length) const {
  const Cell& cell = cells_[static_cast<std::size_t>(row) * columns_.size() + column];
  std::size_t before = code_points(cell.line);
  if (cell.verbatim) before += code_points(cell.text.substr(0, std::min(offset, cell.text.size())));
  return {files_[files_of_rows_[static_cast<std::size_t>(row)]], cell.line_number,
          static_cast<std::uint32_t>(before) + 1, length};
}

std::size_t Rows::column(std::string_view name, const Location& asked) const {
  return find_column(columns_, name, asked);
}

void Rows::append(std::uint32_t file, std::span<const Cell> cells) {
  assert(cells.size() == columns_.size());
  files_of_rows_.push_back(file);
  cells_.insert(cells_.end(), cells.begin(), cells.end());
}

std::uint32_t Rows::add_file(std::string name) {
  files_.push_back(std::move(name));
  return static_cast<std::uint32_t>(files_.size()) - 1;
}

std::string_view Rows::keep(std::string text) {
  kept_->push_back(std::move(text));
  return kept_->back();
}

std::size_t find_column(std::span<const std::string> columns, std::string_view name,
                        const Location& asked) {
  const auto found = std::ranges::find(columns, name);
  if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  const std::string near = nearest_name(name, columns);
  throw Error(fmt::format("there is no column `{}`{}", name,
                          near.empty() ? "" : fmt::format("; the nearest is `{}`", near)),
              asked, {{fmt::format("the columns are {}", fmt::join(columns, ", ")), {}}});
}

}  // namespace unfold::data
