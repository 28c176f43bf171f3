#include "tools/train/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace unfold {

namespace {

constexpr const char* clear_line = "\r\x1b[K";
constexpr int widest_bar = 24, narrowest_bar = 4;

/// 84120 as 84,120.
std::string with_commas(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

/// 192 seconds as 3:12, from an hour on 1:03:12.
std::string clock_time(double seconds) {
  const auto total = static_cast<std::int64_t>(std::ceil(seconds));
  const std::int64_t hours = total / 3600, minutes = total / 60 % 60, rest = total % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest)
                   : fmt::format("{}:{:02}", minutes, rest);
}

std::string figures_of(const ProgressState& state, double seconds) {
  std::string text;
  if (state.loss) text += fmt::format("  loss {:.4f}", *state.loss);
  if (seconds > 0 && state.amount > 0) {
    const double rate = state.amount / seconds;
    text += rate < 10 ? fmt::format("  {:.2g} {}/s", rate, state.unit)
                      : fmt::format("  {} {}/s", with_commas(rate), state.unit);
  }
  if (state.left) text += fmt::format("  {} left", clock_time(*state.left));
  return text;
}

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

std::string bar(double share, int width, bool colours) {
  const int full = static_cast<int>(std::lround(share * width));
  const std::string done = repeated("━", full), rest = repeated("─", width - full);
  return colours ? fmt::format("\x1b[32m{}\x1b[90m{}\x1b[0m", done, rest) : done + rest;
}

/// The first `width` bytes without the last characters' halves: the texts cut here are ASCII.
std::string cut(const std::string& text, int width) {
  return text.substr(0, static_cast<std::size_t>(std::max(width, 0)));
}

}  // namespace

Terminal Terminal::of(std::FILE* file) {
  Terminal terminal;
  const char* kind = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  const int fd = ::fileno(file);
  terminal.moves =
      fd >= 0 && ::isatty(fd) == 1 && kind != nullptr && kind != std::string_view("dumb");
  terminal.colours = terminal.moves && (no_color == nullptr || *no_color == '\0');
  winsize size{};
  if (terminal.moves && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = size.ws_col;
  }
  return terminal;
}

double seconds_left(double seconds, double before, double done, double all) {
  return seconds / (done - before) * (all - done);
}

std::string progress_line(const ProgressState& state, double seconds, const Terminal& terminal) {
  const std::string figures = figures_of(state, seconds);
  if (state.total <= 0) {
    return terminal.moves ? cut(state.label + figures, terminal.width - 1) : state.label + figures;
  }
  const double share =
      std::clamp(static_cast<double>(state.done) / static_cast<double>(state.total), 0.0, 1.0);
  const std::string percent = fmt::format(" {:3.0f}%", std::floor(share * 100));
  if (!terminal.moves) return state.label + percent + figures;
  const int taken = static_cast<int>(state.label.size() + 1 + percent.size() + figures.size());
  const int width = std::min(widest_bar, terminal.width - 1 - taken);
  if (width < narrowest_bar) return cut(state.label + percent + figures, terminal.width - 1);
  return state.label + " " + bar(share, width, terminal.colours) + percent + figures;
}

bool Progress::due(double seconds) const {
  const double pause = terminal_.moves ? 0.1 : 30;
  return (terminal_.moves && !drawn_) || seconds - shown_at_ >= pause;
}

void Progress::update(const ProgressState& state, double seconds) {
  if (!due(seconds)) return;
  if (drawn_) out_ << clear_line;
  out_ << progress_line(state, seconds, terminal_);
  if (!terminal_.moves) out_ << '\n';
  out_.flush();
  drawn_ = terminal_.moves;
  shown_at_ = seconds;
}

void Progress::line(const std::string& text) {
  clear();
  out_ << text << '\n';
  out_.flush();
}

void Progress::clear() {
  if (!drawn_) return;
  out_ << clear_line;
  out_.flush();
  drawn_ = false;
}

}  // namespace unfold
