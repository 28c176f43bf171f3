#include <fmt/format.h>

#include "tools/data/tasks/tasks.h"

namespace unfold::data {

namespace {

TaskExample make_parity(Random random, std::int64_t shortest, std::int64_t longest) {
  const std::int64_t length = shortest + random.below(longest - shortest + 1);
  TaskExample example{Tensor(DType::f32, {length, 1}), Tensor(DType::f32, {1})};
  std::int64_t ones = 0;
  for (float& bit : example.input.as<float>()) {
    const std::int64_t one = random.below(2);
    ones += one;
    bit = static_cast<float>(one);
  }
  example.target.set(0, static_cast<double>(ones % 2));
  return example;
}

Source open_parity(const Settings& settings, const OpenContext& context) {
  const std::int64_t longest = settings.whole("length");
  const std::int64_t shortest = settings.has("shortest") ? settings.whole("shortest") : longest;
  if (shortest > longest) {
    throw Error(fmt::format("shortest = {} is more than length = {}", shortest, longest),
                settings.where("shortest"));
  }
  const std::uint64_t seed = context.seed;
  Task task{sequence_type(shortest == longest ? longest : 0, 1), numbers_type(1), {}, {}, {}};
  task.make = [=](Part part, std::int64_t i) {
    return make_parity(task_random(seed, part, i), shortest, longest);
  };
  return task_source("parity", settings, seed, std::move(task));
}

}  // namespace

SourceKind parity_task() {
  return {"parity",
          "Parity (Minsky & Papert 1969): input(s) [time, 1] holds random bits; target(s) [1] is 1 "
          "if an odd number of them is 1, else 0.",
          false,
          task_options({{"length", OptionType::whole, 20.0, "steps of the longest example", 1, 1e6},
                        {"shortest", OptionType::whole, std::nullopt,
                         "steps of the shortest; standard: as the longest", 1, 1e6}}),
          {"input", "target"},
          open_parity};
}

}  // namespace unfold::data
