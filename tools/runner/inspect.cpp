#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "graph/autodiff.h"
#include "graph/passes/drop_dead_nodes.h"
#include "graph/passes/merge_duplicates.h"
#include "graph/plan.h"
#include "tools/inspect/dot.h"
#include "tools/inspect/listing.h"
#include "tools/inspect/rolled_plan.h"
#include "tools/runner/common.h"
#include "tools/runner/verbs.h"
#include "tools/train/evaluate.h"
#include "tools/train/training_step.h"

namespace unfold {

namespace {

struct InspectOptions : CommonOptions {
  std::string model, steps = "3", stage = "forward", format = "text";
  bool rolled = false;
};

std::int64_t step_count(const std::string& text) {
  std::int64_t steps = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, steps);
  if (error != std::errc() || stop != end || steps < 1 || steps > 1'000'000)
    throw UsageError(
        fmt::format("--steps takes a number from 1 to 1000000, or src=5,tgt=4; got '{}'", text));
  return steps;
}

std::string axes_of(const Program& program) {
  std::string names;
  for (const data::FieldSpec& field : program.data().fields)
    if (field.type.has_time()) names += (names.empty() ? "" : ", ") + field.name;
  return names.empty() ? "no field with a time axis" : names;
}

// `5`, or `src=5,tgt=4` by the names of the fields.
BuildOptions steps_of(const std::string& text, const Program& program) {
  BuildOptions options;
  const auto& fields = program.data().fields;
  if (text.find('=') == std::string::npos) {
    options.default_steps = step_count(text);
    for (const data::FieldSpec& field : fields)
      if (field.type.has_time()) options.steps[field.type.axis] = options.default_steps;
    return options;
  }
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name = part.substr(0, equals);
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const data::FieldSpec& f) {
      return f.type.has_time() && (f.name == name || f.type.axis == name);
    });
    if (field == fields.end())
      throw UsageError(
          fmt::format("--steps: the program has {}, not '{}'", axes_of(program), name));
    if (options.steps.contains(field->type.axis))
      throw UsageError(fmt::format("--steps: {} is given twice", name));
    options.steps[field->type.axis] = step_count(part.substr(std::min(equals + 1, part.size())));
    begin = end + 1;
  }
  return options;
}

Graph with_gradients(Graph graph) {
  if (graph.output("loss") == no_node)
    throw Error("the model has no `loss`, so it has no backward part");
  std::vector<NodeId> wanted;
  for (const auto& [name, node] : parameter_nodes(graph)) wanted.push_back(node);
  return differentiate(std::move(graph), "loss", wanted, core_ops());
}

// As training runs it (of a text in pieces the first), or without a loss as prediction does.
Graph optimised(const Model& model, BuildOptions options) {
  Diagnostics diagnostics;
  const TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  options.pieces_of = options_for(*model.program, settings, {}, true).pieces_of;
  Graph graph = build(model, options).model.graph;
  const PassOptions passes = training_passes(model, settings);
  return optimise(
      graph.output("loss") == no_node
          ? optimise_forward(std::move(graph), passes)
          : training_graph(std::move(graph), model.parameters, options.pieces_of, false, passes)
                .graph,
      passes);
}

Graph at_stage(const std::string& stage, const Model& model, const BuildOptions& options) {
  if (stage == "optimized" || stage == "plan") return optimised(model, options);
  Graph graph = build(model, options).model.graph;
  if (stage == "forward") return drop_dead_nodes(graph);
  return merge_duplicates(drop_dead_nodes(with_gradients(std::move(graph))));
}

void inspect(const InspectOptions& options) {
  if (options.stage == "plan" && options.format != "text")
    throw UsageError("a plan is shown as text");
  const Model model = load_model(options.model, options.load());
  Graph graph = at_stage(options.stage, model, steps_of(options.steps, *model.program));
  const bool calls = options.stage == "optimized" && options.rolled && options.format == "text";
  if (calls || options.stage == "plan") {
    const Plan plan = make_plan(std::move(graph), model.precision, plan_options(model));
    return print_result(options.rolled ? rolled_text(plan) : print(plan));
  }
  const Picture picture = options.rolled ? rolled_picture(graph) : unrolled_picture(graph);
  print_result(options.format == "dot" ? to_dot(picture) : to_listing(picture));
}

}  // namespace

void add_inspect(CLI::App& app) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App& verb = add_verb(app, "inspect", "Show the unrolled graph, its gradients or its plan",
                            "unfold inspect charlm.fold --steps 3 --stage backward --format dot "
                            "--rolled | dot -Tsvg > charlm.svg");
  add_model(verb, options->model);
  verb.add_option("--steps", options->steps, "Steps on every time axis, or by field: src=5,tgt=4")
      ->type_name("N")
      ->capture_default_str();
  verb.add_option("--stage", options->stage,
                  "forward: as the program says; backward: with the gradients of all parameters; "
                  "optimized: as it is run; plan: in which order, and where values live")
      ->check(CLI::IsMember({"forward", "backward", "optimized", "plan"}))
      ->capture_default_str();
  verb.add_option("--format", options->format, "text, or dot for Graphviz")
      ->check(CLI::IsMember({"text", "dot"}))
      ->capture_default_str();
  verb.add_flag(
      "--rolled", options->rolled,
      "Draw all timesteps as one; optimized and plan: list the calls, steps that do the same "
      "as one line");
  add_set(verb, *options);
  add_passes(verb, *options);
  add_precision(verb, *options);
  verb.callback([options] { inspect(*options); });
}

}  // namespace unfold
