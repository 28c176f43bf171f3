#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tools/runner/common.h"
#include "tools/runner/verbs.h"
#include "tools/train/choose_part.h"
#include "tools/train/confusion.h"
#include "tools/train/evaluate.h"
#include "tools/train/training_step.h"

namespace unfold {

namespace {

struct Options : CommonOptions {
  std::string model, data;
};

PartData from_file(const Options& options, const Model& model, const TrainSettings& settings) {
  const DataBlock& block = model.program->data();
  if (block.fields.empty()) throw Error("the program reads no data");
  const data::SourceSpec& source = block.source_of(block.fields[0]);
  const auto fields = block.fields_of(source);
  if (block.is_text(block.fields[0]))
    return PartData(data::read_stream(fields[0], options.data), settings);
  data::Examples examples =
      data::encode_rows(source, data::read_rows(source, fields, options.data), fields);
  tell_skipped(options.data, examples.skipped);
  return PartData(std::move(examples), settings);
}

PartData from_part(const Model& model, const TrainSettings& settings) {
  const data::Part part = evaluation_part(only_source(*model.program));
  say(fmt::format("on the {} part\n", data::part_name(part)));
  tell_skipped(*model.program);
  return PartData(*model.program, part, settings);
}

nlohmann::json json_of(const Confusion& c) {
  nlohmann::json classes = nlohmann::json::object();
  for (std::size_t i = 0; i < c.classes.size(); ++i)
    classes[c.classes[i]] = {
        {"precision", c.precision(i)}, {"recall", c.recall(i)}, {"f1", c.f1(i)}};
  return {
      {"output", c.output}, {"classes", classes}, {"confusion", c.counts}, {"order", c.classes}};
}

void eval(const Options& options) {
  LoadOptions load = options.load();
  load.open_data = options.data.empty();
  const Model model = load_model(options.model, load);
  Diagnostics diagnostics;
  const TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  if (!model.trained())
    say(fmt::format("{} is not trained: this is what its initial parameters say\n", options.model));
  Scheduler scheduler(options.threads);
  const int shards = shards_for(model, settings);
  const PartData data =
      options.data.empty() ? from_part(model, settings) : from_file(options, model, settings);
  Evaluation evaluation(model, settings, scheduler, shards);
  const auto values = evaluation.run(data, model.parameters);
  std::optional<Confusion> confusion;
  if (data.examples().size() > 0 && !build(model, {}).outputs.empty()) {
    Predictor predictor(model, scheduler, shards);
    confusion = confusion_of(*model.program, predictor, data.examples());
  }
  if (options.json) {
    nlohmann::json out(values);
    if (confusion) out["classes"] = json_of(*confusion);
    return print_json(out);
  }
  std::string text;
  for (const auto& [name, value] : values) text += fmt::format("{} {:.6g}\n", name, value);
  print_result(text + (confusion ? "\n" + print(*confusion) : ""));
}

}  // namespace

void add_eval(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App& verb = add_verb(app, "eval", "Loss and metrics on the test part, or on another file",
                            "unfold eval runs/sentiment-1 --data other.tsv");
  verb.add_option("MODEL", options->model, "A trained model, a run, or a program")->required();
  verb.add_option("--data", options->data, "Rows or a text in the form of the program's data")
      ->type_name("FILE")
      ->check(name_of("a file"));
  add_set(verb, *options);
  add_passes(verb, *options);
  add_precision(verb, *options);
  add_threads(verb, *options);
  add_json(verb, *options);
  verb.callback([options] { eval(*options); });
}

}  // namespace unfold
