#pragma once

namespace unfold {

/// Seconds since some moment, by a clock that nobody sets.
double seconds_now();

}  // namespace unfold
