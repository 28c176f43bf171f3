#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/execute.h"
#include "models/builder.h"

namespace unfold::testing {

/// A model with numbers for all that it reads, in f64, ready to be run and differentiated.
class Trial {
 public:
  /// `model`'s graph has its outputs; parameters start as they say, plus a little noise, so that
  /// those that start at zero matter too.
  Trial(ModelBuilder model, std::int64_t batch, double noise = 0.1);

  std::map<Symbol, Tensor> fed;  ///< inputs, lengths and parameters, by name
  const ModelBuilder& model() const { return model_; }
  Tensor& parameter(const std::string& name) { return fed.at(name); }
  /// How many numbers are trained.
  std::int64_t parameter_count() const;

  /// All outputs, and `grad:NAME` for every parameter if there is an output `loss`: planned,
  /// optimised, in two shards.
  const std::map<Symbol, Tensor>& run();
  /// The same, by the interpreter.
  std::map<Symbol, Tensor> interpret() const;
  double loss();

 private:
  struct Machine;

  Feed feed() const;

  ModelBuilder model_;
  std::int64_t batch_;
  std::shared_ptr<Machine> machine_;
  std::map<Symbol, Tensor> results_;
};

/// From a sequence [time, 3] to predictions: a sequence too, or one vector.
using SequenceModel = std::function<Value(ModelBuilder& m, Value x)>;

constexpr std::int64_t input_width = 3;

/// A model over examples of these lengths, fed with fixed numbers and, beyond an example's end,
/// with others that must not matter. Outputs: `y`, and `loss`, its mean squared error.
/// `first_example` is the number of the first one, for comparing single examples with a batch.
/// `padding` is how many steps there are beyond the longest; `full` declares that there are none.
struct Lengths {
  std::vector<int> of_example;
  int padding = 0;
  bool full = false;
  int first_example = 0;
};
Trial sequence_trial(const SequenceModel& model, const Lengths& lengths);

/// The number at `element` of step t of an example of any of the inputs that trials are fed with.
double number_at(int input, int example, int t, int element);

/// Fails unless all gradients agree with differences of the loss, relative to 1e-6.
void check_gradients(Trial& trial);
/// Fails unless executor and interpreter agree to 1e-12.
void check_interpreter(Trial& trial);
/// What stands in the padding of a batch: numbers that must not matter, or what batches of data
/// have there.
enum class Padding { other_numbers, last_step };
/// Fails unless outputs, loss and gradients of a padded batch are those of its examples alone, to
/// 1e-12.
void check_padding(const SequenceModel& model, Padding padding = Padding::other_numbers);
/// All three, on examples of different lengths.
void check_model(const SequenceModel& model);

/// The message of the Error that `f` throws, or "no error".
std::string error_of(const std::function<void()>& f);

}  // namespace unfold::testing
