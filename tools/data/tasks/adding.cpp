#include "tools/data/tasks/tasks.h"

namespace unfold::data {

namespace {

TaskExample make_adding(Random random, std::int64_t length) {
  TaskExample example{Tensor(DType::f32, {length, 2}), Tensor(DType::f32, {1})};
  const auto x = example.input.as<float>();
  for (std::int64_t t = 0; t < length; ++t) x[static_cast<std::size_t>(2 * t)] = random.uniform();
  const std::int64_t half = length / 2;
  float sum = 0;
  for (const std::int64_t t : {random.below(half), half + random.below(length - half)}) {
    x[static_cast<std::size_t>(2 * t + 1)] = 1;
    sum += x[static_cast<std::size_t>(2 * t)];
  }
  example.target.set(0, sum);
  return example;
}

Source open_adding(const Settings& settings, const OpenContext& context) {
  const std::int64_t length = settings.whole("length");
  const std::uint64_t seed = context.seed;
  Task task{sequence_type(length, 2), numbers_type(1), {}, {}, {}};
  task.make = [=](Part part, std::int64_t i) {
    return make_adding(task_random(seed, part, i), length);
  };
  return task_source("adding", settings, seed, std::move(task));
}

}  // namespace

SourceKind adding_task() {
  return {
      "adding",
      "The adding problem (Hochreiter & Schmidhuber 1997): input(s) [time, 2] holds at each step "
      "a number from 0 to 1 and a marker, which is 1 at one step of each half; target(s) [1] is "
      "the sum of the two marked numbers.",
      false,
      task_options({{"length", OptionType::whole, 100.0, "steps", 2, 1e6}}),
      {"input", "target"},
      open_adding};
}

}  // namespace unfold::data
