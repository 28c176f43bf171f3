#include "tools/train/interrupt.h"

#include <cassert>

namespace unfold {

namespace {

volatile std::sig_atomic_t signal_seen = 0;
bool alive = false;

extern "C" void unfold_on_signal(int number) {
  if (signal_seen != 0) {
    std::signal(number, SIG_DFL);
    std::raise(number);  // delivered when this handler returns
  }
  signal_seen = number;
}

}  // namespace

Interrupt::Interrupt() {
  assert(!alive);
  alive = true;
  signal_seen = 0;
  struct sigaction action {};
  action.sa_handler = unfold_on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &old_int_);
  ::sigaction(SIGTERM, &action, &old_term_);
}

Interrupt::~Interrupt() {
  ::sigaction(SIGINT, &old_int_, nullptr);
  ::sigaction(SIGTERM, &old_term_, nullptr);
  alive = false;
}

int Interrupt::signal() const { return signal_seen; }

}  // namespace unfold
