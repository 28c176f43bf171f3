#include "tools/dsl/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/error.h"
#include "tools/dsl/diagnostic.h"

namespace unfold {

namespace {

std::string signature(const std::string& callee, const std::vector<FormalArgument>& formals) {
  std::string out = callee + "(";
  for (const FormalArgument& f : formals)
    out += (out.back() == '(' ? "" : ", ") + f.name + (f.optional ? " = …" : "");
  return out + ")";
}

}  // namespace

void Arguments::match(const std::vector<FormalArgument>& formals) {
  std::size_t position = 0;
  for (const GivenArgument& g : given_) {
    std::string name = g.name;
    if (name.empty()) {
      if (position == formals.size())
        throw Error(fmt::format("{}: takes at most {} argument{}: {}", callee_, formals.size(),
                                formals.size() == 1 ? "" : "s", signature(callee_, formals)));
      name = formals[position++].name;
    }
    const bool known = std::any_of(formals.begin(), formals.end(),
                                   [&](const FormalArgument& f) { return f.name == name; });
    if (!known) {
      std::vector<std::string> names;
      for (const FormalArgument& f : formals) names.push_back(f.name);
      const auto near = nearest(name, names);
      throw Error(fmt::format("{}: has no argument '{}'{}: {}", callee_, name,
                              near ? fmt::format("; did you mean '{}'?", *near) : "",
                              signature(callee_, formals)));
    }
    if (!by_name_.emplace(name, &g).second)
      throw Error(fmt::format("{}: argument '{}' is given twice", callee_, name));
  }
  for (const FormalArgument& f : formals)
    if (!f.optional && !has(f.name))
      throw Error(fmt::format("{}: argument '{}' is missing: {}", callee_, f.name,
                              signature(callee_, formals)));
}

const GivenArgument& Arguments::get(const std::string& name) const { return *by_name_.at(name); }

double Arguments::number(const std::string& name) const {
  if (const auto* n = get(name).thing.as<Number>()) return n->value;
  throw Error(fmt::format("{}: argument '{}' must be a plain number", callee_, name));
}

double Arguments::number(const std::string& name, double standard) const {
  return has(name) ? number(name) : standard;
}

std::int64_t Arguments::whole(const std::string& name, std::int64_t least) const {
  const double v = number(name);
  if (v == std::floor(v) && v >= static_cast<double>(least) && v < 1e9)
    return static_cast<std::int64_t>(v);
  throw Error(fmt::format("{}: argument '{}' must be a whole number of at least {}, it is {}",
                          callee_, name, least, v));
}

bool Arguments::flag(const std::string& name, bool standard) const {
  if (!has(name)) return standard;
  if (const auto* b = get(name).thing.as<bool>()) return *b;
  throw Error(fmt::format("{}: argument '{}' must be true or false", callee_, name));
}

Dim Arguments::size(const std::string& name) const {
  if (const auto* n = get(name).thing.as<Number>())
    return to_dim(*n, fmt::format("{}: argument '{}'", callee_, name));
  throw Error(fmt::format("{}: argument '{}' must be a size, a whole number", callee_, name));
}

std::string Arguments::word(const std::string& name) const {
  const syntax::Expression* e = get(name).written;
  if (e != nullptr) {
    if (const auto* n = std::get_if<syntax::Name>(&e->node)) return n->text;
    if (const auto* c = std::get_if<syntax::Call>(&e->node)) return c->callee.text;
    if (const auto* s = std::get_if<syntax::String>(&e->node)) return s->value;
  }
  return {};
}

Dim to_dim(const Number& number, const std::string& what) {
  if (number.axis.is_time()) return number.axis;
  if (number.value == static_cast<double>(Dim::unknown)) return plain(Dim::unknown, number.label);
  if (number.value < 1 || number.value != std::floor(number.value) || number.value > 1e9)
    throw Error(fmt::format("{} must be a whole number of at least 1, it is {}", what, number.value));
  return plain(static_cast<std::int64_t>(number.value), number.label);
}

}  // namespace unfold
