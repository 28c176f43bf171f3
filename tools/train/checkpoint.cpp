#include "tools/train/checkpoint.h"

#include <fmt/format.h>

#include "graph/error.h"

namespace unfold {

using nlohmann::json;

namespace {

constexpr const char* model_key = "unfold";
constexpr int format_version = 1;
const std::string optimizer_prefix = "optimizer/";
const std::string carried_prefix = "state/";

json from_optional(const std::optional<double>& value) { return value ? json(*value) : json(); }

std::optional<double> to_optional(const json& value) {
  if (value.is_null()) return {};
  return value.get<double>();
}

const char* precision_of(const ModelSource& source) {
  if (source.products == Products::bfloat16) return "bf16";
  return source.precision == DType::f64 ? "f64" : "f32";
}

json json_of(const ModelSource& source) {
  json files = json::array();
  for (const ProgramFile& file : source.files) {
    files.push_back({{"path", file.path}, {"text", file.text}});
  }
  return {{"files", files},
          {"overrides", source.overrides},
          {"fields", source.fields},
          {"seed", source.seed},
          {"shards", source.shards},
          {"precision", precision_of(source)},
          {"passes_off", source.passes_off}};
}

ModelSource source_of(const json& from) {
  ModelSource source;
  for (const json& file : from.at("files")) {
    source.files.push_back(
        {file.at("path").get<std::string>(), file.at("text").get<std::string>()});
  }
  source.overrides = from.at("overrides").get<std::vector<std::string>>();
  source.fields = from.at("fields");
  source.seed = from.at("seed").get<std::uint64_t>();
  source.shards = from.at("shards").get<std::int64_t>();
  const json& precision = from.at("precision");
  source.precision = precision == "f64" ? DType::f64 : DType::f32;
  if (precision == "bf16") source.products = Products::bfloat16;
  source.passes_off = from.value("passes_off", std::set<std::string>());  // none in older files
  return source;
}

json json_of(const TrainingState& state) {
  const json schedule = {{"factor", state.schedule.factor},
                         {"best", from_optional(state.schedule.best)},
                         {"epochs_without_better", state.schedule.epochs_without_better}};
  return {{"epoch", state.epoch},           {"batch", state.batch},
          {"update", state.update},         {"sums", state.sums},
          {"schedule", schedule},           {"best", from_optional(state.best)},
          {"best_epoch", state.best_epoch}, {"epochs_without_better", state.epochs_without_better},
          {"log_bytes", state.log_bytes}};
}

TrainingState training_of(const json& from) {
  TrainingState state;
  state.epoch = from.at("epoch").get<std::int64_t>();
  state.batch = from.at("batch").get<std::int64_t>();
  state.update = from.at("update").get<std::int64_t>();
  state.sums = from.at("sums").get<std::map<std::string, double>>();
  const json& schedule = from.at("schedule");
  state.schedule.factor = schedule.at("factor").get<double>();
  state.schedule.best = to_optional(schedule.at("best"));
  state.schedule.epochs_without_better = schedule.at("epochs_without_better").get<std::int64_t>();
  state.best = to_optional(from.at("best"));
  state.best_epoch = from.at("best_epoch").get<std::int64_t>();
  state.epochs_without_better = from.at("epochs_without_better").get<std::int64_t>();
  state.log_bytes = from.at("log_bytes").get<std::uint64_t>();
  return state;
}

/// Takes the tensors whose names start with `prefix` out of `from`.
NamedTensors take_prefixed(NamedTensors& from, const std::string& prefix) {
  NamedTensors taken;
  for (auto at = from.lower_bound(prefix); at != from.end() && at->first.starts_with(prefix);) {
    taken.emplace(at->first.substr(prefix.size()), std::move(at->second));
    at = from.erase(at);
  }
  return taken;
}

std::vector<TrainedParameter> take_parameters(NamedTensors& from, const json& list) {
  std::vector<TrainedParameter> parameters;
  for (const json& each : list) {
    const auto name = each.at("name").get<std::string>();
    const auto found = from.find(name);
    if (found == from.end() || found->second.dtype() == DType::i32) {
      throw Error(fmt::format("parameter '{}' has no numbers", name));
    }
    parameters.push_back({name, std::move(found->second), each.at("frozen").get<bool>()});
    from.erase(found);
  }
  if (!from.empty()) {
    throw Error(fmt::format("tensor '{}' is no parameter of it", from.begin()->first));
  }
  return parameters;
}

/// The model that `text` and `tensors` are. Throws an Error or the JSON library's exceptions.
Checkpoint assemble(const std::string& text, NamedTensors tensors) {
  const json model = json::parse(text);
  const int version = model.at("format").get<int>();
  if (version != format_version) {
    throw Error(fmt::format("it has format {}, this version of Unfold reads format {}", version,
                            format_version));
  }
  Checkpoint checkpoint;
  checkpoint.source = source_of(model.at("source"));
  checkpoint.training = training_of(model.at("training"));
  checkpoint.optimizer = take_prefixed(tensors, optimizer_prefix);
  checkpoint.carried = take_prefixed(tensors, carried_prefix);
  checkpoint.parameters = take_parameters(tensors, model.at("parameters"));
  return checkpoint;
}

}  // namespace

SafeTensors to_safetensors(const Checkpoint& checkpoint) {
  SafeTensors content;
  json parameters = json::array();
  for (const TrainedParameter& parameter : checkpoint.parameters) {
    parameters.push_back({{"name", parameter.name}, {"frozen", parameter.frozen}});
    content.tensors[parameter.name] = parameter.value;
  }
  for (const auto& [name, value] : checkpoint.optimizer) {
    content.tensors[optimizer_prefix + name] = value;
  }
  for (const auto& [name, value] : checkpoint.carried) {
    content.tensors[carried_prefix + name] = value;
  }
  const json model = {{"format", format_version},
                      {"source", json_of(checkpoint.source)},
                      {"training", json_of(checkpoint.training)},
                      {"parameters", parameters}};
  // A path need not be UTF-8, JSON must be.
  content.metadata[model_key] = model.dump(-1, ' ', false, json::error_handler_t::replace);
  return content;
}

Checkpoint from_safetensors(SafeTensors content, const std::string& file) {
  const auto found = content.metadata.find(model_key);
  if (found == content.metadata.end() || !content.checked) {
    throw Error(
        fmt::format("'{}' is not a model file of Unfold: it holds tensors, but no program "
                    "with its checksum",
                    file));
  }
  try {
    return assemble(found->second, std::move(content.tensors));
  } catch (const Error& error) {
    throw Error(fmt::format("'{}' cannot be read as a model: {}", file, error.message));
  } catch (const json::exception& error) {
    throw Error(fmt::format("'{}' cannot be read as a model: {}", file, error.what()));
  }
}

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  write_safetensors(path, to_safetensors(checkpoint));
}

Checkpoint read_checkpoint(const std::string& path) {
  return from_safetensors(read_safetensors(path), path);
}

}  // namespace unfold
