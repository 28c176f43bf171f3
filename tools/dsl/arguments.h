#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/error.h"
#include "tools/dsl/thing.h"

namespace unfold {

/// One argument of a call. `written` is null for one that the library itself hands on.
struct GivenArgument {
  std::string name;  ///< empty for one given by position
  const syntax::Expression* written = nullptr;
  Thing thing;
  Span span = {};         ///< with its name
  bool symbolic = false;  ///< a word, which was not evaluated
};

/// Whether an argument is what came of an error, which has been reported.
bool holds_nothing(const std::vector<GivenArgument>& given);

/// A mistake in one argument, at its own place.
struct ArgumentError : Error {
  ArgumentError(std::string text, Span at) : Error(std::move(text)), span(at) {}
  Span span;
};

/// What a function or layer takes: in the order of the positions.
struct FormalArgument {
  std::string name;
  enum class Kind { value, number, flag, text, function, states, symbolic } kind = Kind::value;
  bool optional = false;
  std::string doc;
  bool takes_none = false;  ///< `none` is a value like any other, not an argument left out
};

/// The largest size that a dimension may have.
inline constexpr std::int64_t largest_size = 1'000'000'000;

/// The arguments of one call, matched with what the callee takes. Reading one of the wrong kind
/// throws Error that names the callee and the argument.
class Arguments {
 public:
  Arguments() = default;
  Arguments(std::string callee, std::vector<GivenArgument> given)
      : callee_(std::move(callee)), given_(std::move(given)) {}

  const std::string& callee() const { return callee_; }
  const std::vector<GivenArgument>& given() const { return given_; }

  /// Puts names to positions; `none` counts as not given. Throws Error on unknown names (with the
  /// nearest), too many arguments, one given twice, or one that is missing.
  void match(const std::vector<FormalArgument>& formals);

  bool has(const std::string& name) const { return by_name_.contains(name); }
  const GivenArgument& get(const std::string& name) const;
  /// Throws Error about the argument `name`: `callee: text`, at its place where it has one.
  [[noreturn]] void fail(const std::string& name, const std::string& text) const;
  double number(const std::string& name) const;
  double number(const std::string& name, double standard) const;
  /// A whole number from `least` to `most`.
  std::int64_t whole(const std::string& name, std::int64_t least, std::int64_t most) const;
  bool flag(const std::string& name, bool standard) const;
  /// A size with its label, for shapes.
  Dim size(const std::string& name) const;
  /// The word written for a symbolic argument (`sum` of `reduce = sum`), or its first word for a
  /// call.
  std::string word(const std::string& name) const;

 private:
  std::string callee_;
  std::vector<GivenArgument> given_;
  std::map<std::string, const GivenArgument*> by_name_;
};

/// A number as a dimension of a shape; throws Error unless it is whole and positive or unknown.
Dim to_dim(const Number& number, const std::string& what);

}  // namespace unfold
