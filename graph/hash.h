#pragma once

#include <cstdint>
#include <string_view>

namespace unfold {

/// FNV-1a: the same on every machine and in every run, so fit for what is stored, ordered or drawn
/// by it.
constexpr std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace unfold
