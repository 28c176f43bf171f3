#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace unfold {

/// A log of JSON lines: one object a line, each given to the system as soon as it is written,
/// not synced.
class Log {
 public:
  /// Opens or makes file `path`. What lies beyond its first `keep` bytes is cut off: a resumed run
  /// passes what its checkpoint says, and logs again what happened since. Throws an Error if the
  /// file cannot be opened.
  explicit Log(const std::string& path, std::uint64_t keep = 0);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Appends one line. Throws an Error if that is impossible; then no part of it stays.
  void write(const nlohmann::json& entry);
  /// The length of the file in bytes.
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::string path_;
  int file_;
  std::uint64_t bytes_ = 0;
};

}  // namespace unfold
