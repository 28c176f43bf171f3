#include "tools/data/examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <optional>

#include "tools/data/encode.h"

namespace unfold::data {

namespace {

/// A symbol or a class that the vocabulary does not have.
class UnknownSymbol : public Error {
 public:
  using Error::Error;
};

/// A row that fields refuse, and why.
struct Refused {
  std::int64_t row;
  Error error;
  bool unknown;  ///< it has but a symbol or class that the training part does not have
};

/// Encodes rows one after the other; a row that any field refuses is left out as a whole.
class RowEncoder {
 public:
  RowEncoder(const Rows& rows, std::span<const FieldSpec> fields, bool skip_bad)
      : rows_(rows), skip_bad_(skip_bad) {
    result_.fields.assign(fields.begin(), fields.end());
    result_.values.resize(fields.size());
    for (const FieldSpec& field : fields) {
      std::vector<std::size_t>& columns = columns_.emplace_back();
      for (const std::string& name : field.columns) columns.push_back(rows.column(name, {}));
    }
  }

  /// Why a row is refused: by a symbol or class that is unknown only if nothing else is wrong with
  /// it, and only where the data decide what is known.
  std::optional<Refused> refused(std::int64_t row) {
    std::optional<Refused> found;
    for (std::size_t f = 0; f < columns_.size(); ++f) {
      try {
        encode_field(f, row);
      } catch (const UnknownSymbol& error) {
        const bool unknown = !result_.fields[f].fixed;
        if (!found) found = Refused{row, error, unknown};
        found->unknown = found->unknown && unknown;
      } catch (const Error& error) {
        if (!found) found = Refused{row, error, false};
        found->unknown = false;
      }
    }
    return found;
  }

  /// One value for each field. Throws Error.
  std::vector<Tensor> encode(std::int64_t row) {
    std::vector<Tensor> values;
    for (std::size_t f = 0; f < columns_.size(); ++f) values.push_back(encode_field(f, row));
    return values;
  }

  void add(std::int64_t row) {
    std::vector<Tensor> values;
    try {
      values = encode(row);
    } catch (const Error& error) {
      if (!skip_bad_) throw;
      result_.skipped.add(error);
      return;
    }
    for (std::size_t f = 0; f < values.size(); ++f) {
      result_.values[f].push_back(std::move(values[f]));
    }
  }

  Examples take() { return std::move(result_); }

 private:
  Tensor encode_field(std::size_t f, std::int64_t row) {
    const std::vector<std::size_t>& columns = columns_[f];
    cells_.clear();
    for (const std::size_t column : columns) cells_.push_back(rows_.cell(row, column));
    try {
      return encode_cells(result_.fields[f], cells_);
    } catch (const BadCell& bad) {
      const Location where = rows_.where(row, columns[bad.cell], bad.offset, bad.length);
      if (bad.unknown) throw UnknownSymbol(bad.message, where);
      throw Error(bad.message, where);
    }
  }

  const Rows& rows_;
  bool skip_bad_;
  Examples result_;
  std::vector<std::vector<std::size_t>> columns_;  // of each field
  std::vector<std::string_view> cells_;
};

Examples read_task(const Source& source, std::span<const FieldSpec> fields, Part part) {
  Examples result;
  result.fields.assign(fields.begin(), fields.end());
  result.values.resize(fields.size());
  for (std::int64_t i = 0; i < source.size(part); ++i) {
    const TaskExample example = source.task.make(part, i);
    for (std::size_t f = 0; f < fields.size(); ++f) {
      result.values[f].push_back(fields[f].reader == "input" ? example.input : example.target);
    }
  }
  return result;
}

}  // namespace

std::size_t Examples::index(std::string_view name) const {
  const auto found = std::ranges::find(fields, name, &FieldSpec::name);
  assert(found != fields.end());
  return static_cast<std::size_t>(found - fields.begin());
}

std::vector<std::string> Examples::axes() const {
  std::vector<std::string> result;
  for (const FieldSpec& field : fields) {
    const std::string& axis = field.type.axis;
    if (field.type.has_time() && std::ranges::find(result, axis) == result.end()) {
      result.push_back(axis);
    }
  }
  return result;
}

std::int64_t Examples::length(std::string_view axis, std::int64_t i) const {
  const auto found = std::ranges::find(
      fields, axis, [](const FieldSpec& f) { return std::string_view(f.type.axis); });
  assert(found != fields.end());
  const auto f = static_cast<std::size_t>(found - fields.begin());
  return values[f][static_cast<std::size_t>(i)].dims()[0];
}

Examples read_examples(const Source& source, std::span<const FieldSpec> fields, Part part) {
  assert(!source.is_text());
  if (source.is_task()) return read_task(source, fields, part);
  RowEncoder encoder(source.rows, fields, source.spec.skip_bad);
  for (const std::int64_t row : source.selected[static_cast<std::size_t>(part)]) encoder.add(row);
  Examples examples = encoder.take();
  if (examples.size() == 0 && examples.skipped.count > 0) {
    throw Error(fmt::format("no row of the {} part is left: all {} are bad; the first: {}",
                            part_name(part), examples.skipped.count, examples.skipped.first),
                source.where);
  }
  return examples;
}

namespace {

std::vector<Refused> refused_rows(const Source& source, std::span<const FieldSpec> fields) {
  std::vector<Refused> all;
  RowEncoder encoder(source.rows, fields, true);
  for (std::int64_t row = 0; row < source.rows.size(); ++row)
    if (auto refused = encoder.refused(row)) all.push_back(std::move(*refused));
  return all;
}

/// Those that are refused for the one reason or for the other, by row; counts them.
std::vector<bool> chosen(const Source& source, std::span<const Refused> refused, bool unknown,
                         Skipped& skipped) {
  std::vector<bool> rows(static_cast<std::size_t>(source.rows.size()));
  for (const Refused& r : refused) {
    if (r.unknown != unknown) continue;
    rows[static_cast<std::size_t>(r.row)] = true;
    skipped.add(r.error);
  }
  return rows;
}

}  // namespace

void leave_out_bad(Source& source, std::vector<FieldSpec> fields,
                   const std::function<std::vector<FieldSpec>()>& define_again) {
  std::vector<Refused> refused = refused_rows(source, fields);
  Skipped bad, strange;
  if (!std::ranges::all_of(refused, &Refused::unknown)) {
    source.leave_out(chosen(source, refused, false, bad));
    fields = define_again();
    refused = refused_rows(source, fields);
  }
  std::vector<bool> in_parts(static_cast<std::size_t>(source.rows.size()));
  for (const auto& part : source.selected)
    for (const std::int64_t row : part) in_parts[static_cast<std::size_t>(row)] = true;
  std::erase_if(refused,
                [&](const Refused& r) { return !in_parts[static_cast<std::size_t>(r.row)]; });
  source.take_out_of_parts(chosen(source, refused, true, strange));
  source.rows.skipped.add(bad);
  source.rows.skipped.add(strange);
}

std::vector<Error> bad_examples(const Source& source, std::span<const FieldSpec> fields, Part part,
                                std::size_t most) {
  std::vector<Error> errors;
  const auto note = [&](const auto& work) {
    try {
      work();
    } catch (const UnknownSymbol& error) {
      if (source.bad_rows.empty()) errors.push_back(error);
    } catch (const Error& error) {
      errors.push_back(error);
    }
  };
  if (source.is_task()) return errors;
  if (source.spec.skip_bad) {
    note([&] { read_examples(source, fields, part); });
    return errors;
  }
  RowEncoder encoder(source.rows, fields, false);
  for (const std::int64_t row : source.selected[static_cast<std::size_t>(part)]) {
    if (errors.size() == most) break;
    note([&] { encoder.encode(row); });
  }
  return errors;
}

Examples encode_rows(const SourceSpec& source, const Rows& rows,
                     std::span<const FieldSpec> fields) {
  RowEncoder encoder(rows, fields, source.skip_bad);
  for (std::int64_t row = 0; row < rows.size(); ++row) encoder.add(row);
  Examples examples = encoder.take();
  Skipped skipped = rows.skipped;
  skipped.add(examples.skipped);
  examples.skipped = skipped;
  return examples;
}

}  // namespace unfold::data
