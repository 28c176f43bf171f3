#include <memory>
#include <nlohmann/json.hpp>

#include "tools/inspect/bench_report.h"
#include "tools/runner/common.h"
#include "tools/runner/verbs.h"
#include "tools/train/memory.h"

namespace unfold {

namespace {

struct Options : CommonOptions {
  std::string file;
  BenchOptions bench;
};

void run(Options& options) {
  const std::int64_t memory_before = resident_memory().now;
  if (options.bench.shape.mixed && options.bench.shape.steps)
    throw UsageError("--mixed is for the program's own examples; --steps makes some up");
  LoadOptions load = options.load();
  load.open_data = !options.bench.shape.steps;
  Model model = load_model(options.file, load);
  options.bench.threads = options.threads;
  const BenchResult result = bench(model, options.bench, memory_before);
  if (options.json)
    print_json(to_json(result));
  else
    print_result(to_text(result, model.program->sources()));
}

}  // namespace

void add_bench(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App& verb =
      add_verb(app, "bench", "Measure how fast a model trains, and where the time goes",
               "unfold bench charlm.fold --batch 64 --steps 100 --threads 1");
  add_model(verb, options->file);
  add_count(verb, "--batch", options->bench.shape.batch,
            "Examples of a batch (default: the program's)");
  add_count(verb, "--steps", options->bench.shape.steps,
            "Measure on one made-up batch of so many steps (default: the program's data)");
  verb.add_flag("--mixed", options->bench.shape.mixed,
                "Batches of a table's rows in their order, whatever their lengths, instead of rows "
                "of like length together");
  verb.add_flag("--inference", options->bench.inference, "Compute the outputs only, no gradients");
  add_number(verb, "--window", options->bench.window, 0, 3600,
             "Seconds that each of the five measurements lasts at least")
      .type_name("SECONDS");
  add_all(verb, *options);
  add_memory(verb, *options);
  add_precision(verb, *options);
  verb.callback([options] { run(*options); });
}

}  // namespace unfold
