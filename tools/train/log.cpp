#include "tools/train/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "graph/error.h"

namespace unfold {

namespace {

[[noreturn]] void fail(const std::string& path, int reason) {
  throw Error(fmt::format("cannot write the log '{}': {}", path, std::strerror(reason)));
}

}  // namespace

Log::Log(const std::string& path, std::uint64_t keep)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) {
  struct stat status {};
  const bool opened = file_ >= 0 && ::fstat(file_, &status) == 0;
  bytes_ = std::min(keep, static_cast<std::uint64_t>(status.st_size));
  const auto end = static_cast<off_t>(bytes_);
  const bool regular = S_ISREG(status.st_mode);
  if (opened &&
      (!regular || (::ftruncate(file_, end) == 0 && ::lseek(file_, end, SEEK_SET) == end))) {
    return;
  }
  const int reason = errno;
  if (file_ >= 0) ::close(file_);
  fail(path_, reason);
}

Log::~Log() { ::close(file_); }

void Log::write(const nlohmann::json& entry) {
  const std::string line =
      entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(file_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      const auto end = static_cast<off_t>(bytes_);
      if (::ftruncate(file_, end) == 0) ::lseek(file_, end, SEEK_SET);
      fail(path_, reason);
    }
    done += static_cast<std::size_t>(written);
  }
  bytes_ += line.size();
}

}  // namespace unfold
