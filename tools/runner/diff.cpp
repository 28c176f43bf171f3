#include "tools/inspect/diff.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "tools/runner/common.h"
#include "tools/runner/verbs.h"

namespace unfold {

namespace {

struct Options : CommonOptions {
  std::string a, b;
  DiffShape shape;
};

void run(const Options& options) {
  const Model a = load_model(options.a, options.load()), b = load_model(options.b, options.load());
  Scheduler scheduler(options.threads);
  const ProgramDiff found = diff(a, b, options.shape, scheduler);
  if (options.json)
    print_json(to_json(found));
  else
    print_result(to_text(found, options.a, options.b));
  if (!found.same()) throw Failed();
}

}  // namespace

void add_diff(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App& verb =
      add_verb(app, "diff",
               "Tell whether two programs are the same network: plan, loss and gradients from the "
               "same parameters",
               "unfold diff charlm.fold mine.fold --steps 10");
  verb.add_option("A", options->a, "A program, a model file or a run's directory")->required();
  verb.add_option("B", options->b, "Another")->required();
  add_count(verb, "--steps", options->shape.steps, "Steps on every time axis")
      .capture_default_str();
  add_count(verb, "--batch", options->shape.batch,
            "Examples that loss and gradients are compared on")
      .capture_default_str();
  add_all(verb, *options);
  verb.callback([options] { run(*options); });
}

}  // namespace unfold
