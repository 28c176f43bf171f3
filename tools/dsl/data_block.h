#pragma once

#include <filesystem>
#include <map>
#include <utility>

#include "tools/dsl/program.h"

namespace unfold {

/// Reads a train block as plain data.
class SettingReader {
 public:
  SettingReader(Constants lets, const Sources& sources, Diagnostics& diagnostics)
      : lets_(std::move(lets)), sources_(sources), diagnostics_(diagnostics) {}

  Settings read(const syntax::Block& block);
  /// Replaces or adds the setting at `path` (`optimizer.rate`).
  void replace(Settings& settings, const std::string& path, const syntax::Expression& value);

 private:
  void read_into(const syntax::Block& block, Settings& out);
  Setting setting(const syntax::Identifier& name, const syntax::Expression& value);

  Constants lets_;  ///< those of the program, and of the block so far
  const Sources& sources_;
  Diagnostics& diagnostics_;
};

struct DataContext {
  const Constants& lets;
  const Sources& sources;
  std::filesystem::path directory;  ///< relative paths start here
  std::uint64_t seed = 1;
  /// `corpus.train` of `--set data.corpus.train=0.8`
  std::map<std::string, const syntax::Expression*> overrides;
};

/// Opens the sources of a data block and defines its fields. A line in error is left out, and named
/// in `failed`.
DataBlock open_data(const syntax::Block& block, const DataContext& context,
                    Diagnostics& diagnostics);

}  // namespace unfold
