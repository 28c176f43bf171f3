#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/error.h"

namespace unfold::data {

/// How rows are written in a file.
enum class RowFormat {
  tsv,   ///< a header, cells separated by tabs, no quoting
  csv,   ///< a header, RFC 4180
  lines  ///< no header, one cell: the line
};

/// Bad rows that were left out because the program says `skip_bad = true`.
struct Skipped {
  std::int64_t count = 0;
  std::string first;  ///< message of the first one, with its place
  Location where;     ///< of the first one

  void add(const Error& error);
  /// Of two in one file, that of the lower line is the first.
  void add(const Skipped& other);
};

/// Rows of text cells, with the places they come from. Each row has one cell for each column.
class Rows {
 public:
  Rows() = default;
  explicit Rows(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  const std::vector<std::string>& columns() const { return columns_; }
  /// Names the columns of rows that have none yet.
  void set_columns(std::vector<std::string> columns) { columns_ = std::move(columns); }
  std::int64_t size() const { return static_cast<std::int64_t>(files_of_rows_.size()); }
  std::string_view cell(std::int64_t row, std::size_t column) const;
  /// The place of the cell's byte `offset`, underlining `length` code points.
  Location where(std::int64_t row, std::size_t column, std::size_t offset = 0,
                 std::uint32_t length = 1) const;
  /// Number of the column; an Error at `asked` that lists the columns and the nearest if there is
  /// none.
  std::size_t column(std::string_view name, const Location& asked) const;

  /// A cell while a row is built: its text (kept alive by `keep`) and where it starts in its line.
  struct Cell {
    std::string_view text;
    std::string_view line;  ///< the bytes of the line before the cell
    bool verbatim = true;   ///< false: quoted, so offsets within it do not count
    std::uint32_t line_number = 0;
  };
  void append(std::uint32_t file, std::span<const Cell> cells);
  std::uint32_t add_file(std::string name);
  /// Stores bytes for as long as the rows live.
  std::string_view keep(std::string text);
  Skipped skipped;

 private:
  std::vector<std::string> columns_;
  std::vector<std::uint32_t> files_of_rows_;
  std::vector<Cell> cells_;  // row by row
  std::vector<std::string> files_;
  std::shared_ptr<std::deque<std::string>> kept_ = std::make_shared<std::deque<std::string>>();
};

/// Number of a column by name; the Error of `Rows::column`.
std::size_t find_column(std::span<const std::string> columns, std::string_view name,
                        const Location& asked);

}  // namespace unfold::data
