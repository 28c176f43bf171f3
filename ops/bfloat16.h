#pragma once

#include <bit>
#include <cstdint>

namespace unfold {

/// The upper half of a float32: its range, with 8 significant bits.
struct Bfloat16 {
  std::uint16_t bits = 0;
};

/// The nearest, of two as near the one whose last bit is 0. What is not a number stays so.
inline Bfloat16 to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
  // Rounded, the lowest of its bits would carry into the sign.
  const bool number = (bits & 0x7fffffffu) <= 0x7f800000u;
  return {static_cast<std::uint16_t>((number ? nearest : bits | 0x400000u) >> 16)};
}

inline float to_float(Bfloat16 x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

}  // namespace unfold
