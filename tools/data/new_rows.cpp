#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tools/data/examples.h"
#include "tools/data/file.h"
#include "tools/data/table.h"
#include "tools/data/unicode.h"

namespace unfold::data {

namespace {

std::vector<std::string> columns_of(std::span<const FieldSpec> fields) {
  std::vector<std::string> columns;
  for (const FieldSpec& field : fields) {
    for (const std::string& column : field.columns) {
      if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
    }
  }
  return columns;
}

/// Lines of one file, or of those that a path with a `*` matches.
void read_lines(Rows& rows, const SourceSpec& source, const std::vector<std::string>& columns,
                const std::string& path, const Location& where) {
  const bool starred = std::ranges::find(columns, "*") != columns.end();
  if (starred && path.find('*') == std::string::npos) {
    throw Error(
        fmt::format("the class of each line is what `*` stands for in the name of its file: "
                    "`{}` has no `*`",
                    path),
        where);
  }
  rows.set_columns(starred ? std::vector<std::string>{"line", "*"}
                           : std::vector<std::string>{"line"});
  for (const Match& match : match_files(path, {}, where)) {
    append_lines(rows, read_data_file(match.path, {}, where), match.star, source.skip_bad);
  }
}

std::vector<std::string_view> split_cells(std::string_view text, std::size_t columns) {
  if (columns == 1) return {text};
  std::vector<std::string_view> cells;
  for (;;) {
    const std::size_t end = text.find('\t');
    cells.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return cells;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Rows read_rows(const SourceSpec& source, std::span<const FieldSpec> fields, const std::string& path,
               const Location& where) {
  Rows rows;
  const std::vector<std::string> columns = columns_of(fields);
  if (source.format == RowFormat::lines) {
    read_lines(rows, source, columns, path, where);
  } else {
    rows.set_columns(columns);
    append_table(rows, read_data_file(path, {}, where), format_of(path).value_or(source.format),
                 source.skip_bad);
  }
  if (rows.size() == 0) {
    throw Error(fmt::format("no row is left: all {} are bad; the first: {}", rows.skipped.count,
                            rows.skipped.first),
                where);
  }
  return rows;
}

Rows rows_of_texts(std::span<const FieldSpec> fields, std::span<const std::string> texts) {
  Rows rows(columns_of(fields));
  const std::size_t width = rows.columns().size();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string name = fmt::format("input {}", i + 1);
    require_utf8(texts[i], name);
    const std::uint32_t file = rows.add_file(name);
    const std::string_view text = rows.keep(texts[i]);
    std::vector<Rows::Cell> cells;
    for (const std::string_view cell : split_cells(text, width)) {
      const auto before = static_cast<std::size_t>(cell.data() - text.data());
      cells.push_back({cell, text.substr(0, before), true, 1});
    }
    if (cells.size() != width) {
      throw Error(fmt::format("this input has {} column{}; {} are needed, separated by tabs: {}",
                              cells.size(), cells.size() == 1 ? "" : "s", width,
                              fmt::join(rows.columns(), ", ")),
                  {name, 1, 1});
    }
    rows.append(file, cells);
  }
  return rows;
}

}  // namespace unfold::data
