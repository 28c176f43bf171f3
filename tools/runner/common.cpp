#include "tools/runner/common.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tools/dsl/diagnostic.h"
#include "tools/train/memory.h"
#include "tools/train/passes.h"
#include "tools/train/progress.h"
#include "tools/train/stepper.h"

namespace unfold {

LoadOptions CommonOptions::load() const {
  LoadOptions load;
  load.overrides = overrides;
  load.seed = seed;
  if (passes) load.passes_off = passes_off(*passes);
  load.memory = memory;
  load.products.reset();
  if (precision) load.products = *precision == "bfloat16" ? Products::bfloat16 : Products::full;
  return load;
}

CLI::App& add_verb(CLI::App& app, const std::string& name, const std::string& does,
                   const std::string& example) {
  CLI::App* verb = app.add_subcommand(name, does);
  verb->footer("Example: " + example);
  return *verb;
}

CLI::Validator name_of(const std::string& what) {
  return {[what](const std::string& text) {
            return text.empty() ? fmt::format("takes the name of {}, got ''", what) : std::string();
          },
          ""};
}

void add_set(CLI::App& verb, CommonOptions& options) {
  verb.add_option("--set", options.overrides,
                  "Replace a `let` of the program, a setting of its train block (train.epochs=3) "
                  "or of its data block (data.corpus.train=0.8); may be repeated")
      ->type_name("NAME=VALUE")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const std::size_t equals = text.find('=');
            const bool fits = equals != std::string::npos && equals > 0;
            return fits ? std::string() : fmt::format("takes NAME=VALUE, got '{}'", text);
          },
          ""))
      ->allow_extra_args(false);
}

void add_seed(CLI::App& verb, CommonOptions& options) {
  verb.add_option("--seed", options.seed, "Seed of all randomness, instead of the program's")
      ->type_name("N")
      ->check(CLI::Validator(
          [](const std::string& text) {
            std::uint64_t seed = 0;
            const char* end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, seed);
            const bool fits = error == std::errc() && stop == end;
            return fits ? std::string()
                        : fmt::format("takes a whole number from 0 to {}, got '{}'", UINT64_MAX,
                                      text);
          },
          ""));
}

void add_threads(CLI::App& verb, CommonOptions& options) {
  verb.add_option("--threads", options.threads,
                  "Threads to run on; results do not depend on it (default: one for each core)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""));
}

void add_passes(CLI::App& verb, CommonOptions& options) {
  verb.add_option("--passes", options.passes,
                  fmt::format("Which rewrites run before a graph is executed: all, none, "
                              "all,-NAME,-NAME (all but these) or NAME,NAME (only these), of {} "
                              "(default: all, or as the model was trained)",
                              fmt::join(pass_names(), ", ")))
      ->type_name("LIST");
}

void add_memory(CLI::App& verb, CommonOptions& options) {
  verb.add_option_function<std::string>(
          "--memory", [&options](const std::string& text) { options.memory = memory_size(text); },
          "What the process may take, 1GiB or 800MB; where training takes more, part of it is "
          "computed twice instead of kept (default: what the machine has available)")
      ->type_name("SIZE");
}

void add_precision(CLI::App& verb, CommonOptions& options) {
  options.precision.reset();
  verb.add_option("--precision", options.precision,
                  "float32, or bfloat16: products take their operands rounded to it, where the "
                  "processor has such products; sums and parameters stay float32 (default: the "
                  "model's own, float32 for a program)")
      ->type_name("P")
      ->check(CLI::IsMember({"float32", "bfloat16"}));
}

void add_json(CLI::App& verb, CommonOptions& options) {
  verb.add_flag("--json", options.json, "Print the answer as JSON");
}

void add_all(CLI::App& verb, CommonOptions& options) {
  add_set(verb, options);
  add_passes(verb, options);
  add_seed(verb, options);
  add_threads(verb, options);
  add_json(verb, options);
}

void add_model(CLI::App& verb, std::string& model) {
  verb.add_option("FILE|MODEL", model, "A program, a model file or a run's directory")->required();
}

// Not CLI::Range, which lets through what is no number: `nan` is neither under nor over anything.
CLI::Option& add_number(CLI::App& verb, const std::string& name, double& number, double low,
                        double high, const std::string& does) {
  return *verb.add_option(name, number, does)
              ->type_name("X")
              ->capture_default_str()
              ->check(CLI::Validator(
                  [=](const std::string& text) {
                    double value = 0;
                    const char* end = text.data() + text.size();
                    const auto [stop, error] = std::from_chars(text.data(), end, value);
                    const bool fits =
                        error == std::errc() && stop == end && value >= low && value <= high;
                    return fits ? std::string()
                                : fmt::format("takes a number from {} to {}, got '{}'", low, high,
                                              text);
                  },
                  ""));
}

namespace {

[[noreturn]] void output_failed() {
  if (errno == EPIPE) throw ReaderGone();
  throw Error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

nlohmann::json to_json(const Location& where) {
  nlohmann::json json;
  if (!where.known()) return json;
  json["file"] = where.file;
  if (where.line == 0) return json;
  json["line"] = where.line;
  json["column"] = where.column;
  json["length"] = where.length;
  return json;
}

nlohmann::json to_json(const Error& error) {
  nlohmann::json json{{"message", error.message},
                      {"where", to_json(error.where)},
                      {"notes", nlohmann::json::array()}};
  for (const Note& note : error.notes)
    json["notes"].push_back({{"message", note.message}, {"where", to_json(note.where)}});
  return json;
}

}  // namespace

void print_result(const std::string& text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) output_failed();
}

void print_json(const nlohmann::json& json) {
  // Text of the user's that is no UTF-8 must not stop the answer.
  print_result(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void finish_output() {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) output_failed();
}

void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

void tell_skipped(const std::string& name, const data::Skipped& skipped) {
  if (skipped.count == 0) return;
  say(fmt::format("{}: {} bad row{} left out, the first: {}\n", name, skipped.count,
                  skipped.count == 1 ? "" : "s", skipped.first));
}

void tell_skipped(const Program& program) {
  for (const data::Source& source : program.data().sources)
    tell_skipped(source.spec.name, source.rows.skipped);
}

void show(const std::vector<Error>& errors, const Program* program, Severity severity) {
  static const Sources none;
  const bool colours = Terminal::of(stderr).colours;
  for (const Error& error : errors)
    say(render(error, program == nullptr ? none : program->sources(), colours, severity));
}

std::vector<Error> warnings_of(const Model& model) {
  std::vector<Error> warnings = why_no_steps(model);
  for (Error& warning : warnings)
    warning.notes.push_back({"so `unfold generate` cannot draw what the program samples", {}});
  return warnings;
}

nlohmann::json to_json(const std::vector<Error>& errors, Severity severity) {
  nlohmann::json list = nlohmann::json::array();
  for (const Error& error : errors) {
    list.push_back(to_json(error));
    list.back()["severity"] = severity == Severity::error ? "error" : "warning";
  }
  return list;
}

}  // namespace unfold
