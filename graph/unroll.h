#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph/core_ops.h"

namespace unfold {

/// A quantity that a recurrence defines at each step.
struct StateSpec {
  Symbol name;
  Value init = {};  ///< its value before the first step (after the last, running backward)
  int delay = 0;    ///< the largest k of `name[t-k]` (or `name[t+k]`); 0: never looked back at
};

struct Recurrence {
  Dim axis;  ///< the time axis; its size is the number of steps, unreal ones (`trim`) too
  bool backward = false;  ///< runs from the last step to the first
  std::vector<StateSpec> states = {};
  Symbol path = {};  ///< prefix of the states' names, for carrying
  /// Makes of a state's name one that no other recurrence of the graph has. Without it names stay.
  std::function<Symbol(Symbol)> unique = {};
};

/// Runs the body of a recurrence once for each step and remembers what it defines. Used through
/// `unroll`; the body asks for operands at its own step and defines the step's values. Throws Error
/// for states that the recurrence has not, and for an axis without steps.
class Unroller {
 public:
  Unroller(Graph& graph, const Recurrence& recurrence, const CoreOps& ops);

  std::int64_t step() const { return step_; }
  /// The sequence's value at this step plus `offset`; zeros outside of the example and at steps of
  /// the sequence that are not real where the axis' own are. The value k steps before the first is
  /// what the former piece carried, when pieces are carried.
  Value at(Value sequence, int offset = 0);
  /// The state k steps earlier in the direction of the recurrence, 1 <= k <= its `delay`.
  Value previous(Symbol state, int k = 1);
  /// This step's own value of a state, defined earlier in the body. Empty if it is not.
  Value current(Symbol state) const;
  void define(Symbol state, Value value);

  void run(const std::function<void(Unroller&)>& body);
  /// The defined values of all steps as a sequence [time, …].
  Value sequence(Symbol state) const;

 private:
  struct History {
    StateSpec spec;
    std::vector<Value> steps;    ///< by timestep
    std::vector<Value> carried;  ///< [k - 1]: the value k steps before the first
  };

  History& history(Symbol state);
  Symbol state_name(const std::string& name) const;
  Value outside(Value sequence, std::int64_t before_first);
  void carry_states();
  void carry(const std::vector<Value>& steps, const std::vector<Value>& carried);

  Graph& graph_;
  Recurrence recurrence_;
  const CoreOps& ops_;
  std::int64_t step_ = 0;
  std::map<Symbol, History> histories_;
  std::map<NodeId, std::vector<Value>> slices_;  ///< of sequences from outside, by step
  struct Delayed {
    Value sequence;
    Symbol name;
    std::vector<Value> carried;
  };
  std::vector<Delayed> delayed_;  ///< sequences from outside that were read before their start
};

/// Unrolls a recurrence: calls `body` once for each step, in the direction of time, and returns the
/// sequences it defined, in the order of `recurrence.states`, whose steps are real where the axis'
/// are. Running backward, an example's last real step looks back at the initial value. The states
/// that run forward are recorded in the graph (`Graph::states`), so that pieces of a long sequence
/// can be joined and a single step be run by itself.
std::vector<Value> unroll(Graph& graph, const Recurrence& recurrence, const CoreOps& ops,
                          const std::function<void(Unroller&)>& body);

}  // namespace unfold
