#include <fmt/format.h>

#include "tools/data/tasks/tasks.h"

namespace unfold::data {

namespace {

struct Copy {
  std::int64_t symbols, length, delay;
  std::int64_t steps() const { return delay + 2 * length; }
};

/// Input codes: 0 a blank, 1 … n the symbols, n + 1 the sign to recall. Targets: the same without
/// it.
TaskExample make_copy(Random random, const Copy& task) {
  const std::int64_t steps = task.steps();
  const std::int64_t width = task.symbols + 2;
  TaskExample example{Tensor(DType::f32, {steps, width}), Tensor(DType::i32, {steps})};
  std::vector<std::int64_t> codes(static_cast<std::size_t>(steps), 0);
  const auto target = example.target.as<std::int32_t>();
  for (std::int64_t i = 0; i < task.length; ++i) {
    const std::int64_t symbol = 1 + random.below(task.symbols);
    codes[static_cast<std::size_t>(i)] = symbol;
    target[static_cast<std::size_t>(steps - task.length + i)] = static_cast<std::int32_t>(symbol);
  }
  codes[static_cast<std::size_t>(steps - task.length - 1)] = task.symbols + 1;
  for (std::int64_t t = 0; t < steps; ++t) {
    example.input.set(t * width + codes[static_cast<std::size_t>(t)], 1);
  }
  return example;
}

Source open_copy(const Settings& settings, const OpenContext& context) {
  const Copy copy{settings.whole("symbols"), settings.whole("length"), settings.whole("delay")};
  const std::uint64_t seed = context.seed;
  Task task{sequence_type(copy.steps(), copy.symbols + 2),
            labels_type(copy.steps(), copy.symbols + 1),
            {},
            {},
            {}};
  task.classes.add("blank");
  for (std::int64_t i = 1; i <= copy.symbols; ++i) task.classes.add(fmt::format("{}", i));
  task.make = [=](Part part, std::int64_t i) {
    return make_copy(task_random(seed, part, i), copy);
  };
  return task_source("copy_memory", settings, seed, std::move(task));
}

}  // namespace

SourceKind copy_memory_task() {
  return {
      "copy_memory",
      "Copying (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016): `length` symbols, then "
      "blanks, of which the last of `delay` is the sign to recall, then `length` blanks. input(s) "
      "[time, symbols + 2] is one-hot; target(s) [time] is the class of each step: blank, and "
      "the symbols over the last `length` steps.",
      false,
      task_options({{"symbols", OptionType::whole, 8.0, "different symbols", 1, 1e4},
                    {"length", OptionType::whole, 10.0, "symbols to remember", 1, 1e6},
                    {"delay", OptionType::whole, 20.0, "steps before the recall", 1, 1e6}}),
      {"input", "target"},
      open_copy};
}

}  // namespace unfold::data
