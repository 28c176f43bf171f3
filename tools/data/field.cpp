#include "tools/data/field.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/data/encode.h"
#include "tools/data/source.h"
#include "tools/data/unicode.h"

namespace unfold::data {

namespace {

const OptionSpec column_option = {"column", OptionType::string, std::nullopt,
                                  "column of the table; not needed if there is only one"};

std::vector<OptionSpec> symbol_options(bool unknown) {
  return {column_option,
          {"lower", OptionType::flag, false, "turn everything to lower case"},
          {"min_count", OptionType::whole, 1.0,
           "leave out symbols met fewer times in the training part; needs unknown", 1},
          {"unknown", OptionType::flag, unknown, "have <unk> for symbols outside the vocabulary"},
          {"order", OptionType::strings, std::nullopt,
           "the vocabulary, fixed: its characters as one string, its words as a list"},
          {"start", OptionType::flag, false, "put <start> before each example"},
          {"end", OptionType::flag, false, "put <end> after each example"}};
}

std::vector<std::string> unique_columns(const Settings& settings) {
  std::vector<std::string> columns = settings.strings("columns");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (std::find(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(i), columns[i]) !=
        columns.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw Error(fmt::format("column `{}` is named twice", columns[i]), settings.where("columns"));
    }
  }
  return columns;
}

/// The columns that the field is read from: named by options, or the only one possible.
std::vector<std::string> choose_columns(const Source& source, const Settings& settings,
                                        const Call& call) {
  const std::vector<std::string>& all = source.spec.columns;
  std::vector<std::string> chosen;
  if (settings.has("columns")) chosen = unique_columns(settings);
  if (settings.has("column")) chosen = {settings.string("column")};
  for (const std::string& name : chosen) {
    find_column(all, name, settings.where(settings.has("columns") ? "columns" : "column"));
  }
  if (!chosen.empty()) return chosen;
  if (source.is_task()) return {call.name};
  if (source.spec.kind == "files") {
    if (call.name != "class") return {"line"};
    if (std::ranges::find(all, "*") != all.end()) return {"*"};
    throw Error("class is what `*` stands for, but the names of the files have no `*`", call.where);
  }
  if (all.size() == 1) return all;
  const std::string_view option = call.name == "numbers" ? "columns" : "column";
  throw Error(fmt::format("{} needs the option `{}`: the columns are {}", call.name, option,
                          fmt::join(all, ", ")),
              call.where);
}

/// Calls `take` with each training text of the field's first column.
template <class Take>
void for_each_training_text(const Source& source, const FieldSpec& spec, const Take& take) {
  if (source.is_text()) {
    const TextPart& part = source.texts[0];
    take(std::string_view(part.document->text).substr(part.begin, part.end - part.begin));
    return;
  }
  const std::size_t column = source.rows.column(spec.columns[0], source.where);
  for (const std::int64_t row : source.selected[0]) take(source.rows.cell(row, column));
}

Vocabulary fixed_vocabulary(const FieldSpec& spec, const Settings& settings) {
  Vocabulary vocabulary;
  for (const std::string& text : settings.strings("order")) {
    for_each_symbol(spec, text, [&](std::string_view symbol) {
      if (vocabulary.find(symbol)) {
        throw Error(fmt::format("{} is twice in `order`", quote(symbol)), settings.where("order"));
      }
      vocabulary.add(symbol);
    });
  }
  if (vocabulary.size() == 0) throw Error("`order` is empty", settings.where("order"));
  return vocabulary;
}

void define_symbols(FieldSpec& spec, const Source& source, const Settings& settings) {
  spec.words = spec.reader == "words";
  spec.unknown = settings.flag("unknown");
  spec.lower = settings.flag("lower");
  spec.start = settings.flag("start");
  spec.end = settings.flag("end");
  const std::int64_t min_count = settings.whole("min_count");
  if (min_count > 1 && !spec.unknown) {
    throw Error(
        fmt::format("min_count = {} leaves symbols out, which needs `unknown = true`", min_count),
        settings.where("min_count"));
  }
  if (source.is_text() && (spec.start || spec.end)) {
    throw Error(fmt::format("a text is one sequence: `{}` is for tables and files",
                            spec.start ? "start" : "end"),
                settings.where(spec.start ? "start" : "end"));
  }
  if (settings.has("order")) {
    spec.vocabulary = fixed_vocabulary(spec, settings);
    spec.fixed = true;
  } else {
    SymbolCounter counter;
    for_each_training_text(source, spec, [&](std::string_view text) {
      const std::string lowered = spec.lower ? lower_case(text) : std::string();
      for_each_symbol(spec, spec.lower ? std::string_view(lowered) : text,
                      [&](std::string_view symbol) { counter.add(symbol); });
    });
    spec.vocabulary = Vocabulary(counter.ordered(min_count));
  }
  if (spec.unknown) spec.vocabulary.add(unknown_symbol);
  if (spec.start) spec.vocabulary.add(start_symbol);
  if (spec.end) spec.vocabulary.add(end_symbol);
  spec.type.kind = FieldKind::symbols;
  spec.type.axis = fmt::format("time({})", spec.name);
  spec.type.full = source.is_text();
  spec.type.ids = spec.vocabulary.size();
  spec.type.size_name = fmt::format("vocab({})", spec.name);
  if (spec.vocabulary.size() == 0) {
    Error error(fmt::format("`{}` has no symbols in the training part", spec.name), source.where);
    if (!source.is_text() && !source.selected[0].empty()) {
      const std::size_t column = source.rows.column(spec.columns[0], source.where);
      error.notes.push_back(
          {"its first row has none here", source.rows.where(source.selected[0].front(), column)});
    }
    throw error;
  }
}

void define_class(FieldSpec& spec, const Source& source, const Settings& settings) {
  if (settings.has("order")) {
    spec.vocabulary = Vocabulary(settings.strings("order"));
    spec.fixed = true;
  } else {
    SymbolCounter counter;
    for_each_training_text(source, spec, [&](std::string_view text) {
      if (!text.empty()) counter.add(text);
    });
    spec.vocabulary = Vocabulary(counter.ordered());
  }
  if (spec.vocabulary.size() == 0) {
    throw Error(fmt::format("`{}` has no classes in the training part", spec.name), source.where);
  }
  spec.type.kind = FieldKind::label;
  spec.type.ids = spec.vocabulary.size();
  spec.type.size_name = fmt::format("classes({})", spec.name);
}

void define_numbers(FieldSpec& spec, const Source&, const Settings&) {
  spec.type.kind = FieldKind::numbers;
  spec.type.width = static_cast<std::int64_t>(spec.columns.size());
}

void define_task_field(FieldSpec& spec, const Source& source, const Settings&) {
  const bool input = spec.reader == "input";
  spec.type = input ? source.task.input : source.task.target;
  const bool timed = spec.type.kind == FieldKind::sequence || spec.type.kind == FieldKind::labels;
  if (timed) spec.type.axis = fmt::format("time({})", source.spec.name);
  if (spec.type.is_ids()) {
    spec.vocabulary = source.task.classes;
    spec.type.size_name = fmt::format("classes({})", spec.name);
  }
}

using Define = void (*)(FieldSpec&, const Source&, const Settings&);

struct ReaderRow {
  Reader reader;
  Define define;  // nullptr: applied to a field
};

const std::vector<ReaderRow>& reader_rows() {
  static const std::vector<ReaderRow> rows = {
      {{"words", "Words, split at white space: ids [time].", symbol_options(true)}, define_symbols},
      {{"characters", "Characters (code points): ids [time].", symbol_options(false)},
       define_symbols},
      {{"class",
        "One of the classes of the training part; of files(…), what `*` stands for.",
        {column_option, {"order", OptionType::strings, std::nullopt, "the classes, fixed"}}},
       define_class},
      {{"number", "A number: [1].", {column_option}}, define_numbers},
      {{"numbers",
        "The numbers of several columns: [n].",
        {{"columns", OptionType::strings, std::nullopt, "columns of the table"}}},
       define_numbers},
      {{"input", "What a generated task gives to the model.", {}}, define_task_field},
      {{"target", "What a generated task asks for.", {}}, define_task_field},
      {{"counts", "How often each symbol of a field occurs: [vocab].", {}, true}, nullptr},
      {{"tfidf",
        "Counts of each symbol, rare symbols weighing more: count times "
        "1 + ln((1 + n) / (1 + examples that have it)), scaled to length 1: [vocab].",
        {},
        true},
       nullptr},
  };
  return rows;
}

const ReaderRow* find_row(std::string_view name) {
  const auto& rows = reader_rows();
  const auto found =
      std::ranges::find(rows, name, [](const ReaderRow& row) { return row.reader.name; });
  return found == rows.end() ? nullptr : &*found;
}

/// How much each symbol weighs, by the number of training examples that have it.
std::vector<float> inverse_frequencies(const FieldSpec& of, const Source& source) {
  std::vector<double> having(static_cast<std::size_t>(of.vocabulary.size()), 0);
  double examples = 0;
  for_each_training_text(source, of, [&](std::string_view text) {
    std::vector<bool> seen(having.size(), false);
    const std::string lowered = of.lower ? lower_case(text) : std::string(text);
    for_each_symbol(of, lowered, [&](std::string_view symbol) {
      auto id = of.vocabulary.find(symbol);
      if (!id && of.unknown) id = of.vocabulary.find(unknown_symbol);
      if (!id || seen[static_cast<std::size_t>(*id)]) return;
      seen[static_cast<std::size_t>(*id)] = true;
      ++having[static_cast<std::size_t>(*id)];
    });
    ++examples;
  });
  std::vector<float> weights;
  for (const double n : having) {
    weights.push_back(static_cast<float>(1 + std::log((1 + examples) / (1 + n))));
  }
  return weights;
}

}  // namespace

std::span<const Reader> readers() {
  static const std::vector<Reader> list = [] {
    std::vector<Reader> result;
    for (const ReaderRow& row : reader_rows()) result.push_back(row.reader);
    return result;
  }();
  return list;
}

const Reader* find_reader(std::string_view name) {
  const ReaderRow* row = find_row(name);
  return row == nullptr ? nullptr : &row->reader;
}

FieldSpec define_field(const std::string& name, const Call& call, const Source& source) {
  const std::vector<std::string>& offered = find_source_kind(source.spec.kind)->readers;
  const ReaderRow* row = find_row(call.name);
  if (row == nullptr || std::ranges::find(offered, call.name) == offered.end()) {
    throw Error(
        fmt::format("`{}` is a {} source, which has no `{}`: it offers {}", source.spec.name,
                    source.spec.kind, call.name, fmt::join(offered, ", ")),
        call.where);
  }
  const Settings settings = read_settings(call, row->reader.options);
  FieldSpec spec;
  spec.name = name;
  spec.source = source.spec.name;
  spec.reader = call.name;
  spec.columns = choose_columns(source, settings, call);
  row->define(spec, source, settings);
  return spec;
}

FieldSpec define_field(const std::string& name, const Call& call, const FieldSpec& of,
                       const Source& source) {
  const Reader* reader = find_reader(call.name);
  assert(reader != nullptr && reader->of_field);
  read_settings(call, reader->options);
  if (of.type.kind != FieldKind::symbols || source.is_text()) {
    throw Error(fmt::format("{} takes the words or characters of a table or of files", call.name),
                call.where);
  }
  FieldSpec spec = of;
  spec.name = name;
  spec.reader = call.name;
  spec.type = {};
  spec.type.width = of.vocabulary.size();
  spec.type.size_name = of.type.size_name;
  if (call.name == "tfidf") spec.weights = inverse_frequencies(of, source);
  return spec;
}

}  // namespace unfold::data
