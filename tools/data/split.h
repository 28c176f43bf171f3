#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/data/options.h"

namespace unfold::data {

/// The options `train`, `valid` and `test` of sources that read files.
std::vector<OptionSpec> part_options();

/// Where each part of `count` examples begins, and where the last one ends. A part that names files
/// of its own, or is not given, takes none; `train` takes what is left unless it is given. Errors
/// at the option: more is asked for than there is, nothing is left to train on, a share that is not
/// one example.
std::array<std::int64_t, 4> cut_parts(std::int64_t count, const Settings& settings,
                                      std::string_view unit);

/// The examples of each part, shuffled by `seed` before they are cut, then in order within their
/// part.
std::array<std::vector<std::int64_t>, 3> split_examples(std::int64_t count,
                                                        const Settings& settings,
                                                        std::uint64_t seed);

}  // namespace unfold::data
