#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <ostream>
#include <string>

namespace unfold {

/// What a stream of output can show.
struct Terminal {
  bool moves = false;    ///< a terminal on which a line can be drawn again
  bool colours = false;  ///< a terminal, and the user has not set NO_COLOR
  int width = 80;        ///< columns

  /// What `file` (standard error) is connected to.
  static Terminal of(std::FILE* file);
};

/// How far long work has come. `total` 0 means that nobody knows.
struct ProgressState {
  std::string label;      ///< "epoch 3/10"
  std::int64_t done = 0;  ///< steps of this part, for its bar
  std::int64_t total = 0;
  double amount = 0;             ///< work since the start, in `unit`, for the rate
  std::string unit{};            ///< "tokens"
  std::optional<double> loss{};  ///< mean so far
  std::optional<double> left{};  ///< seconds to the end of everything
};

/// Seconds that the rest of some work takes if it goes on as fast: `done` of `all` parts are made,
/// `before` of them before these `seconds` began.
double seconds_left(double seconds, double before, double done, double all);

/// One line about `state` after `seconds` of work, no wider than the terminal:
/// `epoch 3/10 ━━━━━━────── 52%  loss 1.4871  84,120 tokens/s  3:12 left`.
std::string progress_line(const ProgressState& state, double seconds, const Terminal& terminal);

/// Shows progress on a stream: on a terminal one line drawn again and again, elsewhere a plain line
/// from time to time. The caller tells the time, in seconds since the work began.
class Progress {
 public:
  Progress(std::ostream& out, Terminal terminal) : out_(out), terminal_(terminal) {}
  /// Leaves the terminal clean.
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows `state` if enough time went by since the last one: a tenth of a second on a terminal,
  /// half a minute elsewhere.
  void update(const ProgressState& state, double seconds);
  /// Whether `update` would show anything now; saves the work of making a state.
  bool due(double seconds) const;
  /// Prints a line that stays, such as the result of an epoch.
  void line(const std::string& text);
  /// Takes the moving line away.
  void clear();

 private:
  std::ostream& out_;
  Terminal terminal_;
  double shown_at_ = 0;
  bool drawn_ = false;
};

}  // namespace unfold
