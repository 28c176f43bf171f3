#include "tools/data/tasks/tasks.h"

namespace unfold::data {

namespace {

// One-hot columns: the distractors a b c d, the symbols X Y, the start E and the end B.
constexpr std::int64_t width = 8, first_symbol = 4, start_column = 6, end_column = 7;

/// The symbols stand in the same tenths of the sequence as in the paper: the second and the sixth.
TaskExample make_order(Random random, std::int64_t length) {
  TaskExample example{Tensor(DType::f32, {length, width}), Tensor(DType::i32, {})};
  const std::int64_t one = length / 10 + random.below(length / 5 - length / 10);
  const std::int64_t two = length / 2 + random.below(6 * length / 10 - length / 2);
  std::int64_t label = 0;
  for (std::int64_t t = 0; t < length; ++t) {
    std::int64_t column = random.below(4);
    if (t == one || t == two) {
      column = random.below(2);
      label = 2 * label + column;
      column += first_symbol;
    }
    if (t == 0) column = start_column;
    if (t == length - 1) column = end_column;
    example.input.set(t * width + column, 1);
  }
  example.target.set(0, static_cast<double>(label));
  return example;
}

Source open_order(const Settings& settings, const OpenContext& context) {
  const std::int64_t length = settings.whole("length");
  const std::uint64_t seed = context.seed;
  Task task{
      sequence_type(length, width), label_type(4), Vocabulary({"XX", "XY", "YX", "YY"}), {}, {}};
  task.make = [=](Part part, std::int64_t i) {
    return make_order(task_random(seed, part, i), length);
  };
  return task_source("temporal_order", settings, seed, std::move(task));
}

}  // namespace

SourceKind temporal_order_task() {
  return {"temporal_order",
          "Temporal order (Hochreiter & Schmidhuber 1997, experiment 6a): among random symbols two "
          "are X or Y, one in the second tenth and one in the sixth. input(s) [time, 8] is one-hot "
          "(a b c d X Y E B); target(s) is one of the four orders XX XY YX YY.",
          false,
          task_options({{"length", OptionType::whole, 100.0, "steps", 10, 1e6}}),
          {"input", "target"},
          open_order};
}

}  // namespace unfold::data
