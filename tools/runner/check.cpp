#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tools/runner/common.h"
#include "tools/runner/verbs.h"

namespace unfold {

namespace {

struct CheckOptions : CommonOptions {
  std::string file;
};

std::string counted(std::size_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string counts_of(const Model& model) {
  const BuiltModel built = build(model, {});
  std::int64_t numbers = 0;
  for (const ParameterSpec& p : built.model.parameters()) numbers += real_type(p.dims).size();
  const DataBlock& data = model.program->data();
  return fmt::format("{}, {}, {} of {}", counted(data.source_specs.size(), "data source"),
                     counted(data.fields.size(), "field"),
                     counted(built.model.parameters().size(), "parameter"),
                     counted(static_cast<std::size_t>(numbers), "number"));
}

void check(const CheckOptions& options) {
  try {
    LoadOptions load = options.load();
    load.check_only = true;
    const Model model = load_model(options.file, load);
    tell_skipped(*model.program);
    const std::vector<Error> warnings = warnings_of(model);
    if (options.json) return print_json(to_json(warnings, Severity::warning));
    show(warnings, model.program.get(), Severity::warning);
    const std::string found =
        warnings.empty() ? "no problems" : "no errors, " + counted(warnings.size(), "warning");
    print_result(fmt::format("{}: {}\n{}\n", options.file, found, counts_of(model)));
  } catch (const ProgramErrors& errors) {
    if (options.json)
      print_json(to_json(errors.errors));
    else
      show(errors.errors, errors.program.get());
    if (!options.json) say(fmt::format("{}\n", counted(errors.errors.size(), "error")));
    throw Failed();
  } catch (const Error& error) {
    if (!options.json) throw;
    print_json(to_json(std::vector<Error>{error}));
    throw Failed();
  }
}

}  // namespace

void add_check(CLI::App& app) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App& verb =
      add_verb(app, "check", "Find every mistake in a program and its data without running it",
               "unfold check charlm.fold");
  verb.add_option("FILE", options->file, "The program")->required();
  add_set(verb, *options);
  add_json(verb, *options);
  verb.callback([options] { check(*options); });
}

}  // namespace unfold
