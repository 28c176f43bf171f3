#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/data/examples.h"
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
  /// Opened sources, in the order of `source_specs`; empty for a program that comes from a model file.
  std::vector<data::Source> sources;

  const data::FieldSpec* field(std::string_view name) const;
};

/// A parsed program, its settings and its data: everything that building its graph needs.
class Program {
 public:
  /// Reads the texts of `path` and of the files it uses. Throws Error on files that cannot be read.
  static ProgramText read(const std::filesystem::path& path, std::vector<std::string> overrides);

  /// Parses, and evaluates the `let`, data and train blocks. All errors go to `diagnostics`; the
  /// program is still there to look for more in. With `stored` (from a model file) the data block is
  /// taken from there and no data is read. `seed` replaces the train block's.
  Program(ProgramText text, Diagnostics& diagnostics, std::optional<DataBlock> stored = {},
          std::optional<std::uint64_t> seed = {});

  const ProgramText& text() const { return text_; }
  const Sources& sources() const { return sources_; }
  const DataBlock& data() const { return data_; }
  /// The train block, for tools/train to interpret.
  const Settings& train() const { return train_; }
  std::uint64_t seed() const { return seed_; }
  /// `charlm` of `examples/charlm.fold`.
  std::string name() const;

  // For the evaluator.
  const syntax::Program& main() const { return files_.front(); }
  const std::map<std::string, const syntax::Def*>& defs() const { return defs_; }
  const syntax::Expression* override_of(const std::string& name) const;

 private:
  void parse(Diagnostics& diagnostics);
  void read_overrides(Diagnostics& diagnostics);
  void collect_defs(Diagnostics& diagnostics);

  ProgramText text_;
  Sources sources_;
  std::vector<syntax::Program> files_;
  std::map<std::string, const syntax::Def*> defs_;
  std::map<std::string, syntax::Expression> overrides_;
  DataBlock data_;
  Settings train_;
  std::uint64_t seed_ = 1;
};

}  // namespace unfold
