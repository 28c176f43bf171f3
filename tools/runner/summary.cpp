#include "tools/inspect/summary.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "tools/inspect/forecast.h"
#include "tools/runner/common.h"
#include "tools/runner/verbs.h"

namespace unfold {

namespace {

struct SummaryOptions : CommonOptions {
  std::string model;
  ForecastShape shape;
};

nlohmann::json to_json(const Summary& summary) {
  nlohmann::json layers = nlohmann::json::array();
  for (const SummaryRow& row : summary.rows)
    layers.push_back({{"layer", row.layer},
                      {"output", row.output},
                      {"parameters", row.parameters},
                      {"work_step", row.work_step},
                      {"work_once", row.work_once}});
  return {{"layers", layers},
          {"parameters", summary.parameters},
          {"frozen", summary.frozen},
          {"bytes", summary.bytes},
          {"work_step", summary.work_step},
          {"work_once", summary.work_once}};
}

nlohmann::json to_json(const Forecast& f) {
  return {{"steps", f.steps},
          {"batch", f.batch},
          {"shards", f.shards},
          {"arena_bytes", f.arena_bytes},
          {"resident_bytes", f.resident_bytes},
          {"work", f.work}};
}

void print_summary(const SummaryOptions& options) {
  Model model = load_model(options.model, options.load());
  const Summary summary = summarise(model);
  std::optional<Forecast> training;
  if (options.shape.steps || options.shape.batch) training = forecast(model, options.shape);
  if (options.json) {
    nlohmann::json json = to_json(summary);
    if (training) json["training"] = to_json(*training);
    print_json(json);
  } else {
    print_result(to_table(summary) + (training ? to_text(*training) : ""));
  }
}

}  // namespace

void add_summary(CLI::App& app) {
  const auto options = std::make_shared<SummaryOptions>();
  CLI::App& verb = add_verb(app, "summary", "Show a model's layers, their outputs and their sizes",
                            "unfold summary charlm.fold --set units=256");
  add_model(verb, options->model);
  add_count(verb, "--steps", options->shape.steps,
            "Say also what training on sequences of so many steps takes: memory and work");
  add_count(verb, "--batch", options->shape.batch,
            "The same for so many examples (default: the program's batch)");
  add_set(verb, *options);
  add_memory(verb, *options);
  add_json(verb, *options);
  verb.callback([options] { print_summary(*options); });
}

}  // namespace unfold
