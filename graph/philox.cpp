#include "graph/philox.h"

#include <Random123/philox.h>

namespace unfold {

std::array<std::uint32_t, 4> philox(std::uint64_t key, std::array<std::uint32_t, 4> counter) {
  const r123::Philox4x32::key_type words{
      {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
  const auto bits = r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, words);
  return {bits[0], bits[1], bits[2], bits[3]};
}

}  // namespace unfold
