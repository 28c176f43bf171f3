#pragma once

#include <cstdint>
#include <vector>

#include "tools/data/examples.h"

namespace unfold::data {

/// Example numbers, batch by batch.
using BatchOrder = std::vector<std::vector<std::int64_t>>;

/// One epoch's batches: a random order, cut in pools of 50 to 100 batches, in each of which
/// examples of like lengths are put together; then the batches in random order. It depends on
/// (seed, epoch) alone.
///
/// A pool is halved, and its halves again until they are batches, each time along the axis on which
/// it would have the most padding as one batch. With a single axis that is sorting by length; with
/// several, both lengths of a pair stay alike.
BatchOrder training_batches(const Examples& examples, std::int64_t batch, std::uint64_t seed,
                            std::uint64_t epoch);

/// All examples once, those of like lengths together, the same way with one pool. On an axis that
/// is full by declaration a batch holds examples of one length only.
BatchOrder evaluation_batches(const Examples& examples, std::int64_t batch);

/// For each of `examples.axes()`, whether it is full by declaration.
std::vector<bool> full_axes(const Examples& examples);

/// The longest of some examples on each of `examples.axes()`.
std::vector<std::int64_t> longest_of(const Examples& examples, std::span<const std::int64_t> which);

}  // namespace unfold::data
