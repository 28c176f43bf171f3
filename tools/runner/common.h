#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tools/train/model.h"

namespace unfold {

/// Thrown by a verb whose work failed and that has said so itself: exit code 1.
struct Failed {};

/// Thrown when results are read no further, as by `head`: exit code 1, and nothing to say.
struct ReaderGone {};

/// Thrown by a verb that a signal ended in good order: exit code 128 + signal.
struct Stopped {
  int signal;
};

/// What most verbs take beside their own options.
struct CommonOptions {
  std::vector<std::string> overrides;  ///< `--set name=value`
  std::optional<std::uint64_t> seed;   ///< `--seed`
  int threads = 0;                     ///< `--threads`, 0: one for each core
  std::optional<std::string> passes;   ///< `--passes`
  std::optional<std::int64_t> memory;  ///< `--memory`
  /// `--precision`; nothing: the model's own, for verbs that take it.
  std::optional<std::string> precision = "float32";
  bool json = false;  ///< `--json`

  /// Throws UsageError for a pass that there is not.
  LoadOptions load() const;
};

/// Refuses an empty value, which a shell makes of an unset variable; `what` says what it is to
/// name.
CLI::Validator name_of(const std::string& what);

/// A verb with one line of what it does and an example of its use.
CLI::App& add_verb(CLI::App& app, const std::string& name, const std::string& does,
                   const std::string& example);

void add_set(CLI::App& verb, CommonOptions& options);
void add_seed(CLI::App& verb, CommonOptions& options);
void add_threads(CLI::App& verb, CommonOptions& options);
void add_passes(CLI::App& verb, CommonOptions& options);
void add_memory(CLI::App& verb, CommonOptions& options);
void add_precision(CLI::App& verb, CommonOptions& options);
void add_json(CLI::App& verb, CommonOptions& options);
/// Those of all that trains or computes gradients.
void add_all(CLI::App& verb, CommonOptions& options);

/// Says how many rows `skip_bad = true` leaves out of a program's data, and which is the first.
void tell_skipped(const Program& program);
/// The same of rows from elsewhere, called `name`.
void tell_skipped(const std::string& name, const data::Skipped& skipped);

/// The argument FILE|MODEL.
void add_model(CLI::App& verb, std::string& model);

/// An option that takes a whole number from 1 to a million.
template <class Number>
CLI::Option& add_count(CLI::App& verb, const std::string& name, Number& number,
                       const std::string& does) {
  return *verb.add_option(name, number, does)
              ->type_name("N")
              ->check(CLI::Range(1, 1'000'000).description(""));
}

/// An option that takes a number from `low` to `high`.
CLI::Option& add_number(CLI::App& verb, const std::string& name, double& number, double low,
                        double high, const std::string& does);

/// Writes a line of results to standard output. Throws Error if it cannot be written (a full disk,
/// a reader that has gone).
void print_result(const std::string& text);
/// The same for a JSON value, followed by a newline.
void print_json(const nlohmann::json& json);
/// Throws Error if what was written to standard output did not arrive.
void finish_output();

/// Writes to standard error what is no result. A reader that has gone is no failure of the work.
void say(const std::string& text);
/// Shows errors on standard error, with the lines of `program` (which may be null).
void show(const std::vector<Error>& errors, const Program* program,
          Severity severity = Severity::error);
/// What does not keep a model from being trained, but from what its program says it is for: that
/// `generate` cannot draw what it samples.
std::vector<Error> warnings_of(const Model& model);
/// Errors as other programs read them.
nlohmann::json to_json(const std::vector<Error>& errors, Severity severity = Severity::error);

}  // namespace unfold
