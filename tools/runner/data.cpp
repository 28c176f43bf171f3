#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "tools/data/examples.h"
#include "tools/dsl/diagnostic.h"
#include "tools/runner/common.h"
#include "tools/runner/verbs.h"

namespace unfold {

namespace {

struct DataOptions {
  std::string task, part = "train";
  std::vector<std::string> settings;
  std::uint64_t seed = 1;
};

// The kinds of source that make their data instead of reading files.
std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const data::SourceKind& kind : data::source_kinds())
    if (!kind.takes_files) names.push_back(kind.name);
  return names;
}

const data::SourceKind& task_called(const std::string& name) {
  const auto names = task_names();
  const data::SourceKind* kind = data::find_source_kind(name);
  if (kind != nullptr && !kind->takes_files) return *kind;
  const auto near = nearest(name, names);
  throw UsageError(fmt::format("there is no task '{}'{}; tasks are {}", name,
                               near ? fmt::format(" (did you mean '{}'?)", *near) : "",
                               fmt::join(names, ", ")));
}

data::Value value_of(const data::SourceKind& kind, const std::string& name,
                     const std::string& text) {
  const auto option = std::find_if(kind.options.begin(), kind.options.end(),
                                   [&](const data::OptionSpec& o) { return o.name == name; });
  const bool words = option != kind.options.end() && (option->type == data::OptionType::string ||
                                                      option->type == data::OptionType::strings);
  if (words) return text;
  if (text == "true" || text == "false") return text == "true";
  try {
    std::size_t end = 0;
    const double number = std::stod(text, &end);
    if (end == text.size()) return number;
  } catch (const std::exception&) {  // no number: the option's own check says what it takes
  }
  return text;
}

data::Call call_of(const data::SourceKind& kind, const DataOptions& options) {
  data::Call call{kind.name, {}, {}};
  for (const std::string& setting : options.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError(fmt::format("a task's option is written name=value, got '{}'", setting));
    const std::string name = setting.substr(0, equals);
    call.arguments.push_back({name, value_of(kind, name, setting.substr(equals + 1)), {}});
  }
  return call;
}

void write(const DataOptions& options) {
  const data::SourceKind& kind = task_called(options.task);
  const data::Call call = call_of(kind, options);
  const auto source = [&] {
    try {
      return data::open_source(kind.name, call, std::filesystem::current_path(), options.seed);
    } catch (const Error& error) {
      throw UsageError(error.message);
    }
  }();
  data::Part part = data::Part::train;
  for (const data::Part p : data::all_parts)
    if (data::part_name(p) == options.part) part = p;
  data::write_task(std::cout, source, part);
  std::cout.flush();
}

}  // namespace

void add_data(CLI::App& app) {
  const auto options = std::make_shared<DataOptions>();
  CLI::App& verb = add_verb(app, "data", "Write one of the classical test tasks as a table",
                            "unfold data adding length=50 train=100 --seed 3 > adding.tsv");
  verb.add_option("NAME", options->task, fmt::format("{}", fmt::join(task_names(), ", ")))
      ->required();
  verb.add_option("OPTION=VALUE", options->settings,
                  "The task's options, as `unfold help NAME` lists them");
  verb.add_option("--part", options->part, "Which part to write")
      ->check(CLI::IsMember({"train", "valid", "test"}))
      ->capture_default_str();
  verb.add_option("--seed", options->seed, "Seed of the random numbers")
      ->type_name("N")
      ->capture_default_str();
  verb.callback([options] { write(*options); });
}

}  // namespace unfold
