#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tools/dsl/source.h"

/// The syntax of a `.fold` file as plain data: what was written and where, nothing of what it
/// means.
namespace unfold::syntax {

struct Expression;
struct Statement;
using Child = std::unique_ptr<Expression>;  ///< null only where a comment says so
using Block = std::vector<Statement>;

/// A name where it is introduced or called.
struct Identifier {
  std::string text;
  Span span;
};

struct Number {
  double value = 0;
};

struct String {
  std::string value;  ///< with its escapes resolved
};

struct Bool {
  bool value = false;
};

/// A name used as a value; its span is the expression's.
struct Name {
  std::string text;
};

/// `[a, b]`: a literal vector, a row of a matrix, a list of column names.
struct List {
  std::vector<Expression> items;
};

/// `(a, b)`; at least one item.
struct Tuple {
  std::vector<Expression> items;
};

enum class UnaryOp : std::uint8_t { negate, logical_not };

struct Unary {
  UnaryOp op = UnaryOp::negate;
  Child operand;
};

enum class BinaryOp : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  remainder,
  power,
  matmul,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
};

struct Binary {
  BinaryOp op = BinaryOp::add;
  Span op_span;
  Child left;
  Child right;
};

/// One argument of a call: `value`, `name = value` or `key: value`.
struct Argument {
  enum class Kind : std::uint8_t { positional, named, pair };

  Kind kind = Kind::positional;
  Identifier name;  ///< of a named argument, else empty
  Child key;        ///< of a pair, else null
  Child value;
  Span span;
};

/// `callee(arguments)`. Positional arguments come before named ones, and no name comes twice.
struct Call {
  Identifier callee;
  std::vector<Argument> arguments;
};

/// One place between the brackets of an index: `at`, `begin:end` or `..` (all axes not written).
struct IndexItem {
  enum class Kind : std::uint8_t { at, slice, rest };

  Kind kind = Kind::at;
  Child begin;  ///< the index itself for `at`; for a slice null if not written
  Child end;    ///< of a slice, null if not written
  Span span;
};

/// `base[items]`; at least one item.
struct Index {
  Child base;
  std::vector<IndexItem> items;
};

struct Expression {
  std::variant<Number, String, Bool, Name, List, Tuple, Unary, Binary, Call, Index> node;
  Span span;
  std::uint32_t height = 1;  ///< levels of this tree; the parser bounds it, so walks may recurse
};

/// `let name = value`
struct Let {
  Identifier name;
  Expression value;
};

/// `use "other.fold"`
struct Use {
  std::string path;
  Span path_span;
};

/// An argument that a `def` takes, optional if it has a default.
struct Formal {
  Identifier name;
  std::optional<Expression> default_value;
};

/// `def name(formals) { body }`; those with a default come last, and no name comes twice.
struct Def {
  Identifier name;
  std::vector<Formal> formals;
  Block body;
  Span signature;  ///< from the name to the closing parenthesis
};

/// `return a, b`; at least one value.
struct Return {
  std::vector<Expression> values;
};

/// What stands left of `=`: `name`, or `name[index]` inside a `for`.
struct Target {
  Identifier name;
  Child index;  ///< null for a plain name
  Span span;
};

/// `a, b = value`; at least one target.
struct Assign {
  std::vector<Target> targets;
  Expression value;
};

/// `frozen param names : [shape] = initialiser`; the shape may be empty.
struct Param {
  std::vector<Identifier> names;
  std::vector<Expression> shape;
  Span shape_span;
  std::optional<Expression> initialiser;
  bool frozen = false;
};

/// `layer name = call`; `call.node` holds a Call.
struct Layer {
  Identifier name;
  Expression call;
};

/// `repeat count { body }`
struct Repeat {
  Expression count;
  Block body;
};

/// `if condition { then } else { otherwise }`; `else if` is an `otherwise` of one If.
struct If {
  Expression condition;
  Block then;
  Block otherwise;
};

/// `for variable in over { body }`; at least one in `over`.
struct For {
  Identifier variable;
  std::vector<Expression> over;
  Block body;
};

/// `init name = value`, inside a `for` only.
struct Init {
  Identifier name;
  Expression value;
};

/// `metric name = value`
struct Metric {
  Identifier name;
  Expression value;
};

/// `output name = value`
struct Output {
  Identifier name;
  Expression value;
};

/// `sample field from logits`
struct Sample {
  Expression field;
  Expression from;
};

/// A statement that could not be read, which is reported: what it would have bound has no value,
/// and uses of it are no errors of their own.
struct Faulty {
  std::vector<Identifier> names;
  std::vector<Identifier> steps;  ///< `h` of `h[t] = …`
};

struct Statement {
  std::variant<Let, Return, Assign, Param, Layer, Repeat, If, For, Init, Metric, Output, Sample,
               Faulty>
      node;
  Span span;
};

/// `data { body }`, `model { body }` or `train { body }`
struct Section {
  Span keyword;
  Block body;
};

/// A whole file. Each list is in the order of the file; order between the lists means nothing.
struct Program {
  std::uint32_t source = 0;
  std::vector<Use> uses;
  std::vector<Let> lets;
  std::vector<Def> defs;
  std::optional<Section> data;
  std::optional<Section> model;
  std::optional<Section> train;
  std::vector<Identifier>
      faulty;  ///< what `let`s and `def`s that could not be read would have bound
};

}  // namespace unfold::syntax
