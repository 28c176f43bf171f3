// A text shown in pieces, states carried from one to the next, gives what the whole gives; and what
// is built grows with the number of steps, no faster.

#include "graph/step.h"
#include "graph/verify.h"
#include "ops/ops.h"
#include "tests/tools/dsl/built_program.h"

namespace unfold {
namespace {

using testing::BuiltProgram;

const std::string program = R"(
def two_back(x, n) {
  param U : [width(x), n]
  param W, V : [n, n] = orthogonal
  for t in x { init h = ones_of(n)
               h[t] = tanh(x[t] @ U + h[t-1] @ W + h[t-2] @ V + x[t-2] @ U) }
  return h
}
def ones_of(n) { frozen param one : [n] = ones
                 return one }
data { corpus = text("t.txt"); char = characters(corpus) }
model {
  x = embedding(char, 4)
  h = two_back(lstm(x, 3, layers = 2), 3)
  logits = dense(h, vocab(char))
  loss = cross_entropy(logits, next(char))
  output y = logits
})";
const BuiltProgram::Files text{{"t.txt", "abcabcbbaaccab"}};

std::map<Symbol, Tensor> run(const BuiltProgram& p, const Graph& graph, std::int64_t first,
                             const std::map<Symbol, Tensor>& carried) {
  std::map<Symbol, Tensor> fed;
  const std::int64_t steps =
      p.program().data().fields.empty() ? 0 : graph.type(graph.output("output:y")).dims[0].size;
  Tensor ids(DType::i32, {1, steps}), next(DType::i32, {1, steps}), length(DType::i32, {1});
  for (std::int64_t t = 0; t < steps; ++t) {
    ids.set(t, static_cast<double>((first + t) * (first + t) % 3));
    next.set(t, static_cast<double>((first + t + 1) * (first + t + 1) % 3));
  }
  length.set(0, static_cast<double>(steps));
  fed["char"] = ids;
  fed["next(char)"] = next;
  fed["length(time(char))"] = length;
  for (const ParameterSpec& s : p.built().model.parameters())
    fed[s.name] = p.parameter(s.name.str());
  for (const auto& [name, tensor] : carried) fed[name] = tensor;
  Feed feed;
  for (const auto& [name, tensor] : fed) feed.tensors[name] = &tensor;
  return interpret_outputs(graph, feed, DType::f64);
}

BOOST_AUTO_TEST_SUITE(pieces)

/// The names of the states that run on over an axis.
std::vector<std::string> states_on(const Graph& graph, Symbol axis) {
  std::vector<std::string> names;
  for (const State& s : graph.states)
    if (s.axis == axis) names.push_back(s.name.str());
  return names;
}

/// Fails unless three pieces of four steps give what one of twelve gives, states of the same names.
void check_pieces(const std::string& program) {
  const Symbol axis = "time(char)";
  BuiltProgram whole(program, text, {}, testing::with_steps(12));
  whole.require_no_errors();
  BuildOptions options = testing::with_steps(4);
  options.pieces_of = axis;
  BuiltProgram piece(program, text, {}, options);
  piece.require_no_errors();
  BOOST_TEST(states_on(piece.graph(), axis) == states_on(whole.graph(), axis),
             boost::test_tools::per_element());
  const Tensor expected = run(whole, whole.graph(), 0, {}).at("output:y");
  const Graph first = export_states(piece.graph(), axis, core_ops());
  const Graph later = carry_states(piece.graph(), axis, core_ops());
  verify(later);
  std::map<Symbol, Tensor> carried;
  for (std::int64_t k = 0; k < 3; ++k) {
    const auto out = run(piece, k == 0 ? first : later, 4 * k, carried);
    carried.clear();
    for (const std::string& name : states_on(piece.graph(), axis)) carried[name] = out.at(name);
    const Tensor y = out.at("output:y");
    for (std::int64_t i = 0; i < y.size(); ++i)
      BOOST_CHECK_SMALL(y.at(i) - expected.at(k * y.size() + i), 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(three_pieces_of_four_steps_are_one_of_twelve) { check_pieces(program); }

BOOST_AUTO_TEST_CASE(states_of_equal_names_stay_apart) {
  for (const std::string body : {
           // a name that is bound again
           "for t in x { h[t] = x[t] + 0.5 * h[t-1] }\n"
           "z = h\nfor t in z { h[t] = z[t] + tanh(h[t-1]) }\n"
           "for t in h { h_2[t] = h[t] - 0.5 * h_2[t-1] }\ny = h_2",
           // two blocks that look at the past of what is outside
           "for t in x { h[t] = x[t] + x[t-1] }\nfor t in h { y[t] = h[t-1] - h[t-2] }",
           // one layer, called twice
           "layer f = rnn(units = 4)\ny = f(f(x))",
           // blocks inside of a step, before one that goes on
           "for t in x { for k in steps(3) { init q = x[t]\nq[k] = tanh(q[k-1]) + x[t-1] }\n"
           "h[t] = last(q) }\nfor t in h { q[t] = h[t] + 0.5 * q[t-1] }\ny = q",
       })
    BOOST_TEST_CONTEXT(body)
  check_pieces(
      "data { corpus = text(\"t.txt\"); char = characters(corpus) }\n"
      "model {\nx = embedding(char, 4)\n" +
      body + "\nloss = cross_entropy(dense(y, vocab(char)), next(char))\noutput y = y\n}");
}

BOOST_AUTO_TEST_CASE(nodes_grow_linearly_with_the_steps) {
  const auto nodes = [](std::int64_t steps) {
    BuiltProgram p(program, text, {}, testing::with_steps(steps));
    return static_cast<std::int64_t>(p.graph().size());
  };
  const std::int64_t a = nodes(100), b = nodes(200), c = nodes(400);
  BOOST_TEST(c - b == 2 * (b - a));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
