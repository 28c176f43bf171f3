#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/tensor.h"
#include "tools/data/field.h"
#include "tools/data/source.h"

namespace unfold::data {

/// Examples of some fields, encoded: `values[f][i]` is field f of example i, without batch
/// dimension.
struct Examples {
  std::vector<FieldSpec> fields;
  std::vector<std::vector<Tensor>> values;
  /// With `skip_bad`: rows whose cells could not be encoded, and those of a file of its own
  /// (`read_rows`) that could not be read.
  Skipped skipped;

  std::int64_t size() const {
    return values.empty() ? 0 : static_cast<std::int64_t>(values.front().size());
  }
  /// Index of the field called `name`, which must be there.
  std::size_t index(std::string_view name) const;
  /// The time axes of the fields, each once, in order of appearance.
  std::vector<std::string> axes() const;
  /// Steps of example i on an axis. Fields of one axis have equal lengths.
  std::int64_t length(std::string_view axis, std::int64_t i) const;
};

/// All examples of a part. The fields must be of this source, which is not a text. Errors at the
/// spot in the data file: unknown symbols and classes, bad numbers, empty sequences.
Examples read_examples(const Source& source, std::span<const FieldSpec> fields, Part part);

/// For a source with `skip_bad`: leaves the rows that `fields`, all that are read from it, refuse
/// out of its parts, and counts them in `rows.skipped`. A row with a bad number, say, counts
/// neither where rows are split nor in a vocabulary: when there are such, `define_again` is to
/// define the fields from the parts without them. A symbol or class that the training part does not
/// have takes its row out of the part that it is in.
void leave_out_bad(Source& source, std::vector<FieldSpec> fields,
                   const std::function<std::vector<FieldSpec>()>& define_again);

/// Why `read_examples` would refuse a part: an Error for each bad row, at most `most` of them; with
/// `skip_bad` one if no row is left. Where the source has `bad_rows`, symbols and classes that are
/// unknown may only be missing with those, and are no errors. Keeps none of the values.
std::vector<Error> bad_examples(const Source& source, std::span<const FieldSpec> fields, Part part,
                                std::size_t most);

/// New rows with stored specs, for `--file`: in the source's own format (lines for texts, the
/// written form of tasks), where a header need only have the columns that the fields use. `-` reads
/// standard input. `path` is as the user wrote it, `where` its place if it has one.
Rows read_rows(const SourceSpec& source, std::span<const FieldSpec> fields, const std::string& path,
               const Location& where = {});

/// Texts given on the command line as rows, one text a row: the one column that the fields use, or
/// several separated by tabs.
Rows rows_of_texts(std::span<const FieldSpec> fields, std::span<const std::string> texts);

/// Encodes rows read by `read_rows` or made by `rows_of_texts`.
Examples encode_rows(const SourceSpec& source, const Rows& rows, std::span<const FieldSpec> fields);

/// One long run of ids: a part of a text.
struct Stream {
  FieldSpec field;
  std::vector<std::int32_t> ids;
};

/// A part of a text source as ids; another text file with the stored spec.
Stream read_stream(const Source& source, const FieldSpec& field, Part part);
Stream read_stream(const FieldSpec& field, const std::string& path, const Location& where = {});

/// Writes a part of a generated task as a table that `--file` reads: TSV with the header `input`,
/// `target` (a sequence is its steps separated by ` | ` where a step has several numbers, by blanks
/// where it has one), or one column `line` for tasks of symbols.
void write_task(std::ostream& out, const Source& source, Part part);

}  // namespace unfold::data
