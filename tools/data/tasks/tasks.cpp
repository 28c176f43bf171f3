#include "tools/data/tasks/tasks.h"

#include <fmt/format.h>

namespace unfold::data {

std::vector<OptionSpec> task_options(std::vector<OptionSpec> own) {
  own.push_back({"train", OptionType::whole, 10000.0, "training examples", 1, 1e9});
  own.push_back({"valid", OptionType::whole, 1000.0, "validation examples", 0, 1e9});
  own.push_back({"test", OptionType::whole, 1000.0, "test examples", 0, 1e9});
  own.push_back({"seed", OptionType::whole, std::nullopt,
                 "which examples are made; standard: the seed of the run"});
  return own;
}

std::array<std::int64_t, 3> task_sizes(const Settings& settings) {
  return {settings.whole("train"), settings.whole("valid"), settings.whole("test")};
}

Fingerprint task_fingerprint(const std::string& kind, const Settings& settings,
                             std::uint64_t seed) {
  std::string call = kind + "(";
  for (const OptionSpec& option : find_source_kind(kind)->options) {
    if (option.name == "seed" || !settings.has(option.name)) continue;
    call += fmt::format("{} = {}, ", option.name, print_value(settings.value(option.name)));
  }
  call += fmt::format("seed = {})", seed);
  return fingerprint_of(call, call);
}

Random task_random(std::uint64_t seed, Part part, std::int64_t index) {
  constexpr std::array<Purpose, 3> purposes = {Purpose::task_train, Purpose::task_valid,
                                               Purpose::task_test};
  return Random(seed, purposes[static_cast<std::size_t>(part)], static_cast<std::uint64_t>(index));
}

Source task_source(const std::string& kind, const Settings& settings, std::uint64_t seed,
                   Task task) {
  Source source;
  source.spec.format = RowFormat::tsv;
  source.spec.columns = {"input", "target"};
  source.spec.fingerprints = {task_fingerprint(kind, settings, seed)};
  source.task = std::move(task);
  source.task.sizes = task_sizes(settings);
  return source;
}

FieldType sequence_type(std::int64_t steps, std::int64_t width) {
  FieldType type;
  type.kind = FieldKind::sequence;
  type.full = steps > 0;
  type.steps = steps;
  type.width = width;
  return type;
}

FieldType numbers_type(std::int64_t width) {
  FieldType type;
  type.kind = FieldKind::numbers;
  type.width = width;
  return type;
}

FieldType label_type(std::int64_t classes) {
  FieldType type;
  type.kind = FieldKind::label;
  type.ids = classes;
  return type;
}

FieldType labels_type(std::int64_t steps, std::int64_t classes) {
  FieldType type;
  type.kind = FieldKind::labels;
  type.full = steps > 0;
  type.steps = steps;
  type.ids = classes;
  return type;
}

}  // namespace unfold::data
