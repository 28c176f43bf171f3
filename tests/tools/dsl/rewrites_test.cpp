// What the passes make of whole networks: one product forward and one backward in each step,
// whoever wrote the cell, and the same numbers.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "graph/autodiff.h"
#include "graph/interpret.h"
#include "graph/verify.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"
#include "tests/support/feeds.h"
#include "tools/dsl/build.h"
#include "tools/dsl/library/definitions.h"

using namespace unfold;

namespace {

namespace fs = std::filesystem;

Graph build(const Program& program, std::int64_t steps, Diagnostics& diagnostics) {
  BuildOptions options;
  options.default_steps = steps;
  const BuiltModel built = build_model(program, options, diagnostics);
  for (const Error& e : diagnostics.sorted()) BOOST_ERROR(render(e, program.sources(), false));
  return built.model.graph;
}

/// A network over so many steps of one-hot symbols; `model` defines h from x.
Graph network(const std::string& model, const std::string& definitions, std::int64_t steps) {
  const std::string text =
      "data { task = temporal_order(length = " + std::to_string(steps) +
      ", train = 4, valid = 2) }\n"
      "model {\nx = input(task)\n" +
      model + "\nloss = cross_entropy(dense(last(h), classes(target(task))), target(task))\n}\n" +
      definitions;
  Diagnostics diagnostics;
  const Program program({"test.fold", {{"test.fold", text}}, {}}, diagnostics);
  return build(program, steps, diagnostics);
}

Graph with_gradients(Graph graph) {
  std::vector<NodeId> parameters;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &parameter_op) parameters.push_back(id);
  return differentiate(std::move(graph), "loss", parameters, core_ops());
}

Graph rewritten(const Graph& forward, const PassOptions& options = {}) {
  return optimise(with_gradients(optimise_forward(forward, options)), options);
}

struct Counts {
  std::int64_t products = 0, sums = 0;
  bool operator==(const Counts&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Counts& c) {
  return out << c.products << " products, " << c.sums << " sums over the batch";
}

Counts counts_of(const Graph& graph) {
  Counts counts;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const OpDef* op = graph.node(id).op;
    counts.products += op == &matmul_op;
    counts.sums += op == &outer_op || op == &scatter_op || op == &batch_sum_op;
  }
  return counts;
}

/// Fails unless the network, from definitions or without, has that many products in each step, and
/// a number of sums that does not depend on the steps.
void check_products(const std::string& model, const std::string& definitions,
                    std::int64_t products_of_a_step) {
  BOOST_TEST_CONTEXT(model) {
    const Counts few = counts_of(rewritten(network(model, definitions, 10)));
    const Counts many = counts_of(rewritten(network(model, definitions, 20)));
    BOOST_TEST(many.products - few.products == 10 * products_of_a_step);
    BOOST_TEST(many.sums == few.sums);
    BOOST_TEST(few.products <= 10 * products_of_a_step + 4);
  }
}

/// The same of a layer of the library and of its definition in the language, which are alike.
void check_layer(const std::string& layer, const std::string& options,
                 std::int64_t products_of_a_step) {
  const std::string model = "h = " + layer + "(x, 3" + options + ")";
  const std::string definition(definition_of(layer));
  check_products(model, "", products_of_a_step);
  check_products(model, definition, products_of_a_step);
  BOOST_TEST(counts_of(rewritten(network(model, "", 10))) ==
             counts_of(rewritten(network(model, definition, 10))));
}

/// Fails unless values and gradients stay the same to 1e-12, whatever passes run.
void check_values(const Graph& forward) {
  const support::Feeds feeds(forward, 3);
  const auto expected = interpret_outputs(with_gradients(forward), feeds.feed(), DType::f64);
  std::mt19937 random(1);
  for (int trial = 0; trial < 9; ++trial) {
    PassOptions options;
    options.batch = trial % 2 == 0 ? 1 : 100;
    options.segment = trial % 3 == 0 ? 0 : trial % 3 + 1;
    options.kept = trial % 4 == 0 ? 40 : 0;
    std::string off = " (segments of " + std::to_string(options.segment) + ")";
    if (trial > 2)
      for (const std::string& name : pass_names())
        if (random() % 3 == 0 && options.off.insert(name).second) off.append(" ").append(name);
    BOOST_TEST_CONTEXT("without" << off) {
      const Graph after = rewritten(forward, options);
      BOOST_CHECK_NO_THROW(verify(after));
      const auto found = interpret_outputs(after, feeds.feed(), DType::f64);
      BOOST_TEST(support::distance(found, expected) < 1e-12);
      const Plan plan = make_plan(after, DType::f64, plan_options(options));
      BOOST_TEST(support::distance(support::execute(plan, feeds.feed(), 2), expected) < 1e-12);
    }
  }
}

const char* const normalised = R"(
def normalised(x, units) {
  param W_f, W_i, W_o, W_c : [units + width(x), units] = glorot
  layer norm = layer_norm()
  for t in x {
    z    = concat(h[t-1], x[t])
    f    = sigmoid(z @ W_f)
    i    = sigmoid(z @ W_i)
    o    = sigmoid(z @ W_o)
    c[t] = f * c[t-1] + i * tanh(z @ W_c)
    h[t] = o * tanh(norm(c[t]))
  }
  return h
}
)";

const char* const gated = R"(
def gated(x, units) {
  param U_z, U_h : [width(x), units] = glorot
  param W_z, W_h : [units, units]    = orthogonal
  param b_z, b_h : [units]           = zeros
  for t in x {
    z    = sigmoid(x[t] @ U_z + h[t-1] @ W_z + b_z)
    h[t] = (1 - z) * h[t-1] + z * tanh(x[t] @ U_h + h[t-1] @ W_h + b_h)
  }
  return h
}
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(rewrites)

BOOST_AUTO_TEST_CASE(a_recurrent_layer_has_one_product_forward_and_one_backward) {
  check_layer("rnn", "", 2);
  check_layer("lstm", "", 2);
  check_layer("lstm", ", coupled = true", 2);
  check_layer("lstm", ", peephole = true", 2);
  check_layer("gru", ", reset = \"after\"", 2);
}

BOOST_AUTO_TEST_CASE(a_product_of_what_was_gated_is_one_more) {
  check_layer("gru", ", reset = \"before\"", 4);
}

BOOST_AUTO_TEST_CASE(layers_on_top_of_each_other_add_up) { check_layer("lstm", ", layers = 2", 4); }

BOOST_AUTO_TEST_CASE(a_cell_of_ones_own_gets_the_same) {
  check_products("h = normalised(x, 3)", normalised, 2);
  check_products("h = gated(x, 3)", gated, 2);
}

BOOST_AUTO_TEST_CASE(both_directions_add_up) {
  check_products("h = bidirectional(lstm, x, units = 3)", "", 4);
}

PassOptions ten_steps(std::int64_t kept) {
  PassOptions options;
  options.segment = 10;
  options.kept = kept;
  return options;
}

// How many numbers of one example a plan has in memory.
std::int64_t numbers_of(const Graph& forward, const PassOptions& options) {
  const Plan plan = make_plan(rewritten(forward, options), DType::f32);
  return (plan.bytes(2000, 1) - plan.bytes(1000, 1)) / 4000;
}

BOOST_AUTO_TEST_CASE(segments_take_less_memory) {
  for (const char* model :
       {"h = lstm(x, 16)", "h = gru(x, 16)", "h = lstm(x, 16, layers = 2)",
        "h = bidirectional(lstm, x, units = 16)", "h = gated(x, 16)", "h = normalised(x, 16)"})
    BOOST_TEST_CONTEXT(model) {
      const std::string definitions = fmt::format("{}{}", normalised, gated);
      const Graph forward = network(model, definitions, 100);
      const std::int64_t whole = numbers_of(forward, {}),
                         joined = numbers_of(forward, ten_steps(whole)),
                         again = numbers_of(forward, ten_steps(0));
      BOOST_TEST(joined < whole);
      BOOST_TEST(2 * again < whole);
      const std::int64_t some = numbers_of(forward, ten_steps(joined / 4));
      BOOST_TEST(some > again);
      BOOST_TEST(some < joined);
      // What is left is what goes from step to step, not what a step takes.
      const std::int64_t twice = numbers_of(network(model, definitions, 200), ten_steps(0));
      BOOST_TEST(twice < 2 * again);
    }
}

BOOST_AUTO_TEST_CASE(values_and_gradients_stay) {
  const std::string definitions = fmt::format("{}{}", normalised, gated);
  for (const char* model :
       {"h = lstm(x, 3, peephole = true)", "h = lstm(x, 3, layers = 2, dropout = 0.5)",
        "h = gru(x, 3)", "h = gru(x, 3, reset = \"after\")", "h = rnn(x, 3)",
        "h = normalised(x, 3)", "h = gated(x, 3)"})
    BOOST_TEST_CONTEXT(model)
  check_values(network(model, definitions, 10));
}

BOOST_AUTO_TEST_CASE(the_examples_stay) {
  const fs::path text = fs::temp_directory_path() / "unfold-rewrites-test.txt";
  {
    std::ofstream out(text);
    for (int i = 0; i < 400; ++i) out << "int f" << i << "(int x) { return x + " << i << "; }\n";
  }
  for (const auto& entry : fs::directory_iterator(fs::path(UNFOLD_SOURCE_DIR) / "examples")) {
    if (entry.path().extension() != ".fold") continue;
    BOOST_TEST_CONTEXT(entry.path().stem()) {
      std::vector<std::string> overrides;
      // Over many steps the last digit grows to more than the tolerance.
      if (entry.path().stem() == "adding") overrides = {"length=12"};
      if (entry.path().stem() == "sine") overrides = {"data.wave.length=12"};
      if (entry.path().stem() == "source") overrides = {"file=\"" + text.string() + "\""};
      Diagnostics diagnostics;
      const Program program(Program::read(entry.path().string(), overrides), diagnostics);
      check_values(build(program, 4, diagnostics));
    }
  }
  fs::remove(text);
}

BOOST_AUTO_TEST_SUITE_END()
