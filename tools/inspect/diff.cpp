#include "tools/inspect/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tools/inspect/bench_batches.h"
#include "tools/inspect/canonical.h"
#include "tools/inspect/plan_text.h"
#include "tools/train/evaluate.h"
#include "tools/train/training_step.h"

namespace unfold {

namespace {

constexpr double tolerance = 1e-9;

TrainSettings settings_of(const Model& model) {
  Diagnostics diagnostics;
  return read_train_settings(model.program->train(), diagnostics);
}

/// The part of a program that its loss needs.
struct LossGraph {
  LossGraph(const Model& of, const std::map<std::string, std::int64_t>& steps)
      : model(of),
        settings(settings_of(of)),
        options(options_for(*of.program, settings, steps, true)),
        graph(build(of, options).model.graph) {
    std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("loss")); });
  }

  const Model& model;
  TrainSettings settings;
  BuildOptions options;
  Graph graph;
};

/// Parameters that both call the same and that have the same shape.
std::set<std::string> common_parameters(const LossGraph& a, const LossGraph& b) {
  std::set<std::string> common;
  const auto kinds_b = parameters_needed(b.graph, b.model.parameters);
  for (const auto& [name, kind] : parameters_needed(a.graph, a.model.parameters))
    if (const auto other = kinds_b.find(name); other != kinds_b.end() && other->second == kind)
      common.insert(name);
  return common;
}

/// One of the programs, as it is trained, under names that do not depend on its own, but for those
/// of `common` parameters.
struct Side {
  Side(const LossGraph& loss, const std::set<std::string>& common)
      : named(canonical(loss.graph, loss.model.parameters, common)),
        passes(training_passes(loss.model, loss.settings)),
        precision(loss.model.precision),
        step(training_graph(named.graph, named.parameters, loss.options.pieces_of, false, passes)
                 .graph) {}

  CanonicalGraph named;
  PassOptions passes;
  DType precision;
  Graph step;  ///< as `optimise` takes it
};

void require_same_fields(const Program& a, const Program& b) {
  const auto describe = [](const Program& program) {
    std::map<std::string, std::string> fields;
    for (const data::FieldSpec& f : program.data().fields)
      fields[f.name] = fmt::format("{}{}", f.type.has_time() ? "a sequence of " : "",
                                   f.type.is_ids() ? fmt::format("one of {} ids", f.type.ids)
                                                   : fmt::format("{} numbers", f.type.width));
    return fields;
  };
  const auto fields_a = describe(a), fields_b = describe(b);
  for (const auto& [name, what] : fields_a) {
    const auto other = fields_b.find(name);
    if (other == fields_b.end())
      throw Error(fmt::format("{} reads a field {}, {} does not", a.name(), name, b.name()));
    if (other->second != what)
      throw Error(
          fmt::format("{}: {} in {}, {} in {}", name, what, a.name(), other->second, b.name()));
  }
  for (const auto& [name, what] : fields_b)
    if (!fields_a.contains(name))
      throw Error(fmt::format("{} reads a field {}, {} does not", b.name(), name, a.name()));
}

std::string place_text(const Graph& graph, NodeId id) {
  if (id == no_node) return {};
  const Place place = graph.place(id);
  std::string text = place.backward ? "gradient of " : "";
  text += place.site.path.empty() ? "" : place.site.path.str() + ".";
  text += place.site.name.str();
  if (place.step != no_step) text += fmt::format(" at step {}", place.step);
  if (!place.site.file.empty())
    text += fmt::format(", {}:{}", place.site.file.str(), place.site.line);
  return text;
}

void compare_plans(const Side& a, const Side& b, ProgramDiff& out) {
  const auto plan_of = [](const Side& side) {
    return make_plan(optimise(side.step, side.passes), side.precision, plan_options(side.passes));
  };
  const Plan plan_a = plan_of(a), plan_b = plan_of(b);
  for (const auto& [kind, count] : calls_by_kind(plan_a)) out.calls[kind][0] = count;
  for (const auto& [kind, count] : calls_by_kind(plan_b)) out.calls[kind][1] = count;
  const auto text_a = plan_text(plan_a), text_b = plan_text(plan_b);
  const std::size_t lines = std::max(text_a.size(), text_b.size());
  for (std::size_t i = 0; i < lines; ++i) {
    const PlanLine x = i < text_a.size() ? text_a[i] : PlanLine{};
    const PlanLine y = i < text_b.size() ? text_b[i] : PlanLine{};
    if (x.text == y.text) continue;
    out.plan = PlanDifference{i + 1, x.text, y.text, place_text(plan_a.graph, x.node),
                              place_text(plan_b.graph, y.node)};
    return;
  }
}

// Parameters that only one of the programs has, in words.
std::string unmatched(const CanonicalGraph& a, const CanonicalGraph& b) {
  const auto missing = [](const CanonicalGraph& x, const CanonicalGraph& y) {
    std::string text;
    for (const auto& [name, own] : x.own_names)
      if (!y.own_names.contains(name))
        text +=
            fmt::format("{}{} {}", text.empty() ? "" : ", ", own, name.substr(0, name.rfind(' ')));
    return text;
  };
  const std::string only_a = missing(a, b), only_b = missing(b, a);
  std::string text = only_a.empty() ? "" : "only the first has " + only_a;
  if (!only_b.empty()) text += (text.empty() ? "" : "; ") + ("only the second has " + only_b);
  return text;
}

std::map<Symbol, Tensor> run(const Side& side, const std::vector<TrainedParameter>& parameters,
                             const data::Batch& batch, std::uint64_t seed, Scheduler& scheduler) {
  Compiled compiled(side.step, DType::f64, side.passes, scheduler, 1);
  const BatchFeed feed(batch, parameters, nullptr, DType::f64, {seed, 0, 0});
  std::map<Symbol, Tensor> results;
  compiled.executor.run(feed.feed(), results);
  return results;
}

// What is not finite in the same way is the same.
double distance(double x, double y) {
  return x == y || (std::isnan(x) && std::isnan(y)) ? 0 : std::abs(x - y);
}

Tensor gradient_of(const TrainedParameter& p, const std::map<Symbol, Tensor>& results,
                   Scheduler& scheduler) {
  const auto rows = scattered_rows(results, p.name);
  if (rows.empty()) return results.at("grad:" + p.name);
  Gradient gradient;
  gradient.set_rows(rows, p.value.dims(), scheduler);
  return gradient.dense(p.value.dims());
}

void compare_gradients(const Side& a, const Side& b, const std::map<Symbol, Tensor>& results_a,
                       const std::map<Symbol, Tensor>& results_b, Scheduler& scheduler,
                       ProgramDiff& out) {
  double largest = 0;
  for (const TrainedParameter& p : a.named.parameters) {
    if (p.frozen) continue;
    const Tensor x = gradient_of(p, results_a, scheduler), y = gradient_of(p, results_b, scheduler);
    GradientDifference g{a.named.own_names.at(p.name), b.named.own_names.at(p.name),
                         p.name.substr(0, p.name.rfind(' '))};
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const double difference = distance(x.at(i), y.at(i));
      for (const double v : {x.at(i), y.at(i)})
        if (std::isfinite(v)) g.largest = std::max(g.largest, std::abs(v));
      if (!(difference <= g.difference)) g.difference = difference;
    }
    largest = std::max(largest, g.largest);
    out.gradients.push_back(std::move(g));
  }
  // One that is zero but for rounding is measured by the others.
  for (GradientDifference& g : out.gradients)
    g.same = g.difference <= tolerance * std::max(g.largest, 1e-6 * largest);
}

}  // namespace

bool ProgramDiff::same_loss() const {
  const double size = std::max(std::abs(loss[0]), std::abs(loss[1]));
  const double difference = distance(loss[0], loss[1]);
  return difference == 0 || (std::isfinite(size) && difference <= tolerance * size);
}

bool ProgramDiff::same() const {
  return !plan && unmatched.empty() && same_loss() &&
         std::ranges::all_of(gradients, &GradientDifference::same);
}

ProgramDiff diff(const Model& a, const Model& b, const DiffShape& shape, Scheduler& scheduler) {
  require_same_fields(*a.program, *b.program);
  TrainSettings settings = settings_of(a);
  settings.batch = shape.batch;
  data::Batch batch = made_up_batch(*a.program, settings, shape.steps);
  batch.first = true;
  const LossGraph loss_a(a, batch.steps), loss_b(b, batch.steps);
  const auto common = common_parameters(loss_a, loss_b);
  const Side first(loss_a, common), second(loss_b, common);
  ProgramDiff out;
  compare_plans(first, second, out);
  out.unmatched = unmatched(first.named, second.named);
  if (!out.unmatched.empty()) return out;
  std::vector<TrainedParameter> start = first.named.parameters;
  for (TrainedParameter& p : start) p.value = p.value.to(DType::f64);
  const auto results_a = run(first, start, batch, a.program->seed(), scheduler);
  const auto results_b = run(second, start, batch, a.program->seed(), scheduler);
  out.loss = {results_a.at("loss").at(0), results_b.at("loss").at(0)};
  compare_gradients(first, second, results_a, results_b, scheduler, out);
  return out;
}

}  // namespace unfold
