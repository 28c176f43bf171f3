#include "tools/inspect/summary.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "tools/runner/common.h"
#include "tools/runner/verbs.h"

namespace unfold {

namespace {

struct SummaryOptions : CommonOptions {
  std::string model;
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

void print_summary(const SummaryOptions& options) {
  const Summary summary = summarise(load_model(options.model, options.load()));
  if (options.json)
    print_json(to_json(summary));
  else
    print_result(to_table(summary));
}

}  // namespace

void add_summary(CLI::App& app) {
  const auto options = std::make_shared<SummaryOptions>();
  CLI::App& verb = add_verb(app, "summary", "Show a model's layers, their outputs and their sizes",
                            "unfold summary charlm.fold --set units=256");
  verb.add_option("FILE|MODEL", options->model, "A program, a model file or a run's directory")
      ->required();
  add_set(verb, *options);
  add_json(verb, *options);
  verb.callback([options] { print_summary(*options); });
}

}  // namespace unfold
