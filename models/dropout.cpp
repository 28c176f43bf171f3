#include "models/dropout.h"

#include <fmt/format.h>

namespace unfold {

Value dropout(ModelBuilder& m, Value x, double rate) {
  if (!(rate >= 0 && rate < 1))
    throw Error(fmt::format("dropout: the rate must be at least 0 and under 1, got {}", rate));
  if (!m.training || rate == 0) return x;
  return dropout(x, rate, m.call_site("dropout"));
}

}  // namespace unfold
