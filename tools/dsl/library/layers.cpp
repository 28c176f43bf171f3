// The library's layers as programs call them: each bound to its composition in models/, beside the
// definition in the language that `unfold help` prints.

#include <fmt/format.h>

#include "models/bidirectional.h"
#include "models/dense.h"
#include "models/dropout.h"
#include "models/embedding.h"
#include "models/gru.h"
#include "models/layer_norm.h"
#include "models/lstm.h"
#include "models/rnn.h"
#include "tools/dsl/evaluator.h"
#include "tools/dsl/functions.h"
#include "tools/dsl/library/definitions.h"

namespace unfold {

namespace {

using Kind = FormalArgument::Kind;

Value value(Evaluator& e, const Arguments& a, const char* name) {
  return a.has(name) ? e.value_of(a.get(name).thing) : Value();
}

// The values of `init = (h0, c0)`, or of one state.
std::vector<Value> states(Evaluator& e, const Arguments& a, std::size_t count) {
  std::vector<Value> out;
  if (a.has("init")) {
    const Thing& given = a.get("init").thing;
    const auto add = [&](const Thing& t) {
      out.push_back(t.as<None>() != nullptr ? Value() : e.value_of(t));
    };
    if (const auto* several = given.as<Things>())
      for (const Thing& t : *several) add(t);
    else
      add(given);
    if (out.size() != count)
      a.fail("init", fmt::format("`init` takes {} state{}, got {}", count, count == 1 ? "" : "s",
                                 out.size()));
  }
  out.resize(count);
  return out;
}

Stack stack_of(const Arguments& a) {
  Stack stack;
  if (a.has("layers")) stack.layers = static_cast<int>(a.whole("layers", 1, 1000));
  stack.dropout = a.number("dropout", 0);
  if (stack.dropout < 0 || stack.dropout >= 1)
    a.fail("dropout", fmt::format("`dropout` must be from 0 to under 1, it is {}", stack.dropout));
  return stack;
}

LstmGates gates_of(const Arguments& a) {
  return {a.number("forget_bias", 1), a.flag("peephole", false), a.flag("coupled", false)};
}

Reset reset_of(const Arguments& a) {
  const std::string word = a.has("reset") ? a.word("reset") : "before";
  if (word == "before") return Reset::before;
  if (word == "after") return Reset::after;
  a.fail("reset", "`reset` is before or after");
}

Things one(Value v) { return {{v, {}}}; }
Things two(const LstmState& s) { return {{s.h, {}}, {s.c, {}}}; }

Things apply_rnn(Evaluator& e, const Arguments& a) {
  return one(rnn(e.builder(), value(e, a, "x"), a.size("units"), stack_of(a), states(e, a, 1)[0]));
}
Things apply_lstm(Evaluator& e, const Arguments& a) {
  const auto init = states(e, a, 2);
  return two(lstm(e.builder(), value(e, a, "x"), a.size("units"), gates_of(a), stack_of(a),
                  {init[0], init[1]}));
}
Things apply_gru(Evaluator& e, const Arguments& a) {
  return one(gru(e.builder(), value(e, a, "x"), a.size("units"), reset_of(a), stack_of(a),
                 states(e, a, 1)[0]));
}
Things apply_rnn_cell(Evaluator& e, const Arguments& a) {
  return one(rnn_cell(e.builder(), value(e, a, "x"), value(e, a, "h"), a.size("units")));
}
Things apply_lstm_cell(Evaluator& e, const Arguments& a) {
  return two(lstm_cell(e.builder(), value(e, a, "x"), {value(e, a, "h"), value(e, a, "c")},
                       a.size("units"), gates_of(a)));
}
Things apply_gru_cell(Evaluator& e, const Arguments& a) {
  return one(
      gru_cell(e.builder(), value(e, a, "x"), value(e, a, "h"), a.size("units"), reset_of(a)));
}
Things apply_dense(Evaluator& e, const Arguments& a) {
  return one(dense(e.builder(), value(e, a, "x"), a.size("n")));
}
Things apply_dropout(Evaluator& e, const Arguments& a) {
  return one(dropout(e.builder(), value(e, a, "x"), a.number("p")));
}
Things apply_layer_norm(Evaluator& e, const Arguments& a) {
  return one(layer_norm(e.builder(), value(e, a, "x")));
}

Things apply_embedding(Evaluator& e, const Arguments& a) {
  const auto* field = a.get("ids").thing.as<FieldRef>();
  Dim count;
  if (a.has("count")) {
    count = a.size("count");
  } else if (field != nullptr) {
    const data::FieldType& type = e.program().data().fields[field->index].type;
    count = plain(type.ids, type.size_name);
  } else {
    throw Error(
        "embedding: how many ids there are is known for a field of the data block only; say "
        "`count = …`");
  }
  const Dim width = a.size("n");
  const Initialiser init = a.has("init") ? e.initialiser(a.get("init").thing, {count, width})
                                         : Initialiser(init::Normal{1});
  return one(embedding(e.builder(), value(e, a, "ids"), count, width, init));
}

Things apply_bidirectional(Evaluator& e, const Arguments& a) {
  const auto* cell = a.get("cell").thing.as<Callable>();
  if (cell == nullptr)
    a.fail("cell", "the first argument is a layer's name: bidirectional(lstm, x, units = 64)");
  const GivenArgument units{"units", nullptr, a.get("units").thing};
  return one(bidirectional(e.builder(), value(e, a, "x"), [&](ModelBuilder&, Value x) {
    const Thing result = e.call_by_name(cell->name, {{"", nullptr, {x, {}}}, units});
    if (result.nothing()) throw AlreadyReported();
    const auto* several = result.as<Things>();
    return e.value_of(several != nullptr ? several->front() : result);
  }));
}

FormalArgument need(const char* name, const char* doc, Kind kind = Kind::value) {
  return {name, kind, false, doc};
}
FormalArgument may(const char* name, const char* doc, Kind kind = Kind::value) {
  return {name, kind, true, doc};
}

std::vector<Layer> make_layers() {
  const FormalArgument x = need("x", "the sequence, [time, n]");
  const FormalArgument units = need("units", "width of the hidden state", Kind::number);
  const FormalArgument layers = may("layers", "how many on top of each other, 1", Kind::number);
  const FormalArgument drop = may("dropout", "share dropped between layers, 0", Kind::number);
  const FormalArgument init = may("init", "the states before the first step, zeros", Kind::states);
  const FormalArgument bias =
      may("forget_bias", "where the forget gate's bias starts, 1", Kind::number);
  const FormalArgument peephole = may("peephole", "gates also see the cell, false", Kind::flag);
  const FormalArgument coupled = may("coupled", "i = 1 - f, false", Kind::flag);
  const FormalArgument reset = may("reset", "before or after the product, before", Kind::symbolic);
  const FormalArgument x_t = need("x", "this step's input, [n]"),
                       h = need("h", "the state, [units]");
  std::vector<Layer> list{
      {"dense",
       "x @ W + b at every step",
       {need("x", "[.., width]"), need("n", "width of the result")},
       {},
       apply_dense},
      {"embedding",
       "a trained vector for each symbol",
       {need("ids", "a field of symbols"), need("n", "width of the vectors"),
        may("init", "initial values, normal(1)"),
        may("count", "how many symbols, where it is not a field", Kind::number)},
       {},
       apply_embedding},
      {"rnn",
       "plain recurrent network (Elman 1990)",
       {x, units, layers, drop, init},
       {},
       apply_rnn},
      {"lstm",
       "long short-term memory (Hochreiter & Schmidhuber 1997)",
       {x, units, layers, drop, init, bias, peephole, coupled},
       {},
       apply_lstm},
      {"gru",
       "gated recurrent unit (Cho et al. 2014)",
       {x, units, layers, drop, init, reset},
       {},
       apply_gru},
      {"rnn_cell", "one step of rnn", {x_t, h, units}, {}, apply_rnn_cell},
      {"lstm_cell",
       "one step of lstm",
       {x_t, h, need("c", "the cell, [units]"), units, bias, peephole, coupled},
       {},
       apply_lstm_cell},
      {"gru_cell", "one step of gru", {x_t, h, units, reset}, {}, apply_gru_cell},
      {"bidirectional",
       "a layer forward and another backward, side by side (Schuster & Paliwal 1997)",
       {need("cell", "the layer's name", Kind::function), x, units},
       {},
       apply_bidirectional},
      {"dropout",
       "zeroes a share of the elements while training (Srivastava et al. 2014)",
       {need("x", "any values"), need("p", "the share", Kind::number)},
       {},
       apply_dropout},
      {"layer_norm",
       "mean 0 and variance 1 over the last dimension (Ba et al. 2016)",
       {need("x", "[.., width]")},
       {},
       apply_layer_norm},
  };
  for (Layer& layer : list) layer.definition = definition_of(layer.name);
  return list;
}

}  // namespace

const std::vector<Layer>& library_layers() {
  static const std::vector<Layer> list = make_layers();
  return list;
}

const Layer* find_layer(const std::string& name) {
  for (const Layer& l : library_layers())
    if (l.name == name) return &l;
  return nullptr;
}

}  // namespace unfold
