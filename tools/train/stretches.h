#pragma once

#include <algorithm>
#include <array>

#include "tools/train/chunks.h"
#include "tools/train/gradient.h"

namespace unfold {

/// Calls work(begin, end, gradient) for stretches of a parameter's elements, `begin` to `end` - 1,
/// `gradient` being that of the first: all of `chunk`, or all but those without a gradient.
template <class T, class Work>
void for_each_stretch(const Gradient& g, const Chunk& chunk, bool all, const Work& work) {
  const T* values = g.values.as<T>().data();
  if (!g.by_rows()) return work(chunk.begin, chunk.end, values + chunk.begin);
  static constexpr std::array<T, 4096> zeros{};
  constexpr auto most = static_cast<std::int64_t>(zeros.size());
  const std::int64_t width = g.values.dims()[1];
  const auto place = [&](std::int64_t at) {
    return g.row_of[static_cast<std::size_t>(at / width)];
  };
  const auto end_of_row = [&](std::int64_t at) {
    return std::min((at / width + 1) * width, chunk.end);
  };
  for (std::int64_t at = chunk.begin, end = at; at < chunk.end; at = end) {
    end = end_of_row(at);
    if (place(at) != Gradient::zero) {
      work(at, end, values + place(at) * width + at % width);
      continue;
    }
    while (end < chunk.end && end - at < most && place(end) == Gradient::zero)
      end = end_of_row(end);
    end = std::min(end, at + most);
    if (all) work(at, end, zeros.data());
  }
}

}  // namespace unfold
