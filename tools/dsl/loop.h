#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/unroll.h"
#include "tools/dsl/evaluator.h"

namespace unfold {

/// A `for` block while it is evaluated: which names it defines, what their states look like, and the
/// step it is at. Evaluated first without steps, to find the states' shapes, then unrolled.
class Loop {
 public:
  Loop(Evaluator& evaluator, const syntax::For& syntax);

  const std::string& variable() const { return syntax_.variable.text; }
  bool defines(const std::string& name) const { return states_.contains(name); }
  /// Whether an index is about this block's timestep.
  bool mentions_step(const syntax::Expression& e) const;
  std::int64_t step() const { return unroller_ != nullptr ? unroller_->step() : 0; }

  /// A state at this step plus `offset`.
  Thing state(const std::string& name, int offset, Span span);
  /// A sequence from outside at this step plus `offset`.
  Thing at(Value sequence, int offset, Span span);
  void define(const syntax::Target& target, const Thing& thing);

  /// Evaluates the block; afterwards its names are sequences in the evaluator's scope.
  void run(Span span);

 private:
  struct State {
    Span span;
    int delay = 0;
    Span looked_back;  ///< where the longest delay is written
    bool has_init = false;
    Value init;
    Type type;      ///< as far as it is known
    Value current;  ///< this step's value, while inferring
  };

  bool find_axis();
  void find_states(const syntax::Block& block);
  void find_delays();
  void evaluate_inits(const syntax::Block& block);
  void infer_types();
  bool require_types();
  void evaluate_step();
  void unroll();
  void check_shape(const std::string& name, Value value, Span span);
  void give_up();

  Evaluator& e_;
  const syntax::For& syntax_;
  Dim axis_;
  bool broken_ = false;  ///< what it runs over is in error
  std::map<std::string, State> states_;
  std::vector<std::string> order_;
  bool backward_ = false;
  Unroller* unroller_ = nullptr;
  bool inferring_ = false;
};

}  // namespace unfold
