#include "tools/data/file_sources.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/data/file.h"
#include "tools/data/split.h"
#include "tools/data/table.h"
#include "tools/data/unicode.h"

namespace unfold::data {

namespace {

/// A file name in the program: an argument, or the value of `train`, `valid` or `test`.
using Names = std::vector<Argument>;

/// The files of a part: for training the positional ones, and any part may name one as its option.
Names names_of(Part part, const Settings& settings, const OpenContext& context,
               const std::string& kind) {
  Names names;
  if (part == Part::train) names = context.files;
  const std::string_view option = part_name(part);
  if (settings.has(option) && std::holds_alternative<std::string>(settings.value(option))) {
    names.push_back({"", settings.value(option), settings.where(option)});
  }
  if (part == Part::train && names.empty()) {
    throw Error(fmt::format("{} needs the name of a file", kind), context.where);
  }
  return names;
}

template <class Take>
void for_each_file(const Names& names, const OpenContext& context, SourceSpec& spec,
                   const Take& take) {
  for (const Argument& name : names) {
    const auto& pattern = std::get<std::string>(name.value);
    for (const Match& match : match_files(pattern, context.directory, name.where)) {
      DataFile file = read_data_file(match.path, context.directory, name.where);
      spec.fingerprints.push_back(file.fingerprint);
      take(std::move(file), match, name);
    }
  }
}

void append_document(Document& document, DataFile file) {
  require_utf8(file.bytes, file.name);
  document.files.push_back({document.text.size(), file.name});
  std::string& text = file.bytes;
  for (std::size_t i = text.find("\r\n"), from = 0;; i = text.find("\r\n", from)) {
    document.text.append(text, from, i - from);
    if (i == std::string::npos) return;
    from = i + 1;
  }
}

std::size_t byte_of(const std::string& text, std::int64_t code_point) {
  if (code_points(text) == text.size()) return static_cast<std::size_t>(code_point);
  std::string_view rest = text;
  for (std::int64_t i = 0; i < code_point; ++i) take_code_point(rest);
  return text.size() - rest.size();
}

Source open_text(const Settings& settings, const OpenContext& context) {
  Source source;
  source.spec.columns = {"line"};
  for (const Part part : all_parts) {
    const Names names = names_of(part, settings, context, "text");
    if (names.empty()) continue;
    auto document = std::make_shared<Document>();
    for_each_file(names, context, source.spec, [&](DataFile file, const Match&, const Argument&) {
      append_document(*document, std::move(file));
    });
    source.texts[static_cast<std::size_t>(part)] = {document, 0, document->text.size()};
  }
  const TextPart main = source.texts[0];
  const std::string& text = main.document->text;
  const auto cuts = cut_parts(static_cast<std::int64_t>(code_points(text)), settings, "characters");
  for (std::size_t i = 0; i < 3; ++i) {
    if (i > 0 && source.texts[i].document) continue;
    source.texts[i] = {main.document, byte_of(text, cuts[i]), byte_of(text, cuts[i + 1])};
  }
  return source;
}

/// Splits the rows of the main files. Where bad rows are missing, that may be why it cannot be
/// done.
void split_rows(Source& source, std::int64_t count, const Settings& settings, std::uint64_t seed) {
  try {
    source.main_rows = count;
    source.split = [=](std::int64_t rows) { return split_examples(rows, settings, seed); };
    source.selected = source.split(count);
  } catch (const Error&) {
    if (!source.bad_rows.empty()) throw BadRows(source.bad_rows);
    throw;
  }
}

/// Reads the rows of all parts by `take` (which appends a file's rows) and splits those of the main
/// files.
template <class Take>
void read_parts(Source& source, const Settings& settings, const OpenContext& context,
                const std::string& kind, const Take& take) {
  source.spec.skip_bad = settings.flag("skip_bad");
  for (const Part part : all_parts) {
    const std::int64_t before = source.rows.size();
    const Names names = names_of(part, settings, context, kind);
    if (names.empty()) continue;
    for_each_file(names, context, source.spec, [&](auto&&... file) {
      try {
        take(std::forward<decltype(file)>(file)...);
      } catch (const BadRows& bad) {
        source.bad_rows.insert(source.bad_rows.end(), bad.errors.begin(), bad.errors.end());
      }
    });
    const std::int64_t count = source.rows.size() - before;
    if (count == 0) {
      if (!source.bad_rows.empty()) throw BadRows(source.bad_rows);
      throw Error(fmt::format("no row is left: all {} are bad; the first: {}",
                              source.rows.skipped.count, source.rows.skipped.first),
                  names.front().where);
    }
    if (part == Part::train) {
      split_rows(source, count, settings, context.seed);
    } else {
      for (std::int64_t i = 0; i < count; ++i) {
        source.selected[static_cast<std::size_t>(part)].push_back(before + i);
      }
    }
  }
  source.spec.columns = source.rows.columns();
}

Source open_table(const Settings& settings, const OpenContext& context) {
  Source source;
  bool first = true;
  read_parts(source, settings, context, "table",
             [&](DataFile file, const Match& match, const Argument&) {
               const RowFormat format = format_of(match.path).value_or(RowFormat::tsv);
               if (std::exchange(first, false)) source.spec.format = format;
               append_table(source.rows, std::move(file), format, source.spec.skip_bad);
             });
  return source;
}

bool has_star(const Argument& name) {
  return std::get<std::string>(name.value).find('*') != std::string::npos;
}

Source open_files(const Settings& settings, const OpenContext& context) {
  Source source;
  const bool starred = std::ranges::any_of(context.files, has_star);
  source.rows.set_columns(starred ? std::vector<std::string>{"line", "*"}
                                  : std::vector<std::string>{"line"});
  read_parts(source, settings, context, "files",
             [&](DataFile file, const Match& match, const Argument& name) {
               if (has_star(name) != starred) {
                 throw Error("either all names of files have a `*` or none", name.where);
               }
               append_lines(source.rows, std::move(file), match.star, source.spec.skip_bad);
             });
  return source;
}

std::vector<OptionSpec> row_options() {
  std::vector<OptionSpec> options = part_options();
  options.push_back({"seed", OptionType::whole, std::nullopt,
                     "which rows go to which part; standard: the seed of the run"});
  options.push_back({"skip_bad", OptionType::flag, false, "leave bad rows out and count them"});
  return options;
}

}  // namespace

Document read_document(const std::string& path, const std::filesystem::path& directory,
                       const Location& where) {
  Document document;
  append_document(document, read_data_file(path, directory, where));
  return document;
}

SourceKind text_source() {
  return {"text",
          "One long text, from one or more files; parts are cut from it in order.",
          true,
          part_options(),
          {"characters", "words"},
          open_text};
}

SourceKind table_source() {
  return {
      "table",
      "Rows with a header: CSV (RFC 4180) if the name ends in .csv, else cells separated by tabs "
      "without quoting.",
      true,
      row_options(),
      {"words", "characters", "class", "number", "numbers"},
      open_table};
}

SourceKind files_source() {
  return {"files",
          "Files of one example a line, given by a name with a `*`, such as \"names/*.txt\"; "
          "`class` is what the `*` stands for.",
          true,
          row_options(),
          {"words", "characters", "class", "number"},
          open_files};
}

}  // namespace unfold::data
