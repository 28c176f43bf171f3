#include "tools/dsl/walk.h"

namespace unfold::syntax {

namespace {

using Visit = std::function<void(const Expression&)>;

struct Children {
  const Visit& visit;

  void each(const std::vector<Expression>& items) const {
    for (const Expression& e : items) for_each_expression(e, visit);
  }
  void one(const Child& e) const {
    if (e) for_each_expression(*e, visit);
  }
  void operator()(const Number&) const {}
  void operator()(const String&) const {}
  void operator()(const Bool&) const {}
  void operator()(const Name&) const {}
  void operator()(const List& e) const { each(e.items); }
  void operator()(const Tuple& e) const { each(e.items); }
  void operator()(const Unary& e) const { one(e.operand); }
  void operator()(const Binary& e) const {
    one(e.left);
    one(e.right);
  }
  void operator()(const Call& e) const {
    for (const Argument& a : e.arguments) {
      one(a.key);
      one(a.value);
    }
  }
  void operator()(const Index& e) const {
    one(e.base);
    for (const IndexItem& i : e.items) {
      one(i.begin);
      one(i.end);
    }
  }
};

struct Parts {
  const Visit& visit;

  void expression(const Expression& e) const { for_each_expression(e, visit); }
  void operator()(const Let& s) const { expression(s.value); }
  void operator()(const Return& s) const {
    for (const Expression& e : s.values) expression(e);
  }
  void operator()(const Assign& s) const { expression(s.value); }
  void operator()(const Param& s) const {
    for (const Expression& e : s.shape) expression(e);
    if (s.initialiser) expression(*s.initialiser);
  }
  void operator()(const Layer& s) const { expression(s.call); }
  void operator()(const Repeat& s) const {
    expression(s.count);
    for_each_expression(s.body, visit);
  }
  void operator()(const If& s) const {
    expression(s.condition);
    for_each_expression(s.then, visit);
    for_each_expression(s.otherwise, visit);
  }
  void operator()(const For& s) const {
    for (const Expression& e : s.over) expression(e);
    for_each_expression(s.body, visit);
  }
  void operator()(const Init& s) const { expression(s.value); }
  void operator()(const Metric& s) const { expression(s.value); }
  void operator()(const Output& s) const { expression(s.value); }
  void operator()(const Sample& s) const { expression(s.from); }
  void operator()(const Faulty&) const {}
};

}  // namespace

void for_each_expression(const Expression& e, const Visit& visit) {
  visit(e);
  std::visit(Children{visit}, e.node);
}

void for_each_expression(const Block& block, const Visit& visit) {
  for (const Statement& s : block) std::visit(Parts{visit}, s.node);
}

void for_each_binding(const Block& block, const std::function<void(const Identifier&)>& visit) {
  for (const Statement& s : block) {
    if (const auto* a = std::get_if<Assign>(&s.node))
      for (const Target& t : a->targets) visit(t.name);
    if (const auto* p = std::get_if<Param>(&s.node))
      for (const Identifier& id : p->names) visit(id);
    if (const auto* l = std::get_if<Layer>(&s.node)) visit(l->name);
    if (const auto* l = std::get_if<Let>(&s.node)) visit(l->name);
    if (const auto* m = std::get_if<Metric>(&s.node)) visit(m->name);
    if (const auto* f = std::get_if<Faulty>(&s.node))
      for (const auto* list : {&f->names, &f->steps})
        for (const Identifier& id : *list) visit(id);
    if (const auto* r = std::get_if<Repeat>(&s.node)) for_each_binding(r->body, visit);
    if (const auto* f = std::get_if<For>(&s.node)) {
      visit(f->variable);
      for_each_binding(f->body, visit);
    }
    if (const auto* c = std::get_if<If>(&s.node)) {
      for_each_binding(c->then, visit);
      for_each_binding(c->otherwise, visit);
    }
  }
}

}  // namespace unfold::syntax
