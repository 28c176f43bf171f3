#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/unroll.h"
#include "tools/dsl/evaluator.h"

namespace unfold {

/// How far from its own step a step may look.
inline constexpr int largest_distance = 10'000;

/// While it lives, the graph is only tried out: what is added is taken back at the end.
class Trial {
 public:
  explicit Trial(Evaluator& e) : e_(e), mark_(e.builder().mark()), fields_(e.fields_) {
    ++e_.trials_;
  }
  ~Trial() {
    --e_.trials_;
    e_.builder().roll_back(mark_);
    e_.fields_ = std::move(fields_);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

 private:
  Evaluator& e_;
  ModelBuilder::Mark mark_;
  std::map<std::pair<std::size_t, bool>, Value> fields_;
};

/// A `for` block while it is evaluated: which names it defines, what their states look like, and
/// the step it is at. Evaluated first without steps, to find the states' shapes, then unrolled.
class Loop {
 public:
  Loop(Evaluator& evaluator, const syntax::For& syntax);

  const std::string& variable() const { return syntax_.variable.text; }
  bool defines(const std::string& name) const { return states_.contains(name); }
  /// Whether an index is about this block's timestep.
  bool mentions_step(const syntax::Expression& e) const;
  /// Whether how far from its own step an index looks differs from step to step: `t * 2`.
  bool moves_with_step(const syntax::Expression& index);
  /// Whether the number of a step is not known, because one graph runs all of them.
  bool hides_number() const;
  std::int64_t step() const { return unroller_ != nullptr ? unroller_->step() : inferred_step_; }

  /// A state at this step plus `offset`.
  Thing state(const std::string& name, int offset, Span span);
  /// A sequence from outside at this step plus `offset`.
  Thing at(Value sequence, int offset, Span span);
  void define(const syntax::Target& target, const Thing& thing);

  /// Evaluates the block; afterwards its names are sequences in the evaluator's scope.
  void run();

 private:
  struct State {
    Span span;
    int delay = 0;
    Span looked_back;  ///< where the longest delay is written
    Span init_span;    ///< of its `init`, if there is one
    bool has_init = false;
    Value init;
    Type type = unknown_type();  ///< as far as it is known
    Value current;               ///< this step's value, while inferring
    bool failed = false;         ///< this step's value is in error
  };

  // recurrence.cpp
  bool find_axis();
  bool add_axis(const Dim& dim, Span span);
  void evaluate_step();
  void unroll();
  void check_shape(const std::string& name, Value value);
  void give_up();
  void explain_unknown();

  // loop_states.cpp
  void find_states(const syntax::Block& block);
  double distance(const syntax::Expression& index, std::int64_t step);
  void find_distances();
  void note_distance(const std::string& name, int offset, Span span);
  void require_one_direction();
  void evaluate_inits(const syntax::Block& block);
  void evaluate_init(const syntax::Init& init);
  void infer_types();
  void infer_types_at(std::int64_t step);
  bool types_known() const;
  void zero_inits();

  Evaluator& e_;
  const syntax::For& syntax_;
  Dim axis_;
  bool broken_ = false;  ///< what it runs over, or a state's start, is in error
  std::map<std::string, State> states_;
  std::vector<std::string> order_;
  bool looks_back_ = false, looks_ahead_ = false;
  Span back_, ahead_;  ///< where it does
  Unroller* unroller_ = nullptr;
  bool inferring_ = false;
  std::int64_t inferred_step_ = 0;
};

}  // namespace unfold
