#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/data/safetensors.h"
#include "tools/train/parameter.h"
#include "tools/train/schedule.h"

namespace unfold {

/// A file of a program, as its author named it.
struct ProgramFile {
  std::string path;
  std::string text;

  bool operator==(const ProgramFile&) const = default;
};

/// What a model is made of: enough to build it again, to encode new input and to decode its
/// outputs.
struct ModelSource {
  std::vector<ProgramFile> files;      ///< the program first, then the files that it uses
  std::vector<std::string> overrides;  ///< settings from the command line, `units=256`
  nlohmann::json fields;  ///< fields with their vocabularies, classes and scales; sources
  std::uint64_t seed = 0;
  std::int64_t shards = 1;
  DType precision = DType::f32;
  Products products = Products::full;
  std::set<std::string> passes_off;  ///< rewrites that were left out (`--passes`)
};

/// Where training stands, between two updates.
struct TrainingState {
  std::int64_t epoch = 0;              ///< whole epochs made
  std::int64_t batch = 0;              ///< batches made of the epoch after them
  std::int64_t update = 0;             ///< updates made
  std::map<std::string, double> sums;  ///< running sums of this epoch's loss and metrics
  Schedule::State schedule;
  std::optional<double>
      best;  ///< the best measure at the end of an epoch, and which epoch that was
  std::int64_t best_epoch = 0;
  std::int64_t epochs_without_better = 0;
  std::uint64_t log_bytes = 0;  ///< length of the log: what follows is written again on resuming

  bool operator==(const TrainingState&) const = default;
};

/// A model file: parameters under their own names, `optimizer/…` and `state/…` (what truncated
/// backpropagation carries from batch to batch), and the rest as JSON in the metadata. It is enough
/// to predict and to inspect, and with the data to resume exactly.
struct Checkpoint {
  ModelSource source;
  std::vector<TrainedParameter> parameters;  ///< in the program's order
  NamedTensors optimizer;
  NamedTensors carried;
  TrainingState training;
};

SafeTensors to_safetensors(const Checkpoint& checkpoint);
/// Throws an Error that names `file` if `content` is no model, or one of a newer format.
Checkpoint from_safetensors(SafeTensors content, const std::string& file);

/// Writes the file whole or not at all; throws an Error if that is impossible.
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint);
/// Throws an Error if there is no such file, or it is damaged or no model.
Checkpoint read_checkpoint(const std::string& path);

}  // namespace unfold
