#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/builder.h"
#include "tools/dsl/arguments.h"
#include "tools/dsl/build.h"
#include "tools/dsl/program.h"
#include "tools/dsl/thing.h"

namespace unfold {

class Loop;

/// Evaluates a program's model block into a graph: names, calls, recurrences. Every mistake becomes a
/// diagnostic, and evaluation goes on with `Nothing` in place of what was wrong, so that one run finds
/// them all.
class Evaluator {
 public:
  Evaluator(const Program& program, const BuildOptions& options, Diagnostics& diagnostics);
  ~Evaluator();

  BuiltModel run();

  // --- for the functions and layers that programs call (functions.h, library.h)

  ModelBuilder& builder() { return built_.model; }
  Graph& graph() { return built_.model.graph; }
  const Program& program() const { return program_; }
  const BuildOptions& options() const { return options_; }

  Thing evaluate(const syntax::Expression& e);
  /// The thing as a value of the graph; throws Error, without a place, when it is none.
  Value value_of(const Thing& thing);
  /// The field's own value, or for `next` the symbols that follow.
  Value field_value(std::size_t field, bool next);
  /// Calls a layer, definition or function by name with things instead of expressions.
  Thing call_by_name(const std::string& name, const syntax::Call& site, Span span, Things positional,
                     const std::map<std::string, Thing>& named);
  /// What an initialiser's expression says, for a parameter of this shape. Throws Error with a place.
  Initialiser initialiser(const syntax::Expression& e, const std::vector<Dim>& shape);
  /// Adds an error with notes that say where each operand comes from; returns Nothing.
  Thing fail(Span span, std::string message, std::vector<Note> notes = {});
  /// Which time axis `over = time` means for this operand, as its dimension.
  std::int64_t time_dimension(const Value& x) const;
  Span call_span() const { return call_span_; }

 private:
  friend class Loop;
  using Scope = std::map<std::string, Thing>;

  // statements.cpp
  void evaluate(const syntax::Block& block);
  void evaluate(const syntax::Statement& statement);
  void assign(const syntax::Assign& assign, Span span);
  void bind(const syntax::Target& target, Thing thing);
  void declare(const syntax::Param& param, Span span);
  void declare_layer(const syntax::Layer& layer);
  void repeat(const syntax::Repeat& repeat);
  void choose(const syntax::If& choice);
  void add_metric(const syntax::Metric& metric);
  void add_output(const syntax::Output& output);
  void add_sample(const syntax::Sample& sample);
  void finish();

  // expressions.cpp
  Thing name(const std::string& name, Span span);
  Thing binary(const syntax::Binary& e, Span span);
  Thing unary(const syntax::Unary& e, Span span);
  Thing index(const syntax::Index& e, Span span);
  Thing index_value(const syntax::Index& e, Value base, std::size_t first, Span span);
  Thing literal(const syntax::List& list, Span span);
  std::optional<double> number(const syntax::Expression& e, const char* what);
  std::optional<bool> condition(const syntax::Expression& e);
  Note note_of(const syntax::Expression& e, const Thing& thing, const char* role);
  std::vector<std::string> visible_names() const;

  // calls.cpp
  Thing call(const syntax::Call& call, Span span);
  Thing invoke(const std::string& name, Arguments arguments, const syntax::Call& site, Span span);
  Thing call_definition(const syntax::Def& def, Arguments& arguments, Span span);
  Initialiser loaded(const syntax::Call& call, Span span);
  Initialiser row_initialiser(const syntax::Call& call, const std::vector<Dim>& shape);
  Dim dimension(const syntax::Expression& e);
  Arguments arguments_of(const syntax::Call& call, Span span);

  // recurrence.cpp
  void unroll(const syntax::For& loop, Span span);
  Loop* loop_of(const std::string& variable) const;

  Thing* find(const std::string& name);
  Location place(Span span) const { return program_.sources().location(span); }

  const Program& program_;
  const BuildOptions& options_;
  Diagnostics& diagnostics_;
  BuiltModel built_;
  std::vector<std::vector<Scope>> frames_;  ///< a stack of scopes for each definition being run
  std::vector<Loop*> loops_;
  std::map<std::pair<std::size_t, bool>, Value> fields_;
  struct BoundLayer {
    const syntax::Layer* syntax;
    Symbol path;
    Things positional;
    std::map<std::string, Thing> named;
  };
  std::map<std::string, BoundLayer> layers_;
  Symbol next_name_;  ///< what the layer about to be called is assigned to
  std::optional<Things> returned_;
  Span call_span_;
  int silent_ = 0;  ///< above 0 while shapes are being inferred: errors are not reported
  int errors_ = 0;
  int depth_ = 0;
};

/// A literal of numbers in rows of equal length as a tensor; nothing if it is not one.
std::optional<Tensor> literal_tensor(const Thing& thing);

}  // namespace unfold
