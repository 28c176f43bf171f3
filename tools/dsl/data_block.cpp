#include "tools/dsl/data_block.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/data/examples.h"
#include "tools/data/table.h"

namespace unfold {

namespace {

// Thrown where an error is a consequence of one already reported.
struct Silent {};

class DataReader {
 public:
  DataReader(const DataContext& context, Diagnostics& diagnostics)
      : context_(context), diagnostics_(diagnostics), lets_(context.lets) {}

  void read(const syntax::Block& block) {
    for (const syntax::Statement& s : block) {
      const auto* assign = std::get_if<syntax::Assign>(&s.node);
      try {
        if (const auto* c = std::get_if<syntax::If>(&s.node)) {
          const Constant truth = evaluate_constant(c->condition, lets_, context_.sources);
          if (!std::holds_alternative<bool>(truth))
            throw Error("`if` takes true or false", place(c->condition.span));
          read(std::get<bool>(truth) ? c->then : c->otherwise);
        } else if (const auto* let = std::get_if<syntax::Let>(&s.node)) {
          bind_let(lets_, *let, context_.sources);
        } else if (assign != nullptr) {
          line(*assign);
        } else if (const auto* faulty = std::get_if<syntax::Faulty>(&s.node)) {
          for (const syntax::Identifier& id : faulty->names) out.failed[id.text] = id.span;
          bind_faulty(lets_, *faulty);
        }
      } catch (const data::BadRows& bad) {
        for (const Error& e : bad.errors) diagnostics_.add(e);
        out.failed[assign->targets[0].name.text] = s.span;
      } catch (const Error& e) {
        diagnostics_.add(e);
        if (assign != nullptr) out.failed[assign->targets[0].name.text] = s.span;
      } catch (const Silent&) {
        out.failed[assign->targets[0].name.text] = s.span;
      }
    }
  }

  // Once all fields are known: what one of them refuses counts for none.
  void leave_out_bad_rows() {
    for (std::size_t i = 0; i < out.sources.size(); ++i) {
      data::Source& source = out.sources[i];
      if (!source.spec.skip_bad) continue;
      try {
        data::leave_out_bad(source, out.fields_of(source.spec), [&] {
          for (data::FieldSpec& field : out.fields)
            if (field.source == source.spec.name) field = define_field(field.name);
          return out.fields_of(source.spec);
        });
      } catch (const Error& e) {
        diagnostics_.add(e);
      }
      out.source_specs[i] = source.spec;
    }
  }

  DataBlock out;

 private:
  struct Definition {
    const syntax::Call* call;
    Span span;
  };

  Location place(Span span) const { return context_.sources.location(span); }

  void line(const syntax::Assign& assign) {
    const syntax::Identifier& name = assign.targets[0].name;
    const auto* call = std::get_if<syntax::Call>(&assign.value.node);
    if (assign.targets.size() != 1 || assign.targets[0].index || call == nullptr)
      throw Error("a line of the data block is `name = reader(…)`", place(assign.value.span));
    if (out.spans.contains(name.text))
      throw Error(fmt::format("'{}' is defined twice", name.text), place(name.span),
                  {{"the first is here", place(out.spans[name.text])}});
    out.spans[name.text] = name.span;
    if (data::find_source_kind(call->callee.text) != nullptr)
      open(name.text, *call, assign.value.span);
    else
      define(name.text, *call, assign.value.span);
  }

  void open(const std::string& name, const syntax::Call& call, Span span) {
    data::Source source =
        data::open_source(name, to_call(name, call, 0, span), context_.directory, context_.seed);
    for (const Error& bad : source.bad_rows) diagnostics_.add(bad);
    out.source_specs.push_back(source.spec);
    const data::SourceKind& kind = *data::find_source_kind(call.callee.text);
    for (const char* reader : {"input", "target"})
      if (std::find(kind.readers.begin(), kind.readers.end(), reader) != kind.readers.end())
        out.fields.push_back(data::define_field(fmt::format("{}({})", reader, name),
                                                {reader, {}, place(span)}, source));
    out.sources.push_back(std::move(source));
  }

  // `words(reviews, column = "review")`, or a reader of a field: `counts(words(…))`.
  data::FieldSpec define_field(const std::string& name, const syntax::Call& call, Span span) {
    const data::Reader* reader = data::find_reader(call.callee.text);
    if (reader == nullptr) throw Error(no_such(call.callee.text), place(call.callee.span));
    const bool positional =
        !call.arguments.empty() && call.arguments[0].kind == syntax::Argument::Kind::positional;
    if (!positional)
      throw Error(fmt::format("{}: the first argument says what to read: {}(source, …)",
                              reader->name, reader->name),
                  place(span));
    const syntax::Expression& of = *call.arguments[0].value;
    const data::Call rest = to_call(name, call, 1, span);
    if (reader->of_field) {
      const data::FieldSpec inner = field_named(name, of);
      return data::define_field(name, rest, inner, source_named(inner.source, of.span));
    }
    const auto* word = std::get_if<syntax::Name>(&of.node);
    if (word == nullptr)
      throw Error(fmt::format("{}: the first argument is the name of a source", reader->name),
                  place(of.span));
    return data::define_field(name, rest, source_named(word->text, of.span));
  }

  void define(const std::string& name, const syntax::Call& call, Span span) {
    out.fields.push_back(define_field(name, call, span));
    definitions_[name] = {&call, span};
  }

  data::FieldSpec define_field(const std::string& name) {
    const Definition& definition = definitions_.at(name);
    return define_field(name, *definition.call, definition.span);
  }

  data::FieldSpec field_named(const std::string& name, const syntax::Expression& e) {
    if (const auto* inner = std::get_if<syntax::Call>(&e.node))
      return define_field(name, *inner, e.span);
    const auto* word = std::get_if<syntax::Name>(&e.node);
    const data::FieldSpec* known = word == nullptr ? nullptr : out.field(word->text);
    if (word != nullptr && out.failed.contains(word->text)) throw Silent();
    if (known == nullptr) throw Error("a field of symbols is needed here", place(e.span));
    return *known;
  }

  const data::Source& source_named(const std::string& name, Span span) const {
    for (const data::Source& s : out.sources)
      if (s.spec.name == name) return s;
    // What it should have been is reported already.
    if (out.failed.contains(name)) throw Silent();
    std::vector<std::string> names;
    for (const data::Source& s : out.sources) names.push_back(s.spec.name);
    const auto near = nearest(name, names);
    throw Error(fmt::format("there is no data source '{}'{}", name,
                            near ? fmt::format("; did you mean '{}'?", *near) : ""),
                place(span));
  }

  static std::string no_such(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& kind : data::source_kinds()) names.push_back(kind.name);
    for (const auto& reader : data::readers()) names.push_back(reader.name);
    const auto near = nearest(name, names);
    return fmt::format("there is no data source or reader '{}'{}", name,
                       near ? fmt::format("; did you mean '{}'?", *near) : "");
  }

  data::Call to_call(const std::string& name, const syntax::Call& call, std::size_t first,
                     Span span) {
    data::Call result{call.callee.text, {}, place(span)};
    for (std::size_t i = first; i < call.arguments.size(); ++i) {
      const syntax::Argument& a = call.arguments[i];
      if (a.kind == syntax::Argument::Kind::pair)
        throw Error("an option is written name = value", place(a.span));
      const auto replaced = context_.overrides.find(name + "." + a.name.text);
      const syntax::Expression& e = replaced != context_.overrides.end() && !a.name.text.empty()
                                        ? *replaced->second
                                        : *a.value;
      result.arguments.push_back({a.name.text, option(e), place(e.span)});
    }
    for (const auto& [path, e] : context_.overrides) {
      if (!path.starts_with(name + ".")) continue;
      const std::string option_name = path.substr(name.size() + 1);
      const bool written =
          std::any_of(call.arguments.begin(), call.arguments.end(),
                      [&](const syntax::Argument& a) { return a.name.text == option_name; });
      if (!written) result.arguments.push_back({option_name, option(*e), place(e->span)});
    }
    return result;
  }

  data::Value option(const syntax::Expression& e) const {
    if (const auto* list = std::get_if<syntax::List>(&e.node)) {
      std::vector<std::string> items;
      for (const auto& item : list->items) {
        const Constant c = evaluate_constant(item, lets_, context_.sources);
        if (!std::holds_alternative<std::string>(c))
          throw Error("a list of an option holds strings", place(item.span));
        items.push_back(std::get<std::string>(c));
      }
      return items;
    }
    return std::visit([](auto v) { return data::Value(std::move(v)); },
                      evaluate_constant(e, lets_, context_.sources));
  }

  const DataContext& context_;
  Diagnostics& diagnostics_;
  Constants lets_;  ///< those of the program, and of the block so far
  std::map<std::string, Definition> definitions_;  ///< of fields, by name
};

}  // namespace

DataBlock open_data(const syntax::Block& block, const DataContext& context,
                    Diagnostics& diagnostics) {
  DataReader reader(context, diagnostics);
  reader.read(block);
  reader.leave_out_bad_rows();
  return std::move(reader.out);
}

}  // namespace unfold
