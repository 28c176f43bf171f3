#include "models/rnn.h"

#include "models/shapes.h"

namespace unfold {

namespace {

struct Rnn {
  Value W, b;

  Rnn(ModelBuilder& m, const Dim& n, const Dim& units)
      : W(m.parameter("W", joined_dims(units, n), joined_start(units, n))),
        b(m.parameter("b", {units}, init::Zeros{})) {}

  Value step(Value x, Value h) const { return tanh(matmul(concat(h, x), W) + b); }
};

}  // namespace

Value rnn_cell(ModelBuilder& m, Value x, Value h, Dim units) {
  const LayerScope scope(m, "rnn_cell");
  return Rnn(m, width_of("rnn_cell", x), labelled_units(units)).step(x, h);
}

Value rnn(ModelBuilder& m, Value x, Dim units, const Stack& stack, Value init) {
  const LayerScope scope(m, "rnn");
  units = labelled_units(units);
  return run_stack(m, "rnn", x, stack, [&](Value below) {
    const Rnn cell(m, width_of("rnn", below), units);
    return run_over_time(m, "rnn", below, units, {{"h", init}},
                         [&](Value x_t, const std::vector<Value>& before) {
                           return std::vector<Value>{cell.step(x_t, before[0])};
                         });
  })[0];
}

}  // namespace unfold
