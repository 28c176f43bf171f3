#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/runner/common.h"
#include "tools/runner/verbs.h"
#include "tools/train/trainer.h"

namespace unfold {

namespace {

struct TrainOptions : CommonOptions {
  std::string file, out, resume;
};

std::string measured(const std::map<std::string, double>& values) {
  std::string text;
  for (const auto& [name, value] : values)
    text += fmt::format("{}{} {:.5g}", text.empty() ? "" : "  ", name, value);
  return text;
}

std::string line_of(const EpochReport& r, std::int64_t epochs) {
  std::string text = fmt::format("epoch {:>{}}/{}  train {}", r.epoch,
                                 std::to_string(epochs).size(), epochs, measured(r.train));
  if (!r.valid.empty()) text += "  valid " + measured(r.valid);
  return text + fmt::format("  {:.0f} s{}", r.seconds, r.best ? "  best so far" : "");
}

Model load(const TrainOptions& options) {
  LoadOptions load = options.load();
  load.open_data = true;
  if (options.resume.empty()) return load_model(options.file, load);
  namespace fs = std::filesystem;
  const fs::path path(options.resume);
  if (fs::is_directory(path)) return load_model((path / "last.safetensors").string(), load);
  std::error_code absent;
  if (!fs::exists(path.parent_path() / "log.jsonl", absent))
    throw Error(
        fmt::format("'{}' is not in the directory of a run; unfold train {} goes on from it "
                    "in a new one",
                    options.resume, options.resume));
  if (path.filename() != "last.safetensors")
    throw Error(
        fmt::format("'{}' is not where its run stands, which is last.safetensors; unfold "
                    "train {} goes on from it in a new directory",
                    options.resume, options.resume));
  return load_model(options.resume, load);
}

RunDir new_run(const TrainOptions& options, const Model& model) {
  return options.out.empty() ? RunDir::create_next(model.program->name())
                             : RunDir::create(options.out);
}

nlohmann::json answer(const Trainer& trainer, const RunDir& run, TrainEnd end) {
  return {{"run", run.path()},
          {"epochs", trainer.state().epoch},
          {"updates", trainer.state().update},
          {"best", trainer.state().best ? nlohmann::json(*trainer.state().best) : nlohmann::json()},
          {"best_epoch", trainer.state().best_epoch},
          {"finished", end != TrainEnd::interrupted}};
}

std::string summary(const Trainer& trainer, const RunDir& run, TrainEnd end) {
  const TrainingState& s = trainer.state();
  std::string text;
  if (end == TrainEnd::patience)
    text += fmt::format("nothing better for {} epochs: stopped\n", s.epochs_without_better);
  if (end == TrainEnd::interrupted)
    return fmt::format("interrupted after update {}; continue with: unfold train --resume {}\n",
                       s.update, run.path());
  if (s.best)
    text += fmt::format("best {} {} {:.5g} in epoch {}\n",
                        trainer.has_validation() ? "validation" : "training",
                        trainer.settings().best, *s.best, s.best_epoch);
  for (const std::string& file : {run.best(), run.last()})
    if (std::filesystem::exists(file)) text += file + "\n";
  return text;
}

void train(const TrainOptions& options) {
  if (options.file.empty() == options.resume.empty())
    throw UsageError("train takes a FILE or a MODEL, or --resume RUN");
  if (!options.resume.empty() && !options.out.empty())
    throw UsageError("--out is for a new run; a resumed one goes on in its own directory");
  // Taken before it is read: a run that another process has just begun has no model yet.
  std::optional<RunDir> resumed;
  if (!options.resume.empty()) resumed.emplace(RunDir::open(options.resume));
  Model model = load(options);
  tell_skipped(*model.program);
  show(warnings_of(model), model.program.get(), Severity::warning);
  const RunDir run = resumed ? std::move(*resumed) : new_run(options, model);
  const Interrupt interrupt;
  Progress progress(std::cerr, Terminal::of(stderr));
  Trainer::Options how;
  how.threads = options.threads;
  how.stop = [&] { return interrupt.requested(); };
  how.progress = &progress;
  std::int64_t epochs = 0;
  how.on_epoch = [&](const EpochReport& r) { progress.line(line_of(r, epochs)); };
  Trainer trainer(std::move(model), run, std::move(how));
  epochs = trainer.settings().epochs;
  if (!trainer.has_validation())
    say("no validation part: the best model is that of the lowest training loss\n");
  const TrainEnd end = trainer.run();
  progress.clear();
  if (options.json)
    print_json(answer(trainer, run, end));
  else
    print_result(summary(trainer, run, end));
  if (end == TrainEnd::interrupted) throw Stopped{interrupt.signal()};
}

}  // namespace

void add_train(CLI::App& app) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App& verb =
      add_verb(app, "train", "Train a program's model; Ctrl-C stops it so that it can go on",
               "unfold train charlm.fold --out runs/charlm --set train.epochs=3");
  verb.add_option("FILE|MODEL", options->file,
                  "The program, or a model file or a run to go on from in a new directory");
  verb.add_option("--out", options->out,
                  "Directory of the run, new or empty (default: runs/NAME-N)")
      ->type_name("DIR")
      ->check(name_of("a directory"));
  verb.add_option("--resume", options->resume, "Go on with a run that was stopped")
      ->check(name_of("a run"))
      ->type_name("RUN|MODEL");
  add_all(verb, *options);
  add_memory(verb, *options);
  add_precision(verb, *options);
  verb.callback([options] { train(*options); });
}

}  // namespace unfold
