#pragma once

#include <string>

namespace unfold {

/// The directory of a run: its model files and its log. While an object of this type
/// lives no other process (or object) can hold the same directory; the lock ends with the process,
/// however that ends, and leaves no file behind.
class RunDir {
 public:
  /// Makes directory `out`, which must not exist or be empty. Throws an Error otherwise.
  static RunDir create(const std::string& out);
  /// Makes `parent`/`name`-N with N one above the largest there is, from 1.
  static RunDir create_next(const std::string& name, const std::string& parent = "runs");
  /// An existing run, given by its directory or by a file in it. Throws an Error if there is none
  /// or another process trains in it.
  static RunDir open(const std::string& run_or_model);

  /// Unlocks. Of a new run that wrote no model (it failed before, or the disk is full) nothing
  /// stays: neither its log nor the directory, if this object made it.
  ~RunDir();
  RunDir(RunDir&& other) noexcept;
  RunDir(const RunDir&) = delete;
  RunDir& operator=(const RunDir&) = delete;

  const std::string& path() const { return path_; }
  std::string best() const { return path_ + "/best.safetensors"; }
  std::string last() const { return path_ + "/last.safetensors"; }
  std::string log() const { return path_ + "/log.jsonl"; }

 private:
  /// `fresh`: for a new run; `made`: this process made the directory.
  RunDir(std::string path, bool fresh, bool made);

  std::string path_;
  int lock_ = -1;
  bool fresh_ = false, made_ = false;
};

}  // namespace unfold
