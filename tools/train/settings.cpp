#include "tools/train/settings.h"

#include <fmt/format.h>

#include "tools/train/optimizer.h"
#include "tools/train/schedule.h"

namespace unfold {

namespace {

using Type = TrainOption::Type;

class SettingsReader {
 public:
  explicit SettingsReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

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
                where_length_));
    if (out_.optimizer_options.empty())
      out_.optimizer_options = complete_options(
          find_choice(optimizer_choices(), out_.optimizer, "optimizer"), {{"rate", 0.001}});
    return out_;
  }

 private:
  void one(const Setting& s) {
    if (s.name == "optimizer") return optimizer(s);
    if (s.name == "schedule") return schedule(s);
    if (s.name == "best") return best(s);
    for (const TrainOption& option : train_options()) {
      if (option.name != s.name) continue;
      const double* value = std::get_if<double>(&s.value);
      if (value == nullptr) throw Error(fmt::format("`{}` must be {}", s.name, option.expected()));
      option.check("train", *value);
      if (s.name == "length") where_length_ = s.where;
      store(s.name, *value);
      return;
    }
    std::vector<std::string> names{"optimizer", "schedule", "best"};
    for (const TrainOption& option : train_options()) names.push_back(option.name);
    const auto near = nearest(s.name, names);
    throw Error(fmt::format("there is no setting '{}' of training{}", s.name,
                            near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }

  void store(const std::string& name, double value) {
    const auto whole = static_cast<std::int64_t>(value);
    if (name == "clip_norm") out_.clip_norm = value;
    if (name == "clip_value") out_.clip_value = value;
    if (name == "batch") out_.batch = whole;
    if (name == "epochs") out_.epochs = whole;
    if (name == "patience") out_.patience = whole;
    if (name == "truncate") out_.truncate = whole;
    if (name == "length") out_.length = whole;
    if (name == "shards") out_.shards = whole;
  }

  void optimizer(const Setting& s) {
    const Choice* choice = std::get_if<Choice>(&s.value);
    if (choice == nullptr) throw Error("`optimizer` is written like adam(rate = 0.001)");
    Choice rest{choice->name, {}};
    for (const Setting& inner : choice->settings) {
      if (inner.name == "schedule")
        schedule(inner);
      else
        rest.settings.push_back(inner);
    }
    out_.optimizer_options =
        options(find_choice(optimizer_choices(), choice->name, "optimizer"), rest);
    out_.optimizer = choice->name;
  }

  void schedule(const Setting& s) {
    const Choice* choice = std::get_if<Choice>(&s.value);
    if (choice == nullptr) throw Error("`schedule` is written like cosine(warmup = 200)", s.where);
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
    if (measure == nullptr || (choice->name != "max" && choice->name != "min"))
      throw Error("`best` is written max(METRIC) or min(METRIC), like max(accuracy)");
    out_.best = measure->name;
    out_.best_is_largest = choice->name == "max";
  }

  static OptionValues options(const TrainChoice& known, const Choice& written) {
    OptionValues given;
    std::size_t position = 0;
    for (const Setting& s : written.settings) {
      std::string name = s.name;
      if (name.empty()) {
        if (position >= known.options.size())
          throw Error(fmt::format("{} has at most {} settings", known.name, known.options.size()),
                      s.where);
        name = known.options[position++].name;
      }
      const TrainOption* option = known.option(name);
      if (option == nullptr) {
        std::vector<std::string> names;
        for (const TrainOption& o : known.options) names.push_back(o.name);
        const auto near = nearest(name, names);
        throw Error(fmt::format("{} has no setting '{}'{}", known.name, name,
                                near ? fmt::format("; did you mean '{}'?", *near) : ""),
                    s.where);
      }
      double value = 0;
      if (const double* number = std::get_if<double>(&s.value))
        value = *number;
      else if (const bool* flag = std::get_if<bool>(&s.value))
        value = *flag ? 1 : 0;
      else
        throw Error(fmt::format("{}: `{}` must be {}", known.name, name, option->expected()),
                    s.where);
      try {
        option->check(known.name, value);
      } catch (const Error& e) {
        throw Error(e.message, s.where);
      }
      given[name] = value;
    }
    return complete_options(known, given);
  }

  Diagnostics& diagnostics_;
  TrainSettings out_;
  Location where_length_;
};

TrainOption whole(const char* name, double initial, double low, const char* doc) {
  return {name, Type::integer, initial, false, low, 1e9, false, false, doc};
}

}  // namespace

const std::vector<TrainOption>& train_options() {
  static const std::vector<TrainOption> options{
      {"clip_norm", Type::number, 0, false, 0, 1e30, true, false,
       "limit of the gradients' global norm"},
      {"clip_value", Type::number, 0, false, 0, 1e30, true, false,
       "limit of each element of the gradients"},
      whole("batch", 32, 1, "examples in a batch; for a text, streams"),
      whole("epochs", 10, 1, "passes over the training part"),
      whole("patience", 0, 1, "epochs without a better loss before training stops"),
      whole("truncate", 0, 1, "steps of a text's pieces, the state carried from one to the next"),
      whole("length", 0, 1, "steps of a text's pieces, each starting afresh"),
      whole("shards", 0, 1, "parts that a batch is cut into; the cores of the machine"),
      whole("seed", 1, 0, "fixes initial values, order and random masks"),
  };
  return options;
}

TrainSettings read_train_settings(const Settings& settings, Diagnostics& diagnostics) {
  return SettingsReader(diagnostics).read(settings);
}

}  // namespace unfold
