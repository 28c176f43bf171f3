#include "tools/inspect/gradcheck.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/inspect/few_examples.h"
#include "tools/runner/common.h"
#include "tools/runner/verbs.h"

namespace unfold {

namespace {

struct GradcheckOptions : CommonOptions {
  std::string file;
};

nlohmann::json to_json(const std::vector<GradcheckRow>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const GradcheckRow& row : rows)
    list.push_back({{"parameter", row.parameter},
                    {"passed", row.passed()},
                    {"error", row.error},
                    {"at", row.at},
                    {"analytic", row.analytic},
                    {"numerical", row.numerical},
                    {"checked", row.checked},
                    {"unmeasurable", row.unmeasurable}});
  return list;
}

void check_gradients(const GradcheckOptions& options) {
  LoadOptions load = options.load();
  load.precision = DType::f64;
  load.open_data = true;
  Model model = load_model(options.file, load);
  for (TrainedParameter& p : model.parameters) p.value = p.value.to(DType::f64);
  const data::Batch batch = few_examples(*model.program);
  BuildOptions build_options;
  build_options.steps = batch.steps;
  const BuiltModel built = build(model, build_options);
  Scheduler scheduler(options.threads);
  const auto rows = gradcheck(built.model.graph, batch, std::move(model.parameters),
                              model.program->seed(), scheduler, model.passes);
  if (options.json)
    print_json(to_json(rows));
  else
    print_result(to_table(rows));
  if (!std::all_of(rows.begin(), rows.end(), [](const GradcheckRow& r) { return r.passed(); }))
    throw Failed();
}

}  // namespace

void add_gradcheck(CLI::App& app) {
  const auto options = std::make_shared<GradcheckOptions>();
  CLI::App& verb =
      add_verb(app, "gradcheck", "Compare gradients with differences of the loss, in float64",
               "unfold gradcheck charlm.fold --set units=16");
  verb.add_option("FILE|MODEL", options->file, "A program, or a model file whose data are there")
      ->required();
  add_all(verb, *options);
  verb.callback([options] { check_gradients(*options); });
}

}  // namespace unfold
