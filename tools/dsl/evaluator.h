#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/builder.h"
#include "tools/dsl/arguments.h"
#include "tools/dsl/build.h"
#include "tools/dsl/program.h"
#include "tools/dsl/thing.h"

namespace unfold {

class Loop;

/// Thrown to leave what cannot go on because of an error that has been reported.
struct AlreadyReported {};

/// Evaluates a program's model block into a graph: names, calls, recurrences. Every mistake becomes
/// a diagnostic, and evaluation goes on with `Nothing` in place of what was wrong, so that one run
/// finds them all.
class Evaluator {
 public:
  Evaluator(const Program& program, const BuildOptions& options, Diagnostics& diagnostics);

  BuiltModel run();

  // --- for the functions and layers that programs call (functions.h)

  ModelBuilder& builder() { return built_.model; }
  Graph& graph() { return built_.model.graph; }
  const Program& program() const { return program_; }

  Thing evaluate(const syntax::Expression& e);
  /// The thing as a value of the graph; throws Error, without a place, when it is none.
  Value value_of(const Thing& thing);
  /// The field's own value, or for `next` the symbols that follow.
  Value field_value(std::size_t field, bool next);
  /// For each example whether its sequence of the field is decoded without a mistake. Throws Error
  /// for a field whose sequences cannot be decoded.
  Value exact_value(std::size_t field);
  /// Calls what a Callable names with these arguments. An error is reported at the call that is
  /// being evaluated.
  Thing call_by_name(const std::string& name, std::vector<GivenArgument> given);
  /// What a thing says as the initialiser of a parameter of this shape; throws Error when it is
  /// none.
  Initialiser initialiser(const Thing& thing, const std::vector<Dim>& shape) const;
  /// Which time axis `over = time` means for this operand, as its dimension.
  std::int64_t time_dimension(const Value& x) const;
  /// Throws Error if the graph sees only a piece of this axis, so that `what` cannot be had.
  void require_whole(const Dim& axis, const std::string& what) const;

 private:
  friend class Loop;
  friend class Trial;
  using Scope = std::map<std::string, Thing>;
  struct BoundLayer {
    std::string callee;
    Symbol path;
    std::vector<GivenArgument> given;
  };

  // statements.cpp
  void evaluate(const syntax::Block& block);
  void evaluate(const syntax::Statement& statement);
  void pass_over(const syntax::Faulty& faulty);
  void give_up_all(Span span, const std::string& what);
  void let(const syntax::Let& let);
  void assign(const syntax::Assign& assign, Span span);
  void name_results(const syntax::Assign& assign, const Things& results, NodeId before);
  void bind(const syntax::Target& target, Thing thing);
  void declare(const syntax::Param& param);
  void require_new_parameter(const syntax::Identifier& id);
  void declare_layer(const syntax::Layer& layer);
  void repeat(const syntax::Repeat& repeat);
  void choose(const syntax::If& choice);
  void give_up(const syntax::Block& block);
  Scope& scope() { return frames_.back().back(); }

  // results.cpp
  void add_metric(const syntax::Metric& metric);
  void add_output(const syntax::Output& output);
  void add_sample(const syntax::Sample& sample);
  void add_loss();
  void check_exact();
  void finish();

  // uncalled.cpp
  void check_uncalled();

  // expressions.cpp
  Thing evaluate_one(const syntax::Expression& e);
  Thing name(const std::string& name, Span span);
  Thing binary(const syntax::Binary& e, Span span);
  Thing constants(const syntax::Binary& e, const Thing& left, const Thing& right, Span span);
  Thing unary(const syntax::Unary& e, Span span);
  Thing list(const std::vector<syntax::Expression>& written, Span span);
  std::optional<double> number(const syntax::Expression& e, const char* what);
  std::optional<double> timestep(const syntax::Expression& e);  ///< `t-1` in `h[t-1]`
  std::optional<bool> condition(const syntax::Expression& e);
  Note note_of(const syntax::Expression& e, const Thing& thing, const std::string& role);
  std::vector<std::string> visible_names() const;
  Thing* find(const std::string& name);
  bool in_definition() const { return frames_.size() > 2; }
  Thing fail(Span span, std::string message, std::vector<Note> notes = {});
  Location place(Span span) const { return program_.sources().location(span); }

  // indices.cpp
  Thing index(const syntax::Index& e, Span span);
  Thing index_step(Loop& loop, const syntax::Index& e, Span span);
  Thing index_value(const syntax::Index& e, Value base, std::size_t first, Span span);
  std::optional<std::int64_t> bound(const syntax::Expression& e, const Dim& dim);

  // calls.cpp
  Thing call(const syntax::Call& call, Span span);
  std::string target_of(const syntax::Call& call);
  bool is_known(const std::string& target) const;
  std::vector<GivenArgument> arguments_of(const syntax::Call& call, const std::string& target);
  bool is_bare_word(const syntax::Call& call, std::size_t argument, const syntax::Def& def);
  Thing invoke(const std::string& target, std::vector<GivenArgument> given);
  Thing reported(const Error& error, const std::vector<GivenArgument>& given, Span span);
  Thing apply(const std::string& target, Arguments& arguments);
  Thing call_definition(const syntax::Def& def, Arguments& arguments);
  Thing no_such_function(const syntax::Identifier& name);
  std::vector<std::string> callable_names() const;

  // initialisers.cpp
  Thing initialiser_call(const syntax::Call& call, Span span);
  Initialiser loaded(const syntax::Call& call, Span span);
  Initialiser by_rows(const syntax::Call& call);
  Dim dimension(const syntax::Expression& e);

  const Program& program_;
  const BuildOptions& options_;
  Diagnostics& diagnostics_;
  BuiltModel built_;
  std::vector<std::vector<Scope>> frames_;  ///< a stack of scopes for each definition being run
  Scope metrics_;                           ///< by name, for later metrics
  std::vector<Loop*> loops_;                ///< of the definition being run, from the outermost
  std::map<std::pair<std::size_t, bool>, Value> fields_;
  std::map<std::string, BoundLayer> layers_;
  std::set<std::string> called_;                 ///< definitions
  std::map<std::string, Span> parameter_spans_;  ///< of each declaration, by path and name
  Symbol next_name_;  ///< what the layer about to be called is assigned to
  Value exact_;       ///< what exact(…) stands for, and where the program first says it
  Span exact_span_;
  bool says_sample_ = false;  ///< the program has a `sample`, right or wrong
  std::optional<Things> returned_;
  Span call_span_;     ///< of the call being evaluated
  int silent_ = 0;     ///< above 0 while shapes are being inferred: errors are not reported
  int trials_ = 0;     ///< above 0 while what is added to the graph is taken back afterwards
  int timesteps_ = 0;  ///< above 0 within the index of a timestep
  int errors_ = 0;
  int depth_ = 0;
  bool gave_up_ = false;   ///< the program is too large
  std::int64_t work_ = 0;  ///< statements evaluated
};

/// A literal of numbers in rows of equal length as a tensor; nothing if it is not one.
std::optional<Tensor> literal_tensor(const Thing& thing);

/// Whether an argument is a word that is no value: `over = time`, `reduce = sum`.
bool is_symbolic(const std::vector<FormalArgument>* formals, const std::string& name);
/// What a function or layer of the library takes, null if there is none of that name.
const std::vector<FormalArgument>* formals_of(const std::string& callee);

/// Whether `word` opens an initialiser: `zeros`, `normal(…)`, …
bool is_initialiser(const std::string& word);
/// What an initialiser without arguments is; null for one that needs some.
std::shared_ptr<const Initialiser> plain_initialiser(const std::string& word);

}  // namespace unfold
