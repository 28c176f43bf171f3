#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace unfold::testing {

/// What a run of the command left.
struct Ran {
  int code = -1;  ///< exit code; 128 and more: killed by a signal
  std::string out, err;
};

/// A directory of its own, with the lecture's reviews and the program that learns them
/// (`reviews.tsv`, `good.fold`), and the command to run in it.
class Workshop {
 public:
  Workshop();
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  void write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;
  /// `unfold ARGUMENTS`, written as for a shell.
  Ran unfold(const std::string& arguments) const;
  /// Any command line; `$UNFOLD` is the command.
  Ran shell(const std::string& line) const;

  /// What a command line shows on a terminal, a few lines at most; nothing where this system makes
  /// no terminal.
  std::optional<std::string> terminal(const std::string& line) const;

  /// A program whose data are the reviews; `model` is the inside of its model block.
  static std::string program(const std::string& model,
                             const std::string& train = "optimizer = sgd(rate = 0.1)");
  /// The model of `good.fold`: 31 parameters.
  static std::string sentiment();

  std::filesystem::path root;
};

}  // namespace unfold::testing
