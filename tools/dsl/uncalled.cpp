// What can be said of definitions that nothing calls: names that stand for nothing.

#include <fmt/format.h>

#include "tools/dsl/evaluator.h"
#include "tools/dsl/walk.h"

namespace unfold {

void Evaluator::check_uncalled() {
  for (const auto& [name, def] : program_.defs()) {
    if (called_.contains(name)) continue;
    frames_.push_back({Scope()});
    for (const syntax::Formal& f : def->formals) scope()[f.name.text] = {Nothing(), f.name.span};
    give_up(def->body);
    std::set<const syntax::Expression*> words;  // that are no values: `over = time`
    syntax::for_each_expression(def->body, [&](const syntax::Expression& e) {
      if (const auto* word = std::get_if<syntax::Name>(&e.node)) {
        if (!words.contains(&e)) this->name(word->text, e.span);
        return;
      }
      const auto* call = std::get_if<syntax::Call>(&e.node);
      if (call == nullptr) return;
      const std::string& callee = call->callee.text;
      if (!is_known(callee) && !is_initialiser(callee) && callee != "steps")
        no_such_function(call->callee);
      for (const syntax::Argument& a : call->arguments)
        if (!program_.defs().contains(callee) && is_symbolic(formals_of(callee), a.name.text))
          words.insert(a.value.get());
    });
    frames_.pop_back();
  }
}

}  // namespace unfold
