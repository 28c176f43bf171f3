#include "tools/data/encode.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "tools/data/unicode.h"

namespace unfold::data {

namespace {

/// ` in column review`, for fields that have a named column.
std::string in_column(const FieldSpec& spec, std::size_t cell) {
  if (cell >= spec.columns.size()) return {};
  const std::string& column = spec.columns[cell];
  return column == "line" || column == "*" ? "" : fmt::format(" in column `{}`", column);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(text).c_str(), nullptr);
  return value;
}

double number_of(const FieldSpec& spec, std::string_view text, std::size_t cell,
                 std::size_t offset) {
  const std::string_view digits = trim(text);
  if (digits.empty()) {
    throw BadCell{"a number is missing" + in_column(spec, cell), cell, offset};
  }
  const auto length = static_cast<std::uint32_t>(code_points(text));
  const auto value = parse_number(digits);
  if (!value) {
    throw BadCell{fmt::format("{} is not a number{}", quote(text), in_column(spec, cell)), cell,
                  offset, length};
  }
  if (!std::isfinite(static_cast<float>(*value))) {
    throw BadCell{fmt::format("{} is not a finite number{}", quote(text), in_column(spec, cell)),
                  cell, offset, length};
  }
  return *value;
}

std::int32_t class_of(const FieldSpec& spec, std::string_view text, std::size_t offset) {
  if (const auto id = spec.vocabulary.find(text)) return *id;
  const std::string name = text.empty() ? "the empty text" : quote(text);
  std::vector<std::string> known = spec.vocabulary.symbols();
  const bool many = known.size() > 20;
  if (many) known.resize(20);
  throw BadCell{fmt::format("{} is not a class of `{}`: the training part has {}{}", name,
                            spec.name, fmt::join(known, ", "), many ? ", …" : ""),
                0, offset, static_cast<std::uint32_t>(std::max<std::size_t>(1, code_points(text))),
                true};
}

std::vector<std::int32_t> ids_of(const FieldSpec& spec, std::string_view text) {
  std::vector<std::int32_t> ids;
  const std::string lowered = spec.lower ? lower_case(text) : std::string();
  const std::string_view all = spec.lower ? std::string_view(lowered) : text;
  if (spec.start) ids.push_back(*spec.vocabulary.find(start_symbol));
  const std::size_t before = ids.size();
  for_each_symbol(spec, all, [&](std::string_view symbol) {
    ids.push_back(symbol_id(spec, symbol, static_cast<std::size_t>(symbol.data() - all.data())));
  });
  if (ids.size() == before) {
    throw BadCell{fmt::format("an empty sequence: no {}{}", spec.words ? "words" : "characters",
                              in_column(spec, 0))};
  }
  if (spec.end) ids.push_back(*spec.vocabulary.find(end_symbol));
  return ids;
}

Tensor encode_counts(const FieldSpec& spec, std::string_view text) {
  Tensor result(DType::f32, {spec.vocabulary.size()});
  const auto counts = result.as<float>();
  for (const std::int32_t id : ids_of(spec, text)) counts[static_cast<std::size_t>(id)] += 1;
  if (spec.weights.empty()) return result;
  double squares = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] *= spec.weights[i];
    squares += static_cast<double>(counts[i]) * counts[i];
  }
  for (float& count : counts) count = static_cast<float>(count / std::sqrt(squares));
  return result;
}

Tensor encode_numbers(const FieldSpec& spec, std::span<const std::string_view> cells) {
  Tensor result(DType::f32, {static_cast<std::int64_t>(cells.size())});
  for (std::size_t i = 0; i < cells.size(); ++i) {
    result.set(static_cast<std::int64_t>(i), number_of(spec, cells[i], i, 0));
  }
  return result;
}

std::size_t offset_in(std::string_view part, std::string_view whole) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

/// The written form of a task's numbers: blanks between them, ` | ` between steps of several.
Tensor encode_steps(const FieldSpec& spec, std::string_view text) {
  const std::int64_t width = spec.type.width;
  std::vector<float> numbers;
  std::int64_t in_step = 0;
  std::string_view rest = text;
  const auto end_step = [&](std::size_t offset) {
    if (in_step != width) {
      throw BadCell{fmt::format("this step has {} numbers, not {}", in_step, width), 0, offset};
    }
    in_step = 0;
  };
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    const std::size_t offset = offset_in(word, text);
    if (word == "|") {
      end_step(offset);
      continue;
    }
    if (width == 1 && in_step == 1) end_step(offset);
    numbers.push_back(static_cast<float>(number_of(spec, word, 0, offset)));
    ++in_step;
  }
  if (numbers.empty()) throw BadCell{"an empty sequence: no numbers" + in_column(spec, 0)};
  end_step(text.size());
  const bool sequence = spec.type.kind == FieldKind::sequence;
  const auto steps = static_cast<std::int64_t>(numbers.size()) / width;
  return Tensor::of<float>(sequence ? Dims{steps, width} : Dims{width}, numbers);
}

Tensor encode_labels(const FieldSpec& spec, std::string_view text) {
  std::vector<std::int32_t> ids;
  std::string_view rest = text;
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    ids.push_back(class_of(spec, word, offset_in(word, text)));
  }
  if (ids.empty()) throw BadCell{"an empty sequence: no classes" + in_column(spec, 0)};
  return Tensor::of<std::int32_t>({static_cast<std::int64_t>(ids.size())}, ids);
}

void require_steps(const FieldSpec& spec, const Tensor& value) {
  const std::int64_t steps = spec.type.steps;
  if (steps == 0 || value.dims()[0] == steps) return;
  throw BadCell{fmt::format("`{}` has {} steps in every example, here {}", spec.name, steps,
                            value.dims()[0])};
}

}  // namespace

void for_each_symbol(const FieldSpec& spec, std::string_view text,
                     const std::function<void(std::string_view)>& take) {
  if (spec.words) {
    for (std::string_view w = take_word(text); !w.empty(); w = take_word(text)) take(w);
  } else {
    while (!text.empty()) take(take_code_point(text));
  }
}

std::int32_t symbol_id(const FieldSpec& spec, std::string_view symbol, std::size_t offset) {
  if (const auto id = spec.vocabulary.find(symbol)) return *id;
  if (const auto unknown = spec.vocabulary.find(unknown_symbol); spec.unknown && unknown) {
    return *unknown;
  }
  throw BadCell{
      fmt::format("{} {}{} is not in the vocabulary of `{}`; the option `unknown = true` would "
                  "take it as <unk>",
                  spec.words ? "word" : "character", quote(symbol), in_column(spec, 0), spec.name),
      0, offset, static_cast<std::uint32_t>(code_points(symbol)), true};
}

Tensor encode_cells(const FieldSpec& spec, std::span<const std::string_view> cells) {
  if (spec.reader == "number" || spec.reader == "numbers") return encode_numbers(spec, cells);
  if (spec.reader == "counts" || spec.reader == "tfidf") return encode_counts(spec, cells[0]);
  switch (spec.type.kind) {
    case FieldKind::symbols: {
      const std::vector<std::int32_t> ids = ids_of(spec, cells[0]);
      return Tensor::of<std::int32_t>({static_cast<std::int64_t>(ids.size())}, ids);
    }
    case FieldKind::label: return Tensor::of<std::int32_t>({}, {class_of(spec, cells[0], 0)});
    case FieldKind::labels: {
      Tensor value = encode_labels(spec, cells[0]);
      require_steps(spec, value);
      return value;
    }
    default: {
      Tensor value = encode_steps(spec, cells[0]);
      if (spec.type.kind == FieldKind::sequence) require_steps(spec, value);
      return value;
    }
  }
}

Tensor encode(const FieldSpec& spec, std::span<const std::string_view> cells,
              const Location& where) {
  for (const std::string_view cell : cells) {
    if (find_invalid_utf8(cell) != std::string_view::npos) require_utf8(cell, where.file);
  }
  try {
    return encode_cells(spec, cells);
  } catch (const BadCell& bad) {
    Location at = where;
    at.column += static_cast<std::uint32_t>(
        code_points(cells[bad.cell].substr(0, std::min(bad.offset, cells[bad.cell].size()))));
    at.length = bad.length;
    throw Error(bad.message, at);
  }
}

Tensor encode(const FieldSpec& spec, std::string_view cell, const Location& where) {
  return encode(spec, std::span(&cell, 1), where);
}

std::string decode(const FieldSpec& spec, std::span<const std::int32_t> ids) {
  std::string result;
  for (const std::int32_t id : ids) {
    const std::string& symbol = spec.vocabulary.symbol(id);
    if ((spec.start && symbol == start_symbol) || (spec.end && symbol == end_symbol)) continue;
    if (spec.words && !result.empty()) result += ' ';
    result += symbol;
  }
  return result;
}

}  // namespace unfold::data
