#pragma once

#include <span>
#include <string>
#include <string_view>

namespace unfold {

/// Writes the parts one after another as file `path`, so that at every moment, even if the machine
/// stops, the path holds either all of the old file or all of the new one: written beside it,
/// synced and renamed. Throws an Error that names the file and the reason (a full disk); then the
/// old file is as it was and nothing else is left behind.
void write_file_atomically(const std::string& path, std::span<const std::string_view> parts);

/// All bytes of file `path`. Throws an Error if it cannot be read.
std::string read_whole_file(const std::string& path);

}  // namespace unfold
