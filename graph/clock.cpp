#include "graph/clock.h"

#include <chrono>

namespace unfold {

double seconds_now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace unfold
