#include <cmath>
#include <numbers>

#include "tools/data/tasks/tasks.h"

namespace unfold::data {

namespace {

TaskExample make_sine(Random random, std::int64_t length) {
  constexpr double shortest_period = 10, longest_period = 50;
  const double period = shortest_period + (longest_period - shortest_period) * random.uniform();
  const double phase = 2 * std::numbers::pi * random.uniform();
  TaskExample example{Tensor(DType::f32, {length, 1}), Tensor(DType::f32, {length, 1})};
  const auto value = [&](std::int64_t t) {
    return std::sin(phase + 2 * std::numbers::pi * static_cast<double>(t) / period);
  };
  for (std::int64_t t = 0; t < length; ++t) {
    example.input.set(t, value(t));
    example.target.set(t, value(t + 1));
  }
  return example;
}

Source open_sine(const Settings& settings, const OpenContext& context) {
  const std::int64_t length = settings.whole("length");
  const std::uint64_t seed = context.seed;
  Task task{sequence_type(length, 1), sequence_type(length, 1), {}, {}, {}};
  task.make = [=](Part part, std::int64_t i) {
    return make_sine(task_random(seed, part, i), length);
  };
  return task_source("sine", settings, seed, std::move(task));
}

}  // namespace

SourceKind sine_task() {
  return {"sine",
          "Sine waves of random phase and of a period from 10 to 50 steps: input(s) [time, 1] is a "
          "wave, target(s) [time, 1] its value one step later.",
          false,
          task_options({{"length", OptionType::whole, 50.0, "steps", 1, 1e6}}),
          {"input", "target"},
          open_sine};
}

}  // namespace unfold::data
