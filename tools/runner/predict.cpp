#include "tools/train/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/runner/common.h"
#include "tools/runner/verbs.h"
#include "tools/train/choose_part.h"
#include "tools/train/decode.h"
#include "tools/train/training_step.h"

namespace unfold {

namespace {

using nlohmann::json;

struct Options : CommonOptions {
  std::string model, file;
  std::vector<std::string> texts;
};

constexpr std::size_t shown_classes = 3;
constexpr std::int64_t shown_examples = 10;

// Names and numbers of one row over a vocabulary, the largest first.
std::vector<std::pair<std::string, double>> ranked(const Tensor& t, std::int64_t row,
                                                   const data::FieldSpec& field) {
  std::vector<std::pair<std::string, double>> out;
  const std::int64_t size = field.vocabulary.size();
  for (std::int64_t i = 0; i < size; ++i)
    out.emplace_back(field.vocabulary.symbol(i), t.at(row * size + i));
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

bool over_vocabulary(const Tensor& t, const data::FieldSpec* field) {
  return field != nullptr && t.rank() > 0 && t.dims().back() == field->vocabulary.size();
}

std::string row_text(const Tensor& t, std::int64_t row, std::int64_t width,
                     const data::FieldSpec* field) {
  std::string text;
  if (over_vocabulary(t, field)) {
    const auto best = ranked(t, row, *field);
    for (std::size_t i = 0; i < std::min(shown_classes, best.size()); ++i)
      text += fmt::format("{}{} {:.4f}", i == 0 ? "" : ", ", json(best[i].first).dump(),
                          best[i].second);
    return text;
  }
  for (std::int64_t i = 0; i < width; ++i)
    text += fmt::format("{}{:.8g}", i == 0 ? "" : " ", t.at(row * width + i));
  return text;
}

std::string text_of(const std::string& name, const Tensor& t, const data::FieldSpec* field) {
  const std::int64_t width = t.rank() == 0 ? 1 : t.dims().back();
  const std::int64_t rows = width == 0 ? 0 : t.size() / width;
  if (rows == 1) return fmt::format("  {}: {}\n", name, row_text(t, 0, width, field));
  std::string text = fmt::format("  {}:\n", name);
  for (std::int64_t r = 0; r < rows; ++r)
    text += fmt::format("    {:>4}  {}\n", r, row_text(t, r, width, field));
  return text;
}

json json_of(const Tensor& t, std::size_t dim, std::int64_t& at, const data::FieldSpec* field) {
  if (dim == t.dims().size()) return t.at(at++);
  if (dim + 1 == t.dims().size() && over_vocabulary(t, field)) {
    const std::int64_t row = at / t.dims().back();
    at += t.dims().back();
    json out = json::object();
    for (const auto& [name, value] : ranked(t, row, *field)) out[name] = value;
    return out;
  }
  json out = json::array();
  for (std::int64_t i = 0; i < t.dims()[dim]; ++i) out.push_back(json_of(t, dim + 1, at, field));
  return out;
}

// What an example was, for the reader: its symbols, or nothing.
std::string shown_input(const data::Examples& examples, std::int64_t i) {
  std::string text;
  for (std::size_t f = 0; f < examples.fields.size(); ++f) {
    const data::FieldSpec& field = examples.fields[f];
    const Tensor& value = examples.values[f][static_cast<std::size_t>(i)];
    if (field.type.kind != data::FieldKind::symbols) continue;
    text += (text.empty() ? "" : " | ") + data::decode(field, value.as<std::int32_t>());
  }
  return text;
}

// The examples to predict for, with the fields that the outputs read.
data::Examples examples_for(const Options& options, const Model& model,
                            const std::vector<data::FieldSpec>& fields) {
  const DataBlock& block = model.program->data();
  if (fields.empty()) throw Error("the outputs read no data");
  const data::SourceSpec& source = block.source_of(fields[0]);
  if (!options.texts.empty())
    return data::encode_rows(source, data::rows_of_texts(fields, options.texts), fields);
  if (!options.file.empty()) {
    data::Examples examples =
        data::encode_rows(source, data::read_rows(source, fields, options.file), fields);
    tell_skipped(options.file, examples.skipped);
    return examples;
  }
  if (block.is_text(fields[0]))
    throw UsageError("predict needs a TEXT or --file for a model of a text");
  const data::Source& open = only_source(*model.program);
  const data::Part part = evaluation_part(open);
  say(fmt::format("the first examples of the {} part\n", data::part_name(part)));
  data::Examples examples = data::read_examples(open, fields, part);
  for (auto& values : examples.values)
    if (static_cast<std::int64_t>(values.size()) > shown_examples)
      values.erase(values.begin() + shown_examples, values.end());
  return examples;
}

/// One example's answer: lines for a reader, and as JSON.
struct Answer {
  std::string text;
  json outputs = json::object();
};

// Those of training, so that answers do not depend on the machine.
int shards_of(const Model& model) {
  Diagnostics diagnostics;
  return shards_for(model, read_train_settings(model.program->train(), diagnostics));
}

std::vector<Answer> outputs_for(const Options& options, const Model& model, Scheduler& scheduler,
                                data::Examples& examples) {
  Predictor predictor(model, scheduler, shards_of(model));
  examples = examples_for(options, model, predictor.fields());
  std::vector<Answer> answers;
  for (const Prediction& prediction : predictor.run(examples)) {
    Answer& answer = answers.emplace_back();
    for (const OutputInfo& o : predictor.outputs()) {
      const data::FieldSpec* field = model.program->data().field(o.field);
      const Tensor& value = prediction.at(o.name);
      std::int64_t at = 0;
      if (options.json) answer.outputs[o.name] = json_of(value, 0, at, field);
      answer.text += text_of(o.name, value, field);
    }
  }
  return answers;
}

// For a program without outputs that samples a sequence from others: the likeliest one.
std::vector<Answer> decoded_for(const Options& options, const Model& model, Scheduler& scheduler,
                                data::Examples& examples) {
  Decoder decoder(model, scheduler, shards_of(model));
  examples = examples_for(options, model, decoder.context());
  std::vector<Answer> answers;
  for (const std::string& text : decoder.texts(examples, model.parameters)) {
    const std::string& name = decoder.field().name;
    answers.push_back({fmt::format("  {}: {}\n", name, json(text).dump()), {{name, text}}});
  }
  return answers;
}

void predict(const Options& options) {
  if (!options.texts.empty() && !options.file.empty())
    throw UsageError("predict takes TEXT or --file, not both");
  LoadOptions load = options.load();
  load.open_data = options.texts.empty() && options.file.empty();
  const Model model = load_model(options.model, load);
  if (!model.trained())
    say(fmt::format("{} is not trained: this is what its initial parameters say\n", options.model));
  Scheduler scheduler(options.threads);
  data::Examples examples;
  const std::vector<Answer> answers = decodes(model)
                                          ? decoded_for(options, model, scheduler, examples)
                                          : outputs_for(options, model, scheduler, examples);
  json all = json::array();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string input = shown_input(examples, static_cast<std::int64_t>(i));
    if (options.json)
      all.push_back({{"input", input}, {"outputs", answers[i].outputs}});
    else
      print_result(
          fmt::format("{}{}\n{}", i + 1, input.empty() ? "" : ": " + input, answers[i].text));
  }
  if (options.json) print_json(all);
}

}  // namespace

void add_predict(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App& verb =
      add_verb(app, "predict", "The outputs of a model for texts, for a file, or for its test part",
               "unfold predict runs/sentiment-1 'movie was good'");
  verb.add_option("MODEL", options->model, "A trained model, a run, or a program")->required();
  verb.add_option("TEXT", options->texts,
                  "Inputs, one example each; several columns separated by tabs");
  verb.add_option("--file", options->file, "Rows as in the data; - reads standard input")
      ->check(name_of("a file"))
      ->type_name("F|-");
  add_set(verb, *options);
  add_passes(verb, *options);
  add_precision(verb, *options);
  add_threads(verb, *options);
  add_json(verb, *options);
  verb.callback([options] { predict(*options); });
}

}  // namespace unfold
