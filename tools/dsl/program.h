#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/data/examples.h"
#include "tools/dsl/constants.h"
#include "tools/dsl/parser.h"
#include "tools/dsl/settings.h"

namespace unfold {

/// A `.fold` file as text, with the files that it uses and what the command line changes in it.
struct ProgramText {
  std::string path;  ///< as the user wrote it; data paths are relative to its folder
  std::vector<std::pair<std::string, std::string>> files;  ///< name and text, the program first
  std::vector<std::string> overrides;  ///< `units=256`, `train.optimizer.rate=0.01`
};

/// What a program's data block comes to: sources, and fields with their vocabularies.
struct DataBlock {
  std::vector<data::SourceSpec> source_specs;
  std::vector<data::FieldSpec> fields;
  /// Opened sources, in the order of `source_specs`; empty for a program that comes from a model
  /// file.
  std::vector<data::Source> sources;

  /// Where each line of the block is; `failed` are those that could not be opened.
  std::map<std::string, Span> spans;
  std::map<std::string, Span> failed;

  const data::FieldSpec* field(std::string_view name) const;
  const data::SourceSpec& source_of(const data::FieldSpec& field) const;
  /// The fields that are read from a source.
  std::vector<data::FieldSpec> fields_of(const data::SourceSpec& source) const;
  bool is_text(const data::FieldSpec& field) const { return source_of(field).kind == "text"; }
  /// The field that `input(task)` or `target(task)` names; throws Error if the source has none.
  std::size_t task_field(std::size_t source, const std::string& reader) const;
  Span span_of(const std::string& name) const;
};

/// One `--set name=value`.
struct Override {
  std::string name;
  syntax::Expression value;
};

/// A parsed program, its settings and its data: everything that building its graph needs.
class Program {
 public:
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Reads the texts of `path` and of the files it uses. Throws Error on files that cannot be read.
  static ProgramText read(const std::filesystem::path& path, std::vector<std::string> overrides);

  /// Parses, and evaluates the `let`, data and train blocks. All errors go to `diagnostics`; the
  /// program is still there to look for more in. With `stored` (from a model file) the data block
  /// is taken from there and no data is read. `seed` replaces the train block's.
  Program(ProgramText text, Diagnostics& diagnostics, std::optional<DataBlock> stored = {},
          std::optional<std::uint64_t> seed = {});

  const ProgramText& text() const { return text_; }
  const Sources& sources() const { return sources_; }
  const DataBlock& data() const { return data_; }
  /// The train block, for tools/train to interpret.
  const Settings& train() const { return train_; }
  /// The train block's `seed`, 1 if it has none.
  std::uint64_t seed() const { return seed_; }
  /// `charlm` of `examples/charlm.fold`.
  std::string name() const;

  // For the evaluator.
  const syntax::Program& main() const { return files_.front(); }
  const Constants& lets() const { return lets_; }
  Span let_span(const std::string& name) const { return let_spans_.at(name); }
  const std::map<std::string, const syntax::Def*>& defs() const { return defs_; }
  /// Names of `let`s and `def`s that could not be read.
  std::vector<syntax::Identifier> faulty() const;

 private:
  void read_definitions(Diagnostics& diagnostics);
  void read_lets(const std::vector<Override>& overrides, Diagnostics& diagnostics);
  void read_settings(const std::vector<Override>& overrides, Diagnostics& diagnostics);
  void read_data(const std::vector<Override>& overrides, Diagnostics& diagnostics);
  void check_name(const Override& o, Diagnostics& diagnostics) const;

  ProgramText text_;
  Sources sources_;
  std::vector<syntax::Program> files_;
  std::map<std::string, const syntax::Def*> defs_;
  Constants lets_;
  std::map<std::string, Span> let_spans_;
  DataBlock data_;
  Settings train_;
  std::uint64_t seed_ = 1;
};

}  // namespace unfold
