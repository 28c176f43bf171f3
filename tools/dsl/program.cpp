#include "tools/dsl/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tools/dsl/data_block.h"

namespace unfold {

namespace {

namespace fs = std::filesystem;

std::string folder_relative(const fs::path& program, const std::string& used) {
  return (program.parent_path() / used).string();
}

// Parses the program and the files it uses, each once.
std::vector<syntax::Program> parse_all(const ProgramText& text, Sources& sources,
                                       Diagnostics& diagnostics) {
  std::vector<syntax::Program> files;
  for (const auto& [name, content] : text.files)
    files.push_back(syntax::parse_program(sources, sources.add(name, content), diagnostics));
  for (std::size_t i = 1; i < files.size(); ++i) {
    std::vector<Span> misplaced;
    for (const syntax::Let& let : files[i].lets) misplaced.push_back(let.name.span);
    for (const auto* section : {&files[i].data, &files[i].model, &files[i].train})
      if (*section) misplaced.push_back((*section)->keyword);
    for (const Span span : misplaced)
      diagnostics.add(
          Error("a file that another one uses holds only definitions", sources.location(span)));
  }
  return files;
}

bool begins_as_string(const std::string& text) { return text.starts_with('"'); }

bool is_string(const syntax::Program& program, const std::string& name) {
  const auto found = std::ranges::find(
      program.lets, name, [](const auto& let) -> const auto& { return let.name.text; });
  return found != program.lets.end() && std::holds_alternative<syntax::String>(found->value.node);
}

// Where the program has a string, a text that is no expression stands for itself:
// --set file=/data/a.txt.
std::vector<Override> read_overrides(const std::vector<std::string>& written,
                                     const syntax::Program& program, Sources& sources,
                                     Diagnostics& diagnostics) {
  std::vector<Override> out;
  for (const std::string& text : written) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      diagnostics.add(Error(fmt::format("--set takes name=value, got '{}'", text)));
      continue;
    }
    std::string name = text.substr(0, equals);
    const std::string right = text.substr(equals + 1);
    Diagnostics errors;
    auto value = syntax::parse_value(sources, "--set " + name, right, errors);
    if (!value && !right.empty() && !begins_as_string(right) && is_string(program, name))
      value = syntax::Expression{syntax::String{right}, {}};
    if (!value)
      for (Error& error : errors.sorted()) diagnostics.add(std::move(error));
    else
      out.push_back({std::move(name), std::move(*value)});
  }
  return out;
}

const char* kind_of(const Constant& c) {
  if (std::holds_alternative<double>(c)) return "a number";
  return std::holds_alternative<bool>(c) ? "true or false" : "a string";
}

// An expression that has no value stands for itself where a string is expected: --set cell=gru,
// --set file=data/a.
Constant value_of(const Override& o, bool string, const Constants& known, const Sources& sources) {
  try {
    return evaluate_constant(o.value, known, sources);
  } catch (const Error&) {
    const std::string& text = sources[o.value.span.source].text;
    if (!string || begins_as_string(text)) throw;
    return text;
  }
}

// What replaces a `let`.
Constant replacement(const Override& o, const Constants& known, const Sources& sources) {
  const Constant& replaced = known.at(o.name);
  Constant value = value_of(o, std::holds_alternative<std::string>(replaced), known, sources);
  if (value.index() != replaced.index())
    throw Error(fmt::format("`{}` is {} in the program, this is {}", o.name, kind_of(replaced),
                            kind_of(value)),
                sources.location(o.value.span));
  return value;
}

}  // namespace

const data::FieldSpec* DataBlock::field(std::string_view name) const {
  for (const data::FieldSpec& f : fields)
    if (f.name == name) return &f;
  return nullptr;
}

const data::SourceSpec& DataBlock::source_of(const data::FieldSpec& field) const {
  for (const data::SourceSpec& s : source_specs)
    if (s.name == field.source) return s;
  throw Error("the model file has no source for its field " + field.name);
}

std::vector<data::FieldSpec> DataBlock::fields_of(const data::SourceSpec& source) const {
  std::vector<data::FieldSpec> result;
  for (const data::FieldSpec& f : fields)
    if (f.source == source.name) result.push_back(f);
  return result;
}

std::size_t DataBlock::task_field(std::size_t source, const std::string& reader) const {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].source == source_specs[source].name && fields[i].reader == reader) return i;
  throw Error(
      fmt::format("{}: {} is no generated task of numbers", reader, source_specs[source].name));
}

Span DataBlock::span_of(const std::string& name) const {
  const auto found = spans.find(name);
  return found == spans.end() ? Span() : found->second;
}

ProgramText Program::read(const fs::path& path, std::vector<std::string> overrides) {
  ProgramText text{path.string(), {}, std::move(overrides)};
  std::set<fs::path> seen;
  std::vector<std::pair<fs::path, Location>> waiting{{path, {}}};
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const auto [file, where] = waiting[i];
    if (!seen.insert(fs::weakly_canonical(file)).second) continue;
    Sources sources;
    std::uint32_t id = 0;
    try {
      id = sources.load(file);
    } catch (const Error& e) {
      throw Error(e.message, where.known() ? where : e.where);
    }
    text.files.emplace_back(file.string(), sources[id].text);
    Diagnostics ignored;
    for (const syntax::Use& use : syntax::parse_program(sources, id, ignored).uses)
      waiting.emplace_back(folder_relative(file, use.path), sources.location(use.path_span));
  }
  return text;
}

Program::Program(ProgramText text, Diagnostics& diagnostics, std::optional<DataBlock> stored,
                 std::optional<std::uint64_t> seed)
    : text_(std::move(text)) {
  files_ = parse_all(text_, sources_, diagnostics);
  const std::vector<Override> overrides =
      read_overrides(text_.overrides, main(), sources_, diagnostics);

  read_definitions(diagnostics);
  read_lets(overrides, diagnostics);
  read_settings(overrides, diagnostics);
  if (seed) seed_ = *seed;
  if (stored)
    data_ = std::move(*stored);
  else if (main().data)
    read_data(overrides, diagnostics);
  for (const Override& o : overrides) check_name(o, diagnostics);
}

void Program::read_definitions(Diagnostics& diagnostics) {
  for (const syntax::Program& file : files_)
    for (const syntax::Def& def : file.defs)
      if (!defs_.emplace(def.name.text, &def).second)
        diagnostics.add(Error(
            fmt::format("'{}' is defined twice", def.name.text), sources_.location(def.name.span),
            {{"the first is here", sources_.location(defs_[def.name.text]->name.span)}}));
}

void Program::read_lets(const std::vector<Override>& overrides, Diagnostics& diagnostics) {
  for (const syntax::Let& let : main().lets) {
    const std::string& name = let.name.text;
    if (lets_.contains(name)) {
      diagnostics.add(Error(fmt::format("`let {}` stands twice", name),
                            sources_.location(let.name.span),
                            {{"the first is here", sources_.location(let_spans_[name])}}));
      continue;
    }
    let_spans_[name] = let.name.span;
    try {
      lets_[name] = evaluate_constant(let.value, lets_, sources_);
      for (const Override& o : overrides)
        if (o.name == name) lets_[name] = replacement(o, lets_, sources_);
    } catch (const Error& e) {
      diagnostics.add(e);
      lets_.try_emplace(name, 1.0);
    }
  }
  // What a `let` that cannot be read stands for is looked up, and is no further error.
  for (const syntax::Identifier& id : main().faulty)
    if (lets_.try_emplace(id.text, 1.0).second) let_spans_[id.text] = id.span;
}

void Program::read_settings(const std::vector<Override>& overrides, Diagnostics& diagnostics) {
  SettingReader settings(lets_, sources_, diagnostics);
  if (main().train) train_ = settings.read(main().train->body);
  for (const Override& o : overrides)
    if (o.name.starts_with("train.") && o.name.size() > 6)
      settings.replace(train_, o.name.substr(6), o.value);
  for (const Setting& s : train_)
    // What is no seed is reported by who reads the other settings.
    if (const double* value = std::get_if<double>(&s.value);
        s.name == "seed" && value != nullptr && *value >= 0 && *value == std::floor(*value) &&
        *value < 0x1p53)
      seed_ = static_cast<std::uint64_t>(*value);
}

void Program::read_data(const std::vector<Override>& overrides, Diagnostics& diagnostics) {
  std::map<std::string, const syntax::Expression*> options;
  for (const Override& o : overrides)
    if (o.name.starts_with("data.")) options[o.name.substr(5)] = &o.value;
  data_ =
      open_data(main().data->body,
                {lets_, sources_, fs::path(text_.path).parent_path(), seed_, options}, diagnostics);
  for (const auto& [name, span] : data_.spans)
    if (lets_.contains(name))
      diagnostics.add(Error(fmt::format("'{}' is defined twice", name), sources_.location(span),
                            {{"the first is here", sources_.location(let_spans_[name])}}));
}

// Says so if there is nothing of the name that `--set` gives.
void Program::check_name(const Override& o, Diagnostics& diagnostics) const {
  if (lets_.contains(o.name) || (o.name.starts_with("train.") && o.name.size() > 6)) return;
  std::vector<std::string> names;
  const auto suggestion = [&](const std::string& name) {
    const auto near = nearest(name, names);
    return near ? fmt::format("; did you mean '{}'?", *near) : "";
  };
  if (o.name.starts_with("data.")) {
    const std::string line = o.name.substr(5, o.name.find('.', 5) - 5);
    if (o.name.find('.', 5) == std::string::npos || o.name.ends_with('.')) {
      diagnostics.add(Error(fmt::format(
          "--set {}: an option of the data block is replaced by data.LINE.OPTION=VALUE", o.name)));
      return;
    }
    // Data that comes from a model file has no lines any more.
    if (data_.spans.empty() || data_.spans.contains(line)) return;
    for (const auto& [name, span] : data_.spans) names.push_back(name);
    diagnostics.add(Error(fmt::format("--set {}: the data block has no line '{}'{}", o.name, line,
                                      suggestion(line))));
    return;
  }
  for (const auto& [name, value] : lets_) names.push_back(name);
  for (const Setting& s : train_) names.push_back("train." + s.name);
  const std::string near = suggestion(o.name);
  diagnostics.add(
      Error(fmt::format("--set {}: the program has no `let {}`{}", o.name, o.name,
                        near.empty() ? ", and settings of training are train.NAME" : near)));
}

std::vector<syntax::Identifier> Program::faulty() const {
  std::vector<syntax::Identifier> names;
  for (const syntax::Program& file : files_)
    names.insert(names.end(), file.faulty.begin(), file.faulty.end());
  return names;
}

std::string Program::name() const { return fs::path(text_.path).stem().string(); }

}  // namespace unfold
