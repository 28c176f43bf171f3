#include "tools/train/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <variant>

#include "tools/train/optimizer.h"
#include "tools/train/schedule.h"

namespace unfold {

namespace {

using Type = TrainOption::Type;

/// Where a number is kept; nowhere if it is somebody else's to read (`seed`).
using Member = std::variant<std::monostate, double TrainSettings::*, std::int64_t TrainSettings::*>;

struct Row {
  TrainOption option;
  Member member;
};

const std::vector<Row>& rows();

void store(TrainSettings& to, const Member& member, double value) {
  if (const auto* number = std::get_if<double TrainSettings::*>(&member)) to.** number = value;
  if (const auto* whole = std::get_if<std::int64_t TrainSettings::*>(&member))
    to.** whole = static_cast<std::int64_t>(value);
}

const NamedSetting& named(const std::string& name) {
  return *std::ranges::find(named_settings(), name, &NamedSetting::name);
}

[[noreturn]] void wrongly_written(const Setting& s) {
  throw Error(fmt::format("`{}` is written {}", s.name, named(s.name).written), s.where);
}

class SettingsReader {
 public:
  explicit SettingsReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {
    for (const Row& row : rows()) store(out_, row.member, row.option.initial);
    out_.optimizer = named("optimizer").initial;
    out_.schedule = named("schedule").initial;
    out_.best = named("best").initial;
  }

  TrainSettings read(const Settings& settings) {
    for (const Setting& s : settings) {
      try {
        one(s);
      } catch (const Error& e) {
        diagnostics_.add(e.where.known() ? e : Error(e.message, s.where, e.notes));
      }
    }
    if (out_.truncate > 0 && out_.length > 0)
      diagnostics_.add(
          Error("`truncate` carries the state from piece to piece, `length` starts each "
                "afresh: choose one",
                out_.cut_where));
    if (out_.optimizer_options.empty())
      out_.optimizer_options =
          complete_options(find_choice(optimizer_choices(), out_.optimizer, "optimizer"), {});
    return out_;
  }

 private:
  void one(const Setting& s) {
    if (s.name == "optimizer") return optimizer(s);
    if (s.name == "schedule") return schedule(s);
    if (s.name == "best") return best(s);
    for (const auto& [option, member] : rows()) {
      if (option.name != s.name) continue;
      const double* value = std::get_if<double>(&s.value);
      if (value == nullptr) throw Error(fmt::format("`{}` must be {}", s.name, option.expected()));
      option.check("train", *value);
      if (s.name == "truncate" || s.name == "length") out_.cut_where = s.where;
      store(out_, member, *value);
      return;
    }
    std::vector<std::string> names;
    for (const NamedSetting& setting : named_settings()) names.push_back(setting.name);
    for (const TrainOption& option : train_options()) names.push_back(option.name);
    const auto near = nearest(s.name, names);
    throw Error(fmt::format("there is no setting '{}' of training{}", s.name,
                            near ? fmt::format("; did you mean '{}'?", *near) : ""),
                s.name_where);
  }

  void optimizer(const Setting& s) {
    const Choice* choice = std::get_if<Choice>(&s.value);
    if (choice == nullptr) wrongly_written(s);
    Choice rest{choice->name, {}};
    for (const Setting& inner : choice->settings) {
      if (inner.name == "schedule")
        schedule(inner);
      else
        rest.settings.push_back(inner);
    }
    OptionValues values =
        options(find_choice(optimizer_choices(), choice->name, "optimizer"), rest);
    Optimizer(choice->name, values, {});  // which knows what options do not go together
    out_.optimizer_options = std::move(values);
    out_.optimizer = choice->name;
  }

  void schedule(const Setting& s) {
    const Choice* choice = std::get_if<Choice>(&s.value);
    if (choice == nullptr) wrongly_written(s);
    if (where_schedule_)
      throw Error("`schedule` is set twice, in the optimizer's brackets and beside it", s.where,
                  {{"the first is here", *where_schedule_}});
    where_schedule_ = s.where;
    try {
      out_.schedule_options =
          options(find_choice(schedule_choices(), choice->name, "schedule"), *choice);
      out_.schedule = choice->name;
    } catch (const Error& e) {
      throw e.where.known() ? e : Error(e.message, s.where);
    }
  }

  // `best = max(accuracy)`: what decides which epoch is the best.
  void best(const Setting& s) {
    const Choice* choice = std::get_if<Choice>(&s.value);
    const Choice* measure = choice == nullptr || choice->settings.size() != 1
                                ? nullptr
                                : std::get_if<Choice>(&choice->settings[0].value);
    if (measure == nullptr || (choice->name != "max" && choice->name != "min")) wrongly_written(s);
    out_.best = measure->name;
    out_.best_is_largest = choice->name == "max";
    out_.best_where = s.where;
  }

  // The last of several mistakes is thrown.
  OptionValues options(const TrainChoice& known, const Choice& written) {
    OptionValues given;
    std::size_t position = 0;
    std::optional<Error> mistake;
    for (const Setting& s : written.settings) {
      try {
        const TrainOption& option = option_of(known, s, position);
        given[option.name] = checked(known, option, s);
      } catch (const Error& e) {
        if (mistake) diagnostics_.add(*mistake);
        mistake = Error(e.message, e.where.known() ? e.where : s.where);
      }
    }
    if (mistake) throw *mistake;
    return complete_options(known, given);
  }

  static const TrainOption& option_of(const TrainChoice& known, const Setting& s,
                                      std::size_t& position) {
    if (s.name.empty()) {
      if (position < known.options.size()) return known.options[position++];
      throw Error(fmt::format("{} has at most {} settings", known.name, known.options.size()));
    }
    if (const TrainOption* option = known.option(s.name)) return *option;
    std::vector<std::string> names;
    for (const TrainOption& o : known.options) names.push_back(o.name);
    const auto near = nearest(s.name, names);
    throw Error(fmt::format("{} has no setting '{}'{}", known.name, s.name,
                            near ? fmt::format("; did you mean '{}'?", *near) : ""),
                s.name_where);
  }

  static double checked(const TrainChoice& known, const TrainOption& option, const Setting& s) {
    double value = 0;
    if (const double* number = std::get_if<double>(&s.value))
      value = *number;
    else if (const bool* flag = std::get_if<bool>(&s.value))
      value = *flag ? 1 : 0;
    else
      throw Error(fmt::format("{}: `{}` must be {}", known.name, option.name, option.expected()));
    option.check(known.name, value);
    return value;
  }

  Diagnostics& diagnostics_;
  TrainSettings out_;
  std::optional<Location> where_schedule_;
};

TrainOption whole(const char* name, double initial, double low, const char* doc) {
  return {name, Type::integer, initial, false, low, 1e9, false, false, doc};
}

TrainOption limit(const char* name, const char* doc) {
  return {name, Type::number, 0, false, 0, 1e30, true, false, doc};
}

const std::vector<Row>& rows() {
  using S = TrainSettings;
  static const std::vector<Row> table{
      {limit("clip_norm", "limit of the gradients' global norm"), &S::clip_norm},
      {limit("clip_value", "limit of each element of the gradients"), &S::clip_value},
      {whole("batch", 32, 1, "examples in a batch; for a text, streams"), &S::batch},
      {whole("epochs", 10, 1, "passes over the training part"), &S::epochs},
      {whole("patience", 0, 1, "epochs without a better one before training stops"), &S::patience},
      {whole("truncate", 0, 1, "steps of a text's pieces, the state carried from one to the next"),
       &S::truncate},
      {whole("length", 0, 1, "steps of a text's pieces, each starting afresh"), &S::length},
      {whole("shards", 0, 1, "parts that a batch is cut into; left out: as many as cores"),
       &S::shards},
      {whole("seed", 1, 0, "fixes initial values, order and random masks"), {}},
  };
  return table;
}

}  // namespace

const std::vector<NamedSetting>& named_settings() {
  static const std::vector<NamedSetting> table{
      {"optimizer", "adam", "like adam(rate = 0.001)",
       "How parameters move against their gradients.", &optimizer_choices()},
      {"schedule", "constant", "like cosine(warmup = 200)",
       "How the optimizer's rate changes; may stand in the optimizer's brackets.",
       &schedule_choices()},
      {"best", "loss", "max(METRIC) or min(METRIC), like max(accuracy)",
       "The measure that says which epoch's model is the best, for `patience` and `plateau` too.",
       nullptr},
  };
  return table;
}

const std::vector<TrainOption>& train_options() {
  static const std::vector<TrainOption> options = [] {
    std::vector<TrainOption> all;
    for (const Row& row : rows()) all.push_back(row.option);
    return all;
  }();
  return options;
}

TrainSettings read_train_settings(const Settings& settings, Diagnostics& diagnostics) {
  return SettingsReader(diagnostics).read(settings);
}

}  // namespace unfold
