#include "tools/dsl/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/dsl/diagnostic.h"

namespace unfold {

namespace {

std::string signature(const std::string& callee, const std::vector<FormalArgument>& formals) {
  std::string out = callee + "(";
  for (const FormalArgument& f : formals)
    out += (out.back() == '(' ? "" : ", ") + f.name + (f.optional ? " = …" : "");
  return out + ")";
}

[[noreturn]] void fail_at(const GivenArgument& argument, std::string text) {
  if (argument.written == nullptr) throw Error(std::move(text));
  throw ArgumentError(std::move(text), argument.span);
}

}  // namespace

bool holds_nothing(const std::vector<GivenArgument>& given) {
  return std::any_of(given.begin(), given.end(),
                     [](const GivenArgument& g) { return !g.symbolic && g.thing.nothing(); });
}

void Arguments::match(const std::vector<FormalArgument>& formals) {
  std::size_t position = 0;
  for (const GivenArgument& g : given_) {
    std::string name = g.name;
    if (name.empty()) {
      if (position == formals.size())
        fail_at(g, fmt::format("{}: takes at most {} argument{}: {}", callee_, formals.size(),
                               formals.size() == 1 ? "" : "s", signature(callee_, formals)));
      name = formals[position++].name;
    }
    const auto formal = std::find_if(formals.begin(), formals.end(),
                                     [&](const FormalArgument& f) { return f.name == name; });
    if (formal == formals.end()) {
      std::vector<std::string> names;
      for (const FormalArgument& f : formals) names.push_back(f.name);
      const auto near = nearest(name, names);
      fail_at(g, fmt::format("{}: has no argument '{}'{}: {}", callee_, name,
                             near ? fmt::format(" (did you mean '{}'?)", *near) : "",
                             signature(callee_, formals)));
    }
    if (!formal->takes_none && g.thing.as<None>() != nullptr) continue;
    if (!by_name_.emplace(name, &g).second)
      fail_at(g, fmt::format("{}: argument '{}' is given twice", callee_, name));
  }
  for (const FormalArgument& f : formals)
    if (!f.optional && !has(f.name))
      throw Error(fmt::format("{}: argument '{}' is missing: {}", callee_, f.name,
                              signature(callee_, formals)));
}

const GivenArgument& Arguments::get(const std::string& name) const { return *by_name_.at(name); }

void Arguments::fail(const std::string& name, const std::string& text) const {
  fail_at(get(name), fmt::format("{}: {}", callee_, text));
}

double Arguments::number(const std::string& name) const {
  if (const auto* n = get(name).thing.as<Number>()) return n->value;
  fail(name, fmt::format("argument '{}' must be a plain number", name));
}

double Arguments::number(const std::string& name, double standard) const {
  return has(name) ? number(name) : standard;
}

std::int64_t Arguments::whole(const std::string& name, std::int64_t least,
                              std::int64_t most) const {
  const double v = number(name);
  if (v == std::floor(v) && v >= static_cast<double>(least) && v <= static_cast<double>(most))
    return static_cast<std::int64_t>(v);
  fail(name, fmt::format("argument '{}' must be a whole number from {} to {}, it is {}", name,
                         least, most, v));
}

bool Arguments::flag(const std::string& name, bool standard) const {
  if (!has(name)) return standard;
  if (const auto* b = get(name).thing.as<bool>()) return *b;
  fail(name, fmt::format("argument '{}' must be true or false", name));
}

Dim Arguments::size(const std::string& name) const {
  const auto* n = get(name).thing.as<Number>();
  if (n == nullptr) fail(name, fmt::format("argument '{}' must be a size, a whole number", name));
  try {
    return to_dim(*n, fmt::format("argument '{}'", name));
  } catch (const Error& e) {
    fail(name, e.message);
  }
}

std::string Arguments::word(const std::string& name) const {
  const GivenArgument& given = get(name);
  if (const auto* s = given.thing.as<std::string>()) return *s;
  if (given.written == nullptr) return {};
  if (const auto* n = std::get_if<syntax::Name>(&given.written->node)) return n->text;
  if (const auto* c = std::get_if<syntax::Call>(&given.written->node)) return c->callee.text;
  if (const auto* s = std::get_if<syntax::String>(&given.written->node)) return s->value;
  return {};
}

Dim to_dim(const Number& number, const std::string& what) {
  if (number.axis.is_time()) return number.axis;
  if (!number.known()) return plain(Dim::unknown, number.label);
  if (number.value < 1 || number.value != std::floor(number.value) || number.value > largest_size)
    throw Error(fmt::format("{} must be a whole number from 1 to {}, it is {}", what, largest_size,
                            number.value));
  return plain(static_cast<std::int64_t>(number.value), number.label);
}

}  // namespace unfold
