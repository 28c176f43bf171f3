#include "models/lstm.h"

#include <fmt/format.h>

#include <optional>

#include "models/shapes.h"

namespace unfold {

namespace {

/// A gate before its sigmoid: z W + b, and with a peephole also w * c.
struct Gate {
  Value W, w, b;

  Gate(ModelBuilder& m, const char* letter, const Dim& n, const Dim& units, bool peephole,
       const Initialiser& bias = init::Zeros{}) {
    W = m.parameter(fmt::format("W_{}", letter), joined_dims(units, n), joined_start(units, n));
    if (peephole) w = m.parameter(fmt::format("w_{}", letter), {units}, init::Zeros{});
    b = m.parameter(fmt::format("b_{}", letter), {units}, bias);
  }

  Value operator()(Value z, Value c) const {
    return w ? matmul(z, W) + w * c + b : matmul(z, W) + b;
  }
};

struct Lstm {
  Gate forget, candidate, output;
  std::optional<Gate> input;  ///< none when it is coupled to the forget gate

  Lstm(ModelBuilder& m, const Dim& n, const Dim& units, const LstmGates& gates)
      : forget(m, "f", n, units, gates.peephole, init::Constant{gates.forget_bias}),
        candidate(m, "c", n, units, false),
        output(m, "o", n, units, gates.peephole) {
    if (!gates.coupled) input.emplace(m, "i", n, units, gates.peephole);
  }

  LstmState step(Value x, const LstmState& before) const {
    const Value z = concat(before.h, x);
    const Value f = sigmoid(forget(z, before.c));
    const Value i = input ? sigmoid((*input)(z, before.c)) : 1.0 - f;
    const Value g = tanh(candidate(z, before.c));
    const Value c = f * before.c + i * g;
    const Value o = sigmoid(output(z, c));
    const Value h = o * tanh(c);
    return {h, c};
  }
};

}  // namespace

LstmState lstm_cell(ModelBuilder& m, Value x, const LstmState& before, Dim units,
                    const LstmGates& gates) {
  const LayerScope scope(m, "lstm_cell");
  return Lstm(m, width_of("lstm_cell", x), labelled_units(units), gates).step(x, before);
}

LstmState lstm(ModelBuilder& m, Value x, Dim units, const LstmGates& gates, const Stack& stack,
               const LstmState& init) {
  const LayerScope scope(m, "lstm");
  units = labelled_units(units);
  const std::vector<Value> states = run_stack(m, "lstm", x, stack, [&](Value below) {
    const Lstm cell(m, width_of("lstm", below), units, gates);
    return run_over_time(m, "lstm", below, units, {{"h", init.h}, {"c", init.c}},
                         [&](Value x_t, const std::vector<Value>& before) {
                           const LstmState now = cell.step(x_t, {before[0], before[1]});
                           return std::vector<Value>{now.h, now.c};
                         });
  });
  return {states[0], states[1]};
}

}  // namespace unfold
