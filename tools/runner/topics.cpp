#include "tools/runner/topics.h"

#include <fmt/format.h>

#include "ops/ops.h"
#include "tools/data/source.h"
#include "tools/dsl/functions.h"
#include "tools/train/optimizer.h"
#include "tools/train/schedule.h"
#include "tools/train/settings.h"

namespace unfold {

namespace {

std::string indented(const std::string& text, const std::string& by = "  ") {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += (end > begin ? by : "") + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

std::string signature(const std::string& name, const std::vector<FormalArgument>& formals,
                      bool variadic) {
  std::string arguments = variadic ? "a, b, …" : "";
  for (const FormalArgument& f : formals)
    arguments += (arguments.empty() ? "" : ", ") + f.name + (f.optional ? " = …" : "");
  return fmt::format("{}({})", name, arguments);
}

std::string arguments_text(const std::string& name, const std::vector<FormalArgument>& formals,
                           bool variadic) {
  std::string text = "  " + signature(name, formals, variadic) + "\n";
  std::size_t width = 0;
  for (const FormalArgument& f : formals) width = std::max(width, f.name.size());
  for (const FormalArgument& f : formals)
    if (!f.doc.empty())
      text += fmt::format("    {:<{}}  {}{}\n", f.name, width, f.doc,
                          f.optional ? " (may be left out)" : "");
  return text;
}

void add_language(std::vector<Topic>& topics) {
  for (const Layer& layer : library_layers()) {
    std::string more = arguments_text(layer.name, layer.formals, false);
    if (!layer.definition.empty()) more += "\n" + indented(layer.definition);
    topics.push_back({"layers", layer.name, layer.doc, more});
  }
  for (const Function& f : functions())
    topics.push_back({"functions", f.name, f.doc, arguments_text(f.name, f.formals, f.variadic)});
  for (const InitialiserInfo& i : initialisers())
    topics.push_back(
        {"initialisers", i.name, i.doc, fmt::format("  param W : [n, m] = {}\n", i.written)});
}

std::string value_text(const TrainOption& option) {
  if (option.required) return "must be given";
  if (!option.allows(option.initial)) return "none";
  if (option.type == TrainOption::Type::boolean) return option.initial != 0 ? "true" : "false";
  return fmt::format("{}", option.initial);
}

std::string options_text(const std::vector<TrainOption>& options) {
  std::string text;
  for (const TrainOption& o : options)
    text += fmt::format("    {:<12} {:<14} {}; {}\n", o.name, value_text(o), o.doc, o.expected());
  return text;
}

std::string setting_text(const NamedSetting& setting) {
  std::string text = fmt::format("  written {}; left out: {}\n", setting.written, setting.initial);
  if (setting.choices == nullptr) return text;
  std::size_t width = 0;
  for (const TrainChoice& c : *setting.choices) width = std::max(width, c.name.size());
  for (const TrainChoice& c : *setting.choices)
    text += fmt::format("    {:<{}}  {}\n", c.name, width, c.doc);
  return text;
}

void add_training(std::vector<Topic>& topics) {
  for (const TrainChoice& choice : optimizer_choices())
    topics.push_back({"optimizers", choice.name, choice.doc, options_text(choice.options)});
  for (const TrainChoice& choice : schedule_choices())
    topics.push_back({"schedules", choice.name, choice.doc, options_text(choice.options)});
  for (const NamedSetting& setting : named_settings())
    topics.push_back({"settings of training", setting.name, setting.doc, setting_text(setting)});
  for (const TrainOption& option : train_options())
    topics.push_back({"settings of training", option.name, option.doc, options_text({option})});
}

void add_data_topics(std::vector<Topic>& topics) {
  for (const data::SourceKind& kind : data::source_kinds()) {
    std::string readers;
    for (const std::string& r : kind.readers) readers += (readers.empty() ? "" : ", ") + r;
    topics.push_back(
        {"sources of data", kind.name, kind.doc,
         indented(data::describe_options(kind.options)) + "  read by: " + readers + "\n"});
  }
  for (const data::Reader& reader : data::readers())
    topics.push_back({"readers of data", reader.name, reader.doc,
                      indented(data::describe_options(reader.options))});
}

void add_operations(std::vector<Topic>& topics) {
  for (const OpDef* op : all_ops()) {
    std::string more;
    for (const AttributeDef& a : op->attributes)
      more += fmt::format("    {:<12} {}\n", a.name, a.doc);
    more += op->gradient != nullptr ? "  has a gradient" : "  has no gradient";
    if (op->elementwise) more += ", element by element";
    if (op->commutative) more += ", operands may be swapped";
    topics.push_back(
        {"operations of the graph", std::string(op->name), std::string(op->doc), more + "\n"});
  }
}

}  // namespace

std::vector<Topic> help_topics() {
  std::vector<Topic> topics;
  add_language(topics);
  add_training(topics);
  add_data_topics(topics);
  add_operations(topics);
  return topics;
}

}  // namespace unfold
