#include "tools/data/random.h"

#include <cassert>

#include "graph/philox.h"

namespace unfold::data {

Random::Random(std::uint64_t seed, Purpose purpose, std::uint64_t index)
    : seed_(seed), purpose_(static_cast<std::uint32_t>(purpose)), index_(index) {}

void Random::refill() {
  const auto words = philox(seed_, {block_++, purpose_, static_cast<std::uint32_t>(index_),
                                    static_cast<std::uint32_t>(index_ >> 32)});
  for (int i = 0; i < 4; ++i) words_[i] = words[static_cast<std::size_t>(i)];
  used_ = 0;
}

std::uint32_t Random::bits() {
  if (used_ == 4) refill();
  return words_[used_++];
}

float Random::uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24F; }

std::int64_t Random::below(std::int64_t n) {
  assert(n >= 1 && n < (std::int64_t{1} << 32));
  // Lemire 2019: the high half of a product; low halves that would favour some results are refused.
  const auto range = static_cast<std::uint64_t>(n);
  const std::uint64_t refused = ((std::uint64_t{1} << 32) - range) % range;
  std::uint64_t product;
  do {
    product = bits() * range;
  } while ((product & 0xffffffffU) < refused);
  return static_cast<std::int64_t>(product >> 32);
}

}  // namespace unfold::data
