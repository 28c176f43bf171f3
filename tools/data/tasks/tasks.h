#pragma once

#include <string>

#include "tools/data/random.h"
#include "tools/data/source.h"

namespace unfold::data {

// The generated tasks, as rows of `source_kinds`.
SourceKind adding_task();
SourceKind copy_memory_task();
SourceKind reber_task();
SourceKind temporal_order_task();
SourceKind parity_task();
SourceKind sine_task();

/// A task's own options, then `train`, `valid`, `test` (counts) and `seed`.
std::vector<OptionSpec> task_options(std::vector<OptionSpec> own);

/// How many examples the options ask for in each part.
std::array<std::int64_t, 3> task_sizes(const Settings& settings);

/// What describes the task's data completely: its options and its seed.
Fingerprint task_fingerprint(const std::string& kind, const Settings& settings, std::uint64_t seed);

/// The random numbers of one example: the same whatever the sizes of the parts.
Random task_random(std::uint64_t seed, Part part, std::int64_t index);

/// A source of numbers; written as a table with the columns `input` and `target`.
Source task_source(const std::string& kind, const Settings& settings, std::uint64_t seed,
                   Task task);

/// Types of a task's fields: real numbers of each step, real numbers, one class, a class of each
/// step.
FieldType sequence_type(std::int64_t steps, std::int64_t width);
FieldType numbers_type(std::int64_t width);
FieldType label_type(std::int64_t classes);
FieldType labels_type(std::int64_t steps, std::int64_t classes);

}  // namespace unfold::data
