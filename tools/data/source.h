#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/tensor.h"
#include "tools/data/field.h"
#include "tools/data/fingerprint.h"
#include "tools/data/options.h"
#include "tools/data/rows.h"

namespace unfold::data {

enum class Part { train, valid, test };
inline constexpr std::array<Part, 3> all_parts = {Part::train, Part::valid, Part::test};
std::string_view part_name(Part part);

/// What a model file keeps of a source: enough to read more input of the same form.
struct SourceSpec {
  std::string name;  ///< as the program calls it
  std::string kind;  ///< `text`, `table`, `adding`, …
  RowFormat format = RowFormat::lines;
  std::vector<std::string>
      columns;  ///< all columns of a table, {"line", "*"} of files, {"line"} of a text
  bool skip_bad = false;
  std::vector<Fingerprint> fingerprints;  ///< of each file, or of the task's options
  std::uint64_t parts = 0;  ///< a hash of what is in which part; 0: not known (older model files)
};

void to_json(nlohmann::json& json, const SourceSpec& spec);
void from_json(const nlohmann::json& json, SourceSpec& spec);

/// The texts of one or more files, one after the other.
struct Document {
  struct Start {
    std::size_t offset;
    std::string file;
  };
  std::string text;
  std::vector<Start> files;

  Location where(std::size_t offset) const;
};

/// A stretch of a document: bytes at code point boundaries.
struct TextPart {
  std::shared_ptr<const Document> document;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The two fields of an example that was made on the spot.
struct TaskExample {
  Tensor input;
  Tensor target;
};

/// A generated task whose examples are numbers. Types have axis and size names left empty.
struct Task {
  FieldType input;
  FieldType target;
  Vocabulary classes;  ///< names of the target's classes, if it has them
  std::array<std::int64_t, 3> sizes = {};
  std::function<TaskExample(Part, std::int64_t)> make;
};

/// One line of a data block, `reviews = table("reviews.tsv", valid = 0.1)`, opened: its parts are
/// read and split. Exactly one of `texts`, `rows`, `task` holds data.
struct Source {
  SourceSpec spec;
  Location where;

  std::array<TextPart, 3> texts;
  Rows rows;
  std::array<std::vector<std::int64_t>, 3> selected;  ///< rows of each part, in file order
  std::int64_t main_rows = 0;  ///< the first ones, which are split; the others are files of parts
  /// Which of so many rows each part has.
  std::function<std::array<std::vector<std::int64_t>, 3>(std::int64_t count)> split;
  Task task;

  bool is_text() const { return spec.kind == "text"; }
  bool is_task() const { return static_cast<bool>(task.make); }
  /// Examples of a part; for a text, bytes.
  std::int64_t size(Part part) const;
  bool has(Part part) const { return size(part) > 0; }
  /// Makes the parts anew, as if the files did not have these rows. Files of which no row would be
  /// left keep theirs, so that reading them says what is wrong.
  void leave_out(const std::vector<bool>& refused);
  /// Takes rows out of the parts as they are.
  void take_out_of_parts(const std::vector<bool>& refused);
  /// Rows that could not be cut into cells, left out of the parts: errors of the program, unless it
  /// says `skip_bad` (then they are counted in `rows.skipped`).
  std::vector<Error> bad_rows;
};

/// What opening a source needs besides its settings.
struct OpenContext {
  std::string name;                 ///< of the source
  std::filesystem::path directory;  ///< of the program: relative paths start there
  std::uint64_t seed = 0;           ///< of the run, where the source has no `seed` of its own
  std::vector<Argument> files;      ///< positional arguments of kinds that take files
  Location where;
};

/// A kind of source: what `unfold help table` prints, how a call is checked and opened.
struct SourceKind {
  std::string name;
  std::string doc;
  bool takes_files = false;  ///< positional arguments are paths, which may hold one `*`
  std::vector<OptionSpec> options;
  std::vector<std::string> readers;
  Source (*open)(const Settings&, const OpenContext&);
};

std::span<const SourceKind> source_kinds();
const SourceKind* find_source_kind(std::string_view name);

/// Opens `name = call`. Errors at the argument concerned: options, files that are missing,
/// unreadable, directories, binary or empty; at the spot in the data file: bad UTF-8, a bad header.
/// Bad rows are in the source's `bad_rows`; where nothing can be opened without them, they are
/// thrown as BadRows.
Source open_source(const std::string& name, const Call& call,
                   const std::filesystem::path& directory, std::uint64_t seed);

}  // namespace unfold::data
