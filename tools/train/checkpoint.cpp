#include "tools/train/checkpoint.h"

#include <fmt/format.h>

#include "graph/error.h"

namespace unfold {

using nlohmann::json;

namespace {

constexpr const char* model_key = "unfold";
constexpr int format_version = 1;
constexpr std::int64_t most_shards = 1'000'000'000;
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

/// A whole number that counts something.
std::int64_t count_of(const json& from, const char* name) {
  constexpr std::int64_t most = 1'000'000'000'000'000;
  const json& value = from.at(name);
  const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() <= most;
  if (!fits)
    throw Error(fmt::format("`{}` is {}, no whole number from 0 to {}", name,
                            value.dump(-1, ' ', true, json::error_handler_t::replace), most));
  return value.get<std::int64_t>();
}

/// What the JSON library says is wrong, without its own numbers of errors.
std::string reason_of(const json::exception& error) {
  const std::string_view text = error.what();
  const std::size_t end = text.starts_with("[json.") ? text.find("] ") : std::string_view::npos;
  return fmt::format("what it says of itself is damaged: {}",
                     end == std::string_view::npos ? text : text.substr(end + 2));
}

ModelSource source_of(const json& from) {
  ModelSource source;
  for (const json& file : from.at("files")) {
    source.files.push_back(
        {file.at("path").get<std::string>(), file.at("text").get<std::string>()});
  }
  source.overrides = from.at("overrides").get<std::vector<std::string>>();
  source.fields = from.at("fields");
  if (!from.at("seed").is_number_unsigned()) throw Error("`seed` is no whole number");
  source.seed = from.at("seed").get<std::uint64_t>();
  source.shards = count_of(from, "shards");
  if (source.shards < 1 || source.shards > most_shards)
    throw Error(fmt::format("`shards` is {}, expected 1 to {}", source.shards, most_shards));
  const json& precision = from.at("precision");
  if (precision != "f32" && precision != "f64" && precision != "bf16")
    throw Error("`precision` is none of f32, f64 and bf16");
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
  state.epoch = count_of(from, "epoch");
  state.batch = count_of(from, "batch");
  state.update = count_of(from, "update");
  state.sums = from.at("sums").get<std::map<std::string, double>>();
  const json& schedule = from.at("schedule");
  state.schedule.factor = schedule.at("factor").get<double>();
  state.schedule.best = to_optional(schedule.at("best"));
  state.schedule.epochs_without_better = count_of(schedule, "epochs_without_better");
  state.best = to_optional(from.at("best"));
  state.best_epoch = count_of(from, "best_epoch");
  state.epochs_without_better = count_of(from, "epochs_without_better");
  state.log_bytes = static_cast<std::uint64_t>(count_of(from, "log_bytes"));
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
    throw Error(fmt::format("'{}' cannot be read as a model: {}", file, reason_of(error)));
  }
}

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  write_safetensors(path, to_safetensors(checkpoint));
}

Checkpoint read_checkpoint(const std::string& path) {
  return from_safetensors(read_safetensors(path), path);
}

}  // namespace unfold
