#include "tools/train/generate.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tools/runner/common.h"
#include "tools/runner/verbs.h"
#include "tools/train/decode.h"
#include "tools/train/interrupt.h"

namespace unfold {

namespace {

struct Options : CommonOptions {
  std::string model, input;
  GenerateOptions generate;
};

// What a model makes of an input: a translation, an answer.
void decode(const Options& options, const Model& model, Scheduler& scheduler) {
  Decoder decoder(model, scheduler, 1, 1);
  const auto& fields = decoder.context();
  if (fields.empty())
    throw Error(
        fmt::format("{} is drawn from its own symbols alone: --prime says what they begin "
                    "with, there is nothing to read an --input",
                    decoder.field().name));
  const std::vector<std::string> texts{options.input};
  const data::Examples examples = data::encode_rows(model.program->data().source_of(fields[0]),
                                                    data::rows_of_texts(fields, texts), fields);
  const std::string text =
      decoder.texts(examples, model.parameters, options.generate.length).front();
  if (options.json)
    print_json({{"text", text}});
  else
    print_result(text + "\n");
}

void generate(const Options& options) {
  const Model model = load_model(options.model, options.load());
  if (!model.trained())
    say(fmt::format("{} is not trained: this is what its initial parameters say\n", options.model));
  Scheduler scheduler;
  if (!options.input.empty()) return decode(options, model, scheduler);
  Generator generator(model, scheduler);
  GenerateOptions how = options.generate;
  how.seed = options.seed.value_or(model.program->seed());
  const Interrupt interrupt;
  std::string text;
  generator.run(
      how,
      [&](const std::string& piece) { options.json ? void(text += piece) : print_result(piece); },
      [&] { return interrupt.requested(); });
  if (options.json)
    print_json({{"text", text}});
  else
    print_result("\n");
}

}  // namespace

void add_generate(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App& verb =
      add_verb(app, "generate", "Draw text from a language model, or decode a sequence",
               "unfold generate runs/charlm --prime 'ROMEO:' --length 500 --temperature 0.8");
  GenerateOptions& g = options->generate;
  verb.add_option("MODEL", options->model, "A trained model, a run, or a program")->required();
  CLI::Option* prime =
      verb.add_option("--prime", g.prime, "What the text begins with")->type_name("TEXT");
  CLI::Option* input =
      verb.add_option("--input", options->input,
                      "For a model that makes one sequence of another: what to decode, taking the "
                      "likeliest symbol each time; several columns separated by tabs")
          ->type_name("TEXT");
  verb.add_option("--length", g.length, "Symbols to draw, at most")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1000000000}).description(""));
  CLI::Option* temperature =
      &add_number(verb, "--temperature", g.temperature, 0, 1000,
                  "Under 1 draws the likelier symbols more often; 0 takes the likeliest");
  CLI::Option* top_k =
      verb.add_option("--top-k", g.top_k, "Draw among the K likeliest symbols only")
          ->type_name("K")
          ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000000}).description(""));
  for (CLI::Option* of_drawing : {prime, temperature, top_k}) input->excludes(of_drawing);
  add_set(verb, *options);
  add_passes(verb, *options);
  add_precision(verb, *options);
  add_seed(verb, *options);
  add_json(verb, *options);
  verb.callback([options] { generate(*options); });
}

}  // namespace unfold
