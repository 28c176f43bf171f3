#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/scheduler.h"

namespace unfold {

/// A run of elements of one tensor of a list: what one thread works on at a time. Where a list is
/// cut depends on its sizes only, so that sums of chunks do not depend on the number of threads.
struct Chunk {
  std::size_t tensor;
  std::int64_t begin, end;
};

/// Of tensors of these sizes.
inline std::vector<Chunk> chunks_of(std::span<const std::int64_t> sizes) {
  constexpr std::int64_t most = 1 << 16;
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    for (std::int64_t at = 0; at < sizes[i]; at += most)
      chunks.push_back({i, at, std::min(at + most, sizes[i])});
  return chunks;
}

/// Calls work(chunk, number of the chunk) for each, several at a time.
template <class Work>
void for_each_chunk(Scheduler& scheduler, const std::vector<Chunk>& chunks, const Work& work) {
  scheduler.run(static_cast<std::int64_t>(chunks.size()), [&](std::int64_t k) {
    work(chunks[static_cast<std::size_t>(k)], static_cast<std::size_t>(k));
  });
}

}  // namespace unfold
