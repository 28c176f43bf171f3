#include "tools/data/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/data/unicode.h"

namespace unfold::data {

namespace {

/// Cuts a file into rows of cells. After an error in a row, reading goes on with the next line.
class Scanner {
 public:
  Scanner(std::string_view text, RowFormat format, std::string file, Rows& keeper)
      : rest_(text), format_(format), file_(std::move(file)), keeper_(keeper) {
    while (rest_.ends_with('\n') || rest_.ends_with('\r')) rest_.remove_suffix(1);
    all_valid_ = find_invalid_utf8(rest_) == std::string_view::npos;
  }

  bool at_end() const { return done_; }
  std::uint32_t line_number() const { return line_number_; }

  const std::vector<Rows::Cell>& next() {
    cells_.clear();
    next_line();
    if (format_ == RowFormat::lines) {
      cells_.push_back({line_, {}, true, line_number_});
    } else if (format_ == RowFormat::tsv) {
      split_tabs();
    } else {
      split_commas();
    }
    return cells_;
  }

 private:
  Location here(std::size_t offset) const {
    return {file_, line_number_,
            static_cast<std::uint32_t>(code_points(line_.substr(0, offset))) + 1};
  }

  void next_line() {
    const std::size_t end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(line_.size() + 1, rest_.size()));
    done_ = end == std::string_view::npos;
    ++line_number_;
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    if (!all_valid_) require_utf8(line_, file_, line_number_);
  }

  void split_tabs() {
    for (std::size_t begin = 0;;) {
      const std::size_t end = std::min(line_.find('\t', begin), line_.size());
      cells_.push_back(
          {line_.substr(begin, end - begin), line_.substr(0, begin), true, line_number_});
      if (end == line_.size()) return;
      begin = end + 1;
    }
  }

  void split_commas() {
    for (std::size_t begin = 0;;) {
      const bool quoted = begin < line_.size() && line_[begin] == '"';
      const std::size_t end = quoted ? quoted_cell(begin) : plain_cell(begin);
      if (end == line_.size()) return;
      begin = end + 1;
    }
  }

  /// Both return where the cell ends in the current line: at a comma or at the line's end.
  std::size_t plain_cell(std::size_t begin) {
    const std::size_t end = std::min(line_.find(',', begin), line_.size());
    const std::string_view text = line_.substr(begin, end - begin);
    if (const std::size_t mark = text.find('"'); mark != std::string_view::npos) {
      throw Error("a quotation mark within a cell that does not begin with one",
                  here(begin + mark));
    }
    cells_.push_back({text, line_.substr(0, begin), true, line_number_});
    return end;
  }

  std::size_t quoted_cell(std::size_t begin) {
    const Location opening = here(begin);
    Rows::Cell cell{{}, line_.substr(0, begin), false, line_number_};
    std::string text;
    for (std::size_t i = begin + 1;;) {
      const std::size_t mark = line_.find('"', i);
      text += line_.substr(i, std::min(mark, line_.size()) - i);
      if (mark == std::string_view::npos) {
        if (done_) throw Error("this quotation mark is never closed", opening);
        next_line();
        text += '\n';
        i = 0;
      } else if (mark + 1 < line_.size() && line_[mark + 1] == '"') {
        text += '"';
        i = mark + 2;
      } else {
        if (mark + 1 < line_.size() && line_[mark + 1] != ',') {
          throw Error("text after the closing quotation mark of a cell", here(mark + 1));
        }
        cell.text = keeper_.keep(std::move(text));
        cells_.push_back(cell);
        return mark + 1;
      }
    }
  }

  std::string_view rest_, line_;
  RowFormat format_;
  std::string file_;
  Rows& keeper_;
  std::vector<Rows::Cell> cells_;
  std::uint32_t line_number_ = 0;
  bool all_valid_ = true;
  bool done_ = false;
};

/// A header that ends without a line after it is the whole file.
std::vector<std::string> read_header(Scanner& scanner, const std::string& file) {
  std::vector<std::string> names;
  for (const Rows::Cell& cell : scanner.next()) {
    const Location where{file, 1, static_cast<std::uint32_t>(code_points(cell.line)) + 1};
    if (cell.text.empty()) throw Error("a column without a name in the header", where);
    if (std::ranges::find(names, cell.text) != names.end()) {
      throw Error(fmt::format("column `{}` is in the header twice", cell.text), where);
    }
    names.emplace_back(cell.text);
  }
  if (scanner.at_end()) throw Error("there is a header, but no rows", {file, 1, 1});
  return names;
}

void require_width(const std::vector<Rows::Cell>& cells, std::size_t expected,
                   const std::string& file, std::uint32_t line) {
  if (cells.size() == expected) return;
  throw Error(fmt::format("this row has {} column{}, the header has {}", cells.size(),
                          cells.size() == 1 ? "" : "s", expected),
              {file, line, 1});
}

/// Calls `append_next` for each row of a file.
template <class Append>
void append_rows(Rows& rows, const Scanner& scanner, bool skip_bad, const Append& append_next) {
  std::vector<Error> bad;
  while (!scanner.at_end() && bad.size() < BadRows::most) {
    try {
      append_next();
    } catch (const Error& error) {
      if (skip_bad)
        rows.skipped.add(error);
      else
        bad.push_back(error);
    }
  }
  if (!bad.empty()) throw BadRows(std::move(bad));
}

}  // namespace

std::optional<RowFormat> format_of(const std::string& path) {
  if (path.ends_with(".csv") || path.ends_with(".CSV")) return RowFormat::csv;
  if (path.ends_with(".tsv") || path.ends_with(".TSV")) return RowFormat::tsv;
  return std::nullopt;
}

void append_table(Rows& rows, DataFile file, RowFormat format, bool skip_bad) {
  const std::uint32_t number = rows.add_file(file.name);
  Scanner scanner(rows.keep(std::move(file.bytes)), format, file.name, rows);
  const std::vector<std::string> header = read_header(scanner, file.name);
  if (rows.columns().empty()) rows.set_columns(header);
  std::vector<std::size_t> wanted;
  for (const std::string& name : rows.columns()) {
    wanted.push_back(find_column(header, name, {file.name, 1, 1}));
  }
  std::vector<Rows::Cell> picked(wanted.size());
  append_rows(rows, scanner, skip_bad, [&] {
    const std::uint32_t line = scanner.line_number() + 1;
    const std::vector<Rows::Cell>& cells = scanner.next();
    require_width(cells, header.size(), file.name, line);
    for (std::size_t i = 0; i < wanted.size(); ++i) picked[i] = cells[wanted[i]];
    rows.append(number, picked);
  });
}

void append_lines(Rows& rows, DataFile file, const std::string& star, bool skip_bad) {
  const std::uint32_t number = rows.add_file(file.name);
  const std::string_view second = rows.keep(star);
  Scanner scanner(rows.keep(std::move(file.bytes)), RowFormat::lines, file.name, rows);
  append_rows(rows, scanner, skip_bad, [&] {
    std::vector<Rows::Cell> cells = scanner.next();
    if (rows.columns().size() == 2) cells.push_back({second, {}, false, cells[0].line_number});
    rows.append(number, cells);
  });
}

}  // namespace unfold::data
