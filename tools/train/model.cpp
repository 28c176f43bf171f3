#include "tools/train/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "ops/gemm.h"
#include "ops/ops.h"
#include "tools/data/sound.h"
#include "tools/data/source.h"
#include "tools/train/compiled.h"
#include "tools/train/evaluate.h"
#include "tools/train/memory.h"
#include "tools/train/part_data.h"
#include "tools/train/settings.h"
#include "tools/train/stepper.h"
#include "tools/train/training_step.h"

namespace unfold {

namespace {

namespace fs = std::filesystem;

// A model has the name of one (or is a run's directory), so that a damaged file is called a damaged
// model and not a program with errors. All else is read as a program.
bool is_model_file(const std::string& path) {
  if (fs::path(path).extension() == ".fold") return false;
  return fs::path(path).extension() == ".safetensors" || fs::is_directory(path);
}

std::string model_file(const std::string& path) {
  if (!fs::is_directory(path)) return path;
  for (const char* name : {"best.safetensors", "last.safetensors"})
    if (fs::exists(fs::path(path) / name)) return (fs::path(path) / name).string();
  throw Error(fmt::format("{} is a directory without a model (best.safetensors)", path));
}

DataBlock stored_data(const ModelSource& source, const std::string& file) {
  try {
    DataBlock data;
    data.fields = source.fields.at("fields").get<std::vector<data::FieldSpec>>();
    data.source_specs = source.fields.at("sources").get<std::vector<data::SourceSpec>>();
    data::require_sound(data.fields, data.source_specs);
    return data;
  } catch (const Error& error) {
    throw Error(fmt::format("{}: what it says of its data cannot be: {}", file, error.message));
  } catch (const nlohmann::json::exception&) {
    throw Error(fmt::format("{}: what it says of its data cannot be read", file));
  }
}

ProgramText text_of(const ModelSource& source, const std::string& file) {
  if (source.files.empty()) throw Error(fmt::format("{}: it holds no program", file));
  ProgramText text{source.files.front().path, {}, source.overrides};
  for (const ProgramFile& f : source.files) text.files.emplace_back(f.path, f.text);
  return text;
}

void require_none(const Diagnostics& diagnostics, const std::shared_ptr<const Program>& program) {
  if (!diagnostics.empty()) throw ProgramErrors(diagnostics.sorted(), program);
}

// What the command line changes in the program of a model file, but how it is trained.
std::string changes(const LoadOptions& options) {
  std::vector<std::string> all;
  for (const std::string& change : options.overrides)
    if (!change.starts_with("train.")) all.push_back("--set " + change);
  if (options.seed) all.push_back(fmt::format("--seed {}", *options.seed));
  return fmt::format("{}", fmt::join(all, ", "));
}

// Names, shapes and kinds of the file's parameters must be what its program declares.
void check_parameters(const BuiltModel& built, const std::vector<TrainedParameter>& parameters,
                      const std::string& file, const LoadOptions& options) {
  const auto& declared = built.model.parameters();
  bool same = declared.size() == parameters.size();
  for (std::size_t i = 0; same && i < declared.size(); ++i)
    same = declared[i].name.str() == parameters[i].name &&
           real_type(declared[i].dims).sizes() == parameters[i].value.dims();
  if (same) return;
  const std::string why = changes(options);
  if (why.empty())
    throw Error(fmt::format("{}: its parameters are not those of its program", file));
  throw Error(fmt::format(
      "{}: the program has other parameters than it was trained with, because of {}", file, why));
}

// A row that was trained on must not count as new.
void require_same_parts(const data::SourceSpec& stored, const data::SourceSpec& found,
                        const std::string& file, const LoadOptions& options) {
  if (stored.parts == 0 || stored.parts == found.parts) return;
  const std::string why = changes(options);
  throw Error(
      fmt::format("{}: {} would be split into other parts than those it was trained with{}; "
                  "what it has seen would count as new",
                  file, found.name, why.empty() ? "" : ", because of " + why));
}

// A program is checked as it will be trained: what pieces of a text forbid is found before anything
// runs.
BuildOptions as_trained(const Program& program, const TrainSettings& settings,
                        Diagnostics& diagnostics) {
  BuildOptions options;
  if (settings.truncate == 0) return options;
  try {
    options.pieces_of = text_axis(program);
    options.steps[options.pieces_of.str()] = settings.truncate;
  } catch (const Error& error) {
    diagnostics.add(error);
  }
  return options;
}

// `best` must name something that is measured after each epoch.
void check_best(const Program& program, const TrainSettings& settings, const BuiltModel& built,
                Diagnostics& diagnostics) {
  if (!settings.best_where.known() || !diagnostics.empty()) return;
  if (settings.best == "loss" && built.has_loss) return;
  const auto fail = [&](const std::string& text) {
    diagnostics.add(Error(text, settings.best_where));
  };
  const auto& metrics = built.metrics;
  if (std::find(metrics.begin(), metrics.end(), settings.best) == metrics.end()) {
    const auto near = nearest(settings.best, metrics);
    fail(fmt::format("`best` names {}, which is no metric of the program{}", settings.best,
                     near ? fmt::format("; did you mean '{}'?", *near) : ""));
  } else if (std::ranges::none_of(program.data().sources, [](const data::Source& source) {
               return source.has(data::Part::valid);
             })) {
    fail(fmt::format("`best` names {}, which is not measured without a validation part",
                     settings.best));
  }
}

// Only a text is cut into pieces.
void check_cut(const Program& program, const TrainSettings& settings, Diagnostics& diagnostics) {
  const DataBlock& data = program.data();
  if (!settings.cut_where.known() || !data.failed.empty()) return;
  if (std::ranges::any_of(data.source_specs, [](const auto& s) { return s.kind == "text"; }))
    return;
  diagnostics.add(
      Error(fmt::format("`{}` cuts a text into pieces, and this program reads none: its "
                        "examples are taken whole",
                        settings.truncate > 0 ? "truncate" : "length"),
            settings.cut_where));
}

// What a metric decodes must be computable one symbol after another.
void check_decoding(const Program& program, const BuiltModel& built, Diagnostics& diagnostics) {
  if (built.decoded_field.empty() || !diagnostics.empty()) return;
  stepping_graph(program, *program.data().field(built.decoded_field), {}, diagnostics);
}

// What is measured must have a value for a whole data set, not only for a batch.
void check_measures(const BuiltModel& built, Diagnostics& diagnostics) {
  if (!diagnostics.empty()) return;
  try {
    split_sums(built.model.graph, measures(built), core_ops());
  } catch (const Error& error) {
    diagnostics.add(error);
  }
}

// A program whose loss trains nothing can be evaluated all the same.
void try_training(const BuiltModel& built, Diagnostics& diagnostics) {
  try {
    require_trained(built);
  } catch (const Error& error) {
    diagnostics.add(error);
  }
}

Model load_program(const std::string& path, const LoadOptions& options) {
  Model model;
  Diagnostics diagnostics;
  model.program = std::make_shared<const Program>(Program::read(path, options.overrides),
                                                  diagnostics, std::nullopt, options.seed);
  const TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  check_cut(*model.program, settings, diagnostics);
  const BuiltModel built =
      build_model(*model.program, as_trained(*model.program, settings, diagnostics), diagnostics);
  check_best(*model.program, settings, built, diagnostics);
  check_measures(built, diagnostics);
  check_decoding(*model.program, built, diagnostics);
  if (options.check_only) check_data(*model.program, settings, diagnostics);
  if (options.check_only && diagnostics.empty()) try_training(built, diagnostics);
  require_none(diagnostics, model.program);
  model.precision = options.precision;
  if (!options.check_only)
    model.parameters = initial_parameters(built.model, model.program->seed(), options.precision);
  return model;
}

Model load_file(const std::string& path, const LoadOptions& options) {
  const std::string file = model_file(path);
  Model model;
  model.checkpoint = read_checkpoint(file);
  Checkpoint& checkpoint = *model.checkpoint;
  ProgramText text = text_of(checkpoint.source, file);
  text.overrides.insert(text.overrides.end(), options.overrides.begin(), options.overrides.end());
  Diagnostics diagnostics;
  std::optional<DataBlock> stored = stored_data(checkpoint.source, file);
  const DataBlock kept = *stored;
  if (options.open_data) stored.reset();
  model.program = std::make_shared<const Program>(std::move(text), diagnostics, std::move(stored),
                                                  options.seed.value_or(checkpoint.source.seed));
  read_train_settings(model.program->train(), diagnostics);
  require_none(diagnostics, model.program);
  if (options.open_data)
    for (std::size_t i = 0; i < kept.source_specs.size(); ++i) {
      const data::SourceSpec& opened = model.program->data().source_specs.at(i);
      data::require_same(kept.source_specs[i].fingerprints, opened.fingerprints);
      require_same_parts(kept.source_specs[i], opened, file, options);
    }
  BuildOptions build_options;
  build_options.initial_values = false;
  BuiltModel built = build_model(*model.program, build_options, diagnostics);
  require_none(diagnostics, model.program);
  check_parameters(built, checkpoint.parameters, file, options);
  model.parameters = checkpoint.parameters;
  model.precision = checkpoint.source.precision;
  model.products = checkpoint.source.products;
  return model;
}

void require_products(const Model& model, const LoadOptions& options, const std::string& path) {
  if (model.products == Products::full || has_bfloat16_products()) return;
  constexpr const char* way_out = "use --precision float32";
  if (options.products) throw UsageError(fmt::format("{}; {}", no_bfloat16_products, way_out));
  throw Error(fmt::format("{}: its precision is bfloat16, and {}; {}", path, no_bfloat16_products,
                          way_out));
}

}  // namespace

Model load_model(const std::string& path, const LoadOptions& options) {
  Model model = is_model_file(path) ? load_file(path, options) : load_program(path, options);
  if (options.passes_off)
    model.passes.off = *options.passes_off;
  else if (model.checkpoint)
    model.passes.off = model.checkpoint->source.passes_off;
  model.memory = memory_left(options.memory);
  model.products = options.products.value_or(model.products);
  require_products(model, options, path);
  return model;
}

PlanOptions plan_options(const Model& model) {
  PlanOptions out = plan_options(model.passes);
  out.products = model.products;
  return out;
}

BuiltModel build(const Model& model, const BuildOptions& options) {
  Diagnostics diagnostics;
  BuildOptions without_values = options;
  without_values.initial_values = false;
  BuiltModel built = build_model(*model.program, without_values, diagnostics);
  require_none(diagnostics, model.program);
  return built;
}

std::vector<TrainedParameter> initial_parameters(const ModelBuilder& model, std::uint64_t seed,
                                                 DType precision) {
  std::vector<TrainedParameter> out;
  for (const ParameterSpec& spec : model.parameters())
    out.push_back(
        {spec.name.str(),
         initialise(spec.init, real_type(spec.dims).sizes(), precision, seed, spec.name.str()),
         spec.frozen});
  return out;
}

}  // namespace unfold
