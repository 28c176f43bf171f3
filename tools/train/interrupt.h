#pragma once

#include <csignal>
#include <memory>

namespace unfold {

/// While an object lives, the first SIGINT (Ctrl-C) or SIGTERM only sets a flag, which the training
/// loop looks at after each step, saves and ends; a later second one kills the process at once.
/// Signals are handled in a thread of their own: this thread, and those made while the object
/// lives, are never interrupted. One object at a time.
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
  struct Watcher;
  std::unique_ptr<Watcher> watcher_;
  sigset_t old_mask_{};
  struct sigaction old_int_ {
  }, old_term_{};
};

}  // namespace unfold
