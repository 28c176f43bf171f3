#pragma once

#include <array>
#include <cstdint>

namespace unfold {

/// Philox4x32-10 (Salmon et al. 2011): random bits as a pure function of a key and a counter. No
/// state is kept, so a number depends only on what it is keyed by, never on the order of drawing.
std::array<std::uint32_t, 4> philox(std::uint64_t key, std::array<std::uint32_t, 4> counter);

/// A number in [0, 1) with 53 random bits, made of two words of `philox`.
inline double unit_interval(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

}  // namespace unfold
