#include "models/gru.h"

#include "models/shapes.h"

namespace unfold {

namespace {

struct Gru {
  Reset reset;
  Value W_z, W_r, W_h, U_h, b_z, b_r, b_h, b_u;

  Gru(ModelBuilder& m, const Dim& n, const Dim& units, Reset where) : reset(where) {
    const auto joined = [&](const char* name) {
      return m.parameter(name, joined_dims(units, n), joined_start(units, n));
    };
    const auto bias = [&](const char* name) { return m.parameter(name, {units}, init::Zeros{}); };
    W_z = joined("W_z");
    W_r = joined("W_r");
    b_z = bias("b_z");
    b_r = bias("b_r");
    b_h = bias("b_h");
    if (reset == Reset::before) {
      W_h = joined("W_h");
    } else {
      W_h = m.parameter("W_h", {n, units}, init::Glorot{});
      U_h = m.parameter("U_h", {units, units}, init::Orthogonal{});
      b_u = bias("b_u");
    }
  }

  Value candidate(Value x, Value h, Value r) const {
    if (reset == Reset::before) return tanh(matmul(concat(r * h, x), W_h) + b_h);
    return tanh(matmul(x, W_h) + b_h + r * (matmul(h, U_h) + b_u));
  }

  Value step(Value x, Value h) const {
    const Value hx = concat(h, x);
    const Value z = sigmoid(matmul(hx, W_z) + b_z);
    const Value r = sigmoid(matmul(hx, W_r) + b_r);
    const Value g = candidate(x, h, r);
    return (1.0 - z) * h + z * g;
  }
};

}  // namespace

Value gru_cell(ModelBuilder& m, Value x, Value h, Dim units, Reset reset) {
  const LayerScope scope(m, "gru_cell");
  return Gru(m, width_of("gru_cell", x), labelled_units(units), reset).step(x, h);
}

Value gru(ModelBuilder& m, Value x, Dim units, Reset reset, const Stack& stack, Value init) {
  const LayerScope scope(m, "gru");
  units = labelled_units(units);
  return run_stack(m, "gru", x, stack, [&](Value below) {
    const Gru cell(m, width_of("gru", below), units, reset);
    return run_over_time(m, "gru", below, units, {{"h", init}},
                         [&](Value x_t, const std::vector<Value>& before) {
                           return std::vector<Value>{cell.step(x_t, before[0])};
                         });
  })[0];
}

}  // namespace unfold
