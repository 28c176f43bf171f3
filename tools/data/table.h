#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/data/file.h"
#include "tools/data/rows.h"

namespace unfold::data {

/// The format that a file's name tells: `.csv`, `.tsv`; nothing for others.
std::optional<RowFormat> format_of(const std::string& path);

/// Rows of one file that are not as they should be.
class BadRows : public Error {
 public:
  static constexpr std::size_t most = 200;  ///< that are told
  explicit BadRows(std::vector<Error> list) : Error(list.front()), errors(std::move(list)) {}

  std::vector<Error> errors;
};

/// Appends the rows of a table with a header. If `rows` has no columns yet, it gets the file's;
/// else each of its columns is looked up in the header, and others are passed over. Blank lines at
/// the end are ignored. Errors in the file: a header with an empty or repeated name or without a
/// column that is needed, no rows, a row with another number of columns than the header, bad
/// quoting (CSV), bad UTF-8; those of rows together as BadRows. With `skip_bad`, bad rows are
/// counted in `rows.skipped` instead.
void append_table(Rows& rows, DataFile file, RowFormat format, bool skip_bad);

/// Appends the lines of a file as rows of one cell, or of two with `star` as the second. Throws
/// BadRows for bad UTF-8, or counts it likewise.
void append_lines(Rows& rows, DataFile file, const std::string& star, bool skip_bad);

}  // namespace unfold::data
