#include "tools/dsl/settings.h"

#include <fmt/format.h>

#include "tools/dsl/data_block.h"

namespace unfold {

Settings SettingReader::read(const syntax::Block& block) {
  Settings out;
  read_into(block, out);
  return out;
}

void SettingReader::read_into(const syntax::Block& block, Settings& out) {
  for (const syntax::Statement& s : block) {
    try {
      if (const auto* a = std::get_if<syntax::Assign>(&s.node)) {
        if (a->targets.size() != 1 || a->targets[0].index)
          throw Error("a setting has one name", sources_.location(s.span));
        const syntax::Identifier& name = a->targets[0].name;
        for (const Setting& other : out)
          if (other.name == name.text)
            throw Error(fmt::format("'{}' is set twice", name.text), sources_.location(name.span),
                        {{"the first is here", other.where}});
        out.push_back(setting(name, a->value));
      } else if (const auto* c = std::get_if<syntax::If>(&s.node)) {
        const Constant truth = evaluate_constant(c->condition, lets_, sources_);
        if (!std::holds_alternative<bool>(truth))
          throw Error("`if` takes true or false", sources_.location(c->condition.span));
        read_into(std::get<bool>(truth) ? c->then : c->otherwise, out);
      } else if (const auto* let = std::get_if<syntax::Let>(&s.node)) {
        bind_let(lets_, *let, sources_);
      } else if (const auto* faulty = std::get_if<syntax::Faulty>(&s.node)) {
        bind_faulty(lets_, *faulty);
      }
    } catch (const Error& e) {
      diagnostics_.add(e);
    }
  }
}

Setting SettingReader::setting(const syntax::Identifier& name, const syntax::Expression& value) {
  Setting out{name.text, 0.0, sources_.location(value.span), {}};
  if (!name.text.empty()) out.name_where = sources_.location(name.span);
  const auto* call = std::get_if<syntax::Call>(&value.node);
  const auto* word = std::get_if<syntax::Name>(&value.node);
  if (call != nullptr) {
    Choice choice{call->callee.text, {}};
    for (const syntax::Argument& a : call->arguments) {
      if (a.kind == syntax::Argument::Kind::pair)
        throw Error("a setting is written name = value", sources_.location(a.span));
      choice.settings.push_back(setting(a.name, *a.value));
    }
    out.value = std::move(choice);
  } else if (word != nullptr && !lets_.contains(word->text)) {
    out.value = Choice{word->text, {}};
  } else {
    std::visit([&](auto v) { out.value = v; }, evaluate_constant(value, lets_, sources_));
  }
  return out;
}

void SettingReader::replace(Settings& settings, const std::string& path,
                            const syntax::Expression& value) {
  const std::size_t dot = path.find('.');
  const std::string name = path.substr(0, dot);
  const Location option{sources_.location(value.span).file, 0, 0, 1};  // which holds the name
  Setting* found = nullptr;
  for (Setting& s : settings)
    if (s.name == name) found = &s;
  try {
    if (dot != std::string::npos) {
      Choice* choice = found == nullptr ? nullptr : std::get_if<Choice>(&found->value);
      if (choice == nullptr)
        throw Error(fmt::format("'{}' has no settings of its own", name), option);
      replace(choice->settings, path.substr(dot + 1), value);
      return;
    }
    Setting made = setting({name, value.span}, value);
    made.name_where = option;
    if (found != nullptr)
      *found = std::move(made);
    else
      settings.push_back(std::move(made));
  } catch (const Error& e) {
    diagnostics_.add(e);
  }
}

}  // namespace unfold
