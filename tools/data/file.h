#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "graph/error.h"
#include "tools/data/fingerprint.h"

namespace unfold::data {

/// A data file in memory: its bytes without a byte order mark.
struct DataFile {
  std::string name;  ///< path by which it was opened: what errors in it name
  std::string bytes;
  Fingerprint fingerprint;
};

/// Reads the file that the program calls `path`, relative to `directory`; `-` is standard input.
/// Errors at `where`: missing, a directory, unreadable, empty, binary (it holds a zero byte).
DataFile read_data_file(const std::string& path, const std::filesystem::path& directory,
                        const Location& where);

/// A file that a pattern matched.
struct Match {
  std::string path;
  std::string star;  ///< what `*` stands for in it
};

/// Files that a path with at most one `*` stands for, in the order of their names; without `*`, the
/// path itself. Errors at `where`: two `*`, no such file.
std::vector<Match> match_files(const std::string& pattern, const std::filesystem::path& directory,
                               const Location& where);

}  // namespace unfold::data
