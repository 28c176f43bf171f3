#pragma once

#include <thread>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace unfold {

/// How a thread waits for another that is likely to be done within microseconds: at first without
/// letting go of its core, then leaving it to whoever has something to do.
class Patience {
 public:
  void wait() {
    constexpr int short_waits = 2000;
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
