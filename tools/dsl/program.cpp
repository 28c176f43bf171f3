#include "tools/dsl/program.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "tools/dsl/data_block.h"

namespace unfold {

namespace {

namespace fs = std::filesystem;

std::string folder_relative(const fs::path& program, const std::string& used) {
  return (program.parent_path() / used).string();
}

// Parses a file and, depth first, those it uses; each once.
class FileReader {
 public:
  FileReader(Sources& sources, Diagnostics& diagnostics)
      : sources_(sources), diagnostics_(diagnostics) {}

  void parse(const ProgramText& text, std::vector<syntax::Program>& out) {
    for (const auto& [name, content] : text.files)
      out.push_back(syntax::parse_program(sources_, sources_.add(name, content), diagnostics_));
    for (std::size_t i = 1; i < out.size(); ++i)
      for (const auto* section : {&out[i].data, &out[i].model, &out[i].train})
        if (*section)
          diagnostics_.add(Error("a file that another one uses holds only definitions",
                                 sources_.location((*section)->keyword)));
  }

 private:
  Sources& sources_;
  Diagnostics& diagnostics_;
};

// One `--set name=value`.
struct Override {
  std::string name;
  syntax::Expression value;
};

std::vector<Override> read_overrides(const std::vector<std::string>& written, Sources& sources,
                                     Diagnostics& diagnostics) {
  std::vector<Override> out;
  for (const std::string& text : written) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      diagnostics.add(Error(fmt::format("--set takes name=value, got '{}'", text)));
      continue;
    }
    std::string name = text.substr(0, equals);
    auto value =
        syntax::parse_value(sources, "--set " + name, text.substr(equals + 1), diagnostics);
    if (value) out.push_back({std::move(name), std::move(*value)});
  }
  return out;
}

// A bare word stands for a string where one is expected: --set cell=gru.
Constant constant_of(const syntax::Expression& e, const Constants& known, const Sources& sources,
                     const Constant& replaced) {
  const auto* word = std::get_if<syntax::Name>(&e.node);
  if (word != nullptr && std::holds_alternative<std::string>(replaced) &&
      !known.contains(word->text))
    return word->text;
  Constant value = evaluate_constant(e, known, sources);
  if (value.index() != replaced.index())
    throw Error("this is another kind of value than the program's own", sources.location(e.span));
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
  FileReader(sources_, diagnostics).parse(text_, files_);
  const std::vector<Override> overrides = read_overrides(text_.overrides, sources_, diagnostics);

  for (const syntax::Program& file : files_)
    for (const syntax::Def& def : file.defs)
      if (!defs_.emplace(def.name.text, &def).second)
        diagnostics.add(Error(
            fmt::format("'{}' is defined twice", def.name.text), sources_.location(def.name.span),
            {{"the first is here", sources_.location(defs_[def.name.text]->name.span)}}));

  std::set<std::string> used;
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
        if (o.name == name) {
          used.insert(o.name);
          lets_[name] = constant_of(o.value, lets_, sources_, lets_[name]);
        }
    } catch (const Error& e) {
      diagnostics.add(e);
      lets_.try_emplace(name, 1.0);
    }
  }

  SettingReader settings(lets_, sources_, diagnostics);
  if (main().train) train_ = settings.read(main().train->body);
  for (const Override& o : overrides)
    if (o.name.starts_with("train.") && o.name.size() > 6) {
      used.insert(o.name);
      settings.replace(train_, o.name.substr(6), o.value);
    }
  for (const Setting& s : train_)
    if (const double* value = std::get_if<double>(&s.value); s.name == "seed" && value != nullptr) {
      if (*value >= 0 && *value == std::floor(*value) && *value < 0x1p53)
        seed_ = static_cast<std::uint64_t>(*value);
      else
        diagnostics.add(Error("`seed` must be a whole number from 0", s.where));
    }
  if (seed) seed_ = *seed;

  if (stored) {
    data_ = std::move(*stored);
  } else if (main().data) {
    std::map<std::string, const syntax::Expression*> data_overrides;
    for (const Override& o : overrides)
      if (o.name.starts_with("data.")) {
        used.insert(o.name);
        data_overrides[o.name.substr(5)] = &o.value;
      }
    data_ = open_data(main().data->body,
                      {lets_, sources_, fs::path(text_.path).parent_path(), seed_, data_overrides},
                      diagnostics);
  }
  for (const Override& o : overrides) {
    if (used.contains(o.name) || o.name.starts_with("data.")) continue;
    std::vector<std::string> names;
    for (const auto& [name, value] : lets_) names.push_back(name);
    for (const Setting& s : train_) names.push_back("train." + s.name);
    const auto near = nearest(o.name, names);
    diagnostics.add(Error(fmt::format("--set {}: the program has no `let {}`{}", o.name, o.name,
                                      near ? fmt::format("; did you mean '{}'?", *near)
                                           : ", and settings of training are train.NAME")));
  }
}

std::string Program::name() const { return fs::path(text_.path).stem().string(); }

}  // namespace unfold
