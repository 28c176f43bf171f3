#pragma once

#include <csignal>

namespace unfold {

/// While an object lives, the first SIGINT (Ctrl-C) or SIGTERM only sets a flag, which the training
/// loop looks at after each step, saves and ends; a second one kills the process at once. One
/// object at a time.
class Interrupt {
 public:
  Interrupt();
  /// Puts the earlier handlers back.
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const { return signal() != 0; }
  /// The signal that came, 0 for none: a program ended by one exits with 128 + signal.
  int signal() const;

 private:
  struct sigaction old_int_ {
  }, old_term_{};
};

}  // namespace unfold
