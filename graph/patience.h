#pragma once

#include <thread>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace unfold {

/// How a thread waits for another that is likely to be done within microseconds: without letting go
/// of its core for a millisecond or two, since who lets go of it on a busy machine gets it back
/// much later, then leaving it to whoever has something to do.
class Patience {
 public:
  void wait() {
    constexpr int short_waits = 50'000;
    if (++waits_ > short_waits) return std::this_thread::yield();
#if defined(__SSE__)
    _mm_pause();
#endif
  }
  void renew() { waits_ = 0; }

 private:
  int waits_ = 0;
};

}  // namespace unfold
