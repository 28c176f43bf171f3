#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ops/rewrites/pipeline.h"
#include "tools/dsl/build.h"
#include "tools/train/checkpoint.h"

namespace unfold {

/// Thrown for wrong use of the command (a bad flag or setting): exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Several errors of one program at once, all of which are shown.
class ProgramErrors : public Error {
 public:
  ProgramErrors(std::vector<Error> list, std::shared_ptr<const Program> in)
      : Error(list.front()), errors(std::move(list)), program(std::move(in)) {}

  std::vector<Error> errors;
  std::shared_ptr<const Program> program;  ///< whose lines are shown; null where there is none
};

/// A program with values for its parameters: those of a model file, or the initial ones.
struct Model {
  std::shared_ptr<const Program> program;
  std::vector<TrainedParameter> parameters;  ///< in the program's order
  std::optional<Checkpoint> checkpoint;      ///< if it comes from a model file
  DType precision = DType::f32;
  Products products = Products::full;
  PassOptions passes;  ///< which rewrites run where a graph of it is compiled
  /// Bytes that plans and what they run in may take beside what the process has already.
  std::int64_t memory = std::numeric_limits<std::int64_t>::max();

  bool trained() const { return checkpoint.has_value(); }
};

struct LoadOptions {
  std::vector<std::string> overrides;  ///< `--set name=value`
  std::optional<std::uint64_t> seed;   ///< `--seed`
  DType precision = DType::f32;
  /// `--precision`. Nothing: what a model file was trained with.
  std::optional<Products> products = Products::full;
  /// `--passes`: those that are left out; else those that were when the model was trained.
  std::optional<std::set<std::string>> passes_off{};
  std::optional<std::int64_t> memory{};  ///< `--memory`, of the whole process; else what there is
  /// For a model file: open the data again (training on, evaluating the test part).
  bool open_data = false;
  /// For a program: look for mistakes in all of its data, not only in what its vocabularies and
  /// classes are taken from, and draw no parameters.
  bool check_only = false;
};

/// Loads FILE (a .fold program, untrained) or MODEL (a model file, or a run's directory: its best
/// model). The whole program is checked: throws ProgramErrors with all its errors, Error for a file
/// that cannot be read, and for products that this processor has not (UsageError if they were asked
/// for).
Model load_model(const std::string& path, const LoadOptions& options);

/// How graphs of the model are planned.
PlanOptions plan_options(const Model& model);

/// The graph for so many steps; throws ProgramErrors.
BuiltModel build(const Model& model, const BuildOptions& options);

/// The first values of the parameters that a graph declares, keyed by the program's seed.
std::vector<TrainedParameter> initial_parameters(const ModelBuilder& model, std::uint64_t seed,
                                                 DType precision);

}  // namespace unfold
