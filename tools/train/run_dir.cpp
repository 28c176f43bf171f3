#include "tools/train/run_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <utility>

#include "graph/error.h"

namespace unfold {

namespace fs = std::filesystem;

namespace {

/// Makes the directory and those above it; false if it exists.
bool make_directory(const std::string& path) {
  std::error_code failure;
  const bool made = fs::create_directories(path, failure);
  if (failure) {
    throw Error(fmt::format("cannot make the directory '{}': {}", path, failure.message()));
  }
  return made;
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// The largest N of the entries `name-N` of a directory, 0 if there are none.
long largest_number(const std::string& parent, const std::string& name) {
  long largest = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    const std::string found = entry.path().filename().string(), prefix = name + "-";
    if (!found.starts_with(prefix)) continue;
    long number = 0;
    const char* end = found.data() + found.size();
    const auto read = std::from_chars(found.data() + prefix.size(), end, number);
    if (read.ec == std::errc() && read.ptr == end) largest = std::max(largest, number);
  }
  return largest;
}

}  // namespace

RunDir::RunDir(std::string path, bool fresh, bool made)
    : path_(std::move(path)),
      lock_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      fresh_(fresh),
      made_(made) {
  if (lock_ < 0) {
    throw Error(fmt::format("cannot open the run '{}': {}", path_, std::strerror(errno)));
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(std::exchange(lock_, -1));
    throw Error(fmt::format("the run '{}' is in use by another process", path_));
  }
}

RunDir::RunDir(RunDir&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      fresh_(std::exchange(other.fresh_, false)),
      made_(std::exchange(other.made_, false)) {}

RunDir::~RunDir() {
  std::error_code ignored;
  if (fresh_ && !fs::exists(last(), ignored) && !fs::exists(best(), ignored)) {
    ::unlink(log().c_str());
    if (made_) ::rmdir(path_.c_str());  // fails, as it should, unless empty
  }
  if (lock_ >= 0) ::close(lock_);
}

RunDir RunDir::create(const std::string& out) {
  const std::string path = without_trailing_slash(out);
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    if (!fs::is_directory(path, ignored)) {
      throw Error(fmt::format("the output '{}' exists and is not a directory", path));
    }
    if (!fs::is_empty(path, ignored)) {
      throw Error(fmt::format(
          "the output directory '{}' exists and is not empty; take another, or continue its run "
          "with --resume",
          path));
    }
  }
  return RunDir(path, true, make_directory(path));
}

RunDir RunDir::create_next(const std::string& name, const std::string& parent) {
  for (;;) {  // another process may take the same number at the same time
    const std::string path =
        fmt::format("{}/{}-{}", parent, name, largest_number(parent, name) + 1);
    if (make_directory(path)) return RunDir(path, true, true);
  }
}

RunDir RunDir::open(const std::string& run_or_model) {
  std::string path = without_trailing_slash(run_or_model);
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) {
    const fs::path parent = fs::path(path).parent_path();
    path = parent.empty() ? "." : parent.string();
  }
  if (!fs::exists(path, ignored)) throw Error(fmt::format("there is no run '{}'", path));
  return RunDir(path, false, false);
}

}  // namespace unfold
