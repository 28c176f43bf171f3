#include "graph/autodiff.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "graph/interpret.h"
#include "graph/unroll.h"
#include "ops/ops.h"
#include "tests/support/feeds.h"
#include "tests/support/random_graph.h"

using namespace unfold;
using support::error_of;
using support::Feeds;

namespace {

std::vector<NodeId> parameters_of(const Graph& g) {
  std::vector<NodeId> ids;
  for (NodeId id = 0; id < g.size(); ++id)
    if (g.node(id).op == &parameter_op) ids.push_back(id);
  return ids;
}

double value_of(const Graph& g, const Feeds& feeds, Symbol output) {
  return support::execute(g, feeds.feed()).at(output).at(0);
}

// d output / d element of the tensor, as a difference.
double slope(const Graph& g, Feeds& feeds, Symbol tensor, std::int64_t element, Symbol output) {
  const double step = 1e-5, at = feeds[tensor].at(element);
  feeds[tensor].set(element, at + step);
  const double above = value_of(g, feeds, output);
  feeds[tensor].set(element, at - step);
  const double below = value_of(g, feeds, output);
  feeds[tensor].set(element, at);
  return (above - below) / (2 * step);
}

void check_against_differences(const Graph& g, Feeds& feeds, Symbol output, Symbol gradient,
                               Symbol tensor, double tolerance = 1e-7) {
  const Tensor exact = support::execute(g, feeds.feed()).at(gradient);
  BOOST_TEST_REQUIRE(exact.size() == feeds[tensor].size());
  for (std::int64_t i = 0; i < exact.size(); ++i) {
    const double expected = slope(g, feeds, tensor, i, output);
    BOOST_TEST(std::abs(exact.at(i) - expected) <= tolerance * std::max(1.0, std::abs(expected)),
               gradient.str() << "[" << i << "]: " << exact.at(i) << ", numerically " << expected);
  }
}

Graph differentiated(Graph g, Value loss) {
  g.outputs.push_back({"loss", loss.id});
  const auto parameters = parameters_of(g);
  return differentiate(std::move(g), "loss", parameters, core_ops());
}

// Checks the gradients of all parameters.
void check(Graph g, Value loss) {
  const Graph d = differentiated(std::move(g), loss);
  Feeds feeds(d, 3);
  for (const NodeId p : parameters_of(d)) {
    const std::string& name = d.attributes(p).text("name");
    check_against_differences(d, feeds, "loss", "grad:" + name, name);
  }
}

// Fixed numbers to weigh the elements of a value with.
Value weights(Graph& g, std::size_t seed, const Type& type) {
  Tensor t(DType::f64, type.sizes());
  for (std::int64_t i = 0; i < t.size(); ++i)
    t.set(i, std::sin(1.0 + static_cast<double>(seed) + static_cast<double>(i)));
  return constant(g, t, type.dims);
}

// A recurrence over a ragged axis, with its loss.
Value rnn_loss(Graph& g, std::int64_t steps) {
  const Dim time{steps, "time(x)", true, 0, {}};
  const Value x = input(g, "x", real_type({time, plain(2)}, true));
  const Value w = parameter(g, "W", {plain(2), plain(3)}),
              u = parameter(g, "U", {plain(3), plain(3)});
  const Value b = parameter(g, "b", {plain(3)});
  const Value zero = fill(g, 0, real_type({plain(3)}));
  const auto h = unroll(g, {time, false, {{"h", zero, 1}}, "rnn"}, core_ops(), [&](Unroller& r) {
    r.define("h", tanh(matmul(r.at(x), w) + matmul(r.previous("h"), u) + b));
  });
  return batch_sum(mean(h[0])) + batch_sum(sum(last(h[0])));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(autodiff)

BOOST_AUTO_TEST_CASE(a_composed_expression) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(4), plain(3)}, true));
  const Value w = parameter(g, "w", {plain(3), plain(2)}), b = parameter(g, "b", {plain(2)});
  const Value y = tanh(matmul(x, w) + b);
  check(std::move(g), batch_sum(sum(y * y / (softplus(y) + 1.0))) / 3.0);
}

BOOST_AUTO_TEST_CASE(one_value_on_many_paths) {
  Graph g;
  const Value w = parameter(g, "w", {plain(3)});
  const Value y = w * w + exp(w);
  check(std::move(g), sum(y * w + y));
}

BOOST_AUTO_TEST_CASE(broadcasts_are_undone) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(4), plain(3)}, true));
  const Value row = parameter(g, "row", {plain(3)}), one = parameter(g, "one", {}),
              column = parameter(g, "column", {plain(4), plain(1)});
  check(std::move(g), batch_sum(sum(tanh(x * row + column) * one)));
}

BOOST_AUTO_TEST_CASE(a_shared_value_gets_the_sum_over_the_batch) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(2)}, true));
  const Value w = parameter(g, "w", {plain(2)});
  const Graph d = differentiated(std::move(g), batch_sum(sum(x * w)));
  Feeds feeds(d, 3);
  const auto results = support::execute(d, feeds.feed());
  for (std::int64_t i = 0; i < 2; ++i) {
    double total = 0;
    for (std::int64_t b = 0; b < 3; ++b) total += feeds["x"].at(2 * b + i);
    BOOST_TEST(std::abs(results.at("grad:w").at(i) - total) < 1e-12);
  }
}

// The adjoint is 1 for each example alike, and must still count once for each.
BOOST_AUTO_TEST_CASE(a_shared_value_under_a_linear_loss_counts_every_example) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(2)}, true));
  const Value w = parameter(g, "w", {plain(2)}), p = parameter(g, "p", {});
  const Graph d = differentiated(std::move(g), batch_sum(sum(x + w) + p) + sum(w * 0.5));
  for (const int shards : {1, 2, 3}) {
    const Feeds feeds(d, 5);
    const auto results = support::execute(d, feeds.feed(), shards);
    BOOST_TEST(results.at("grad:w").at(0) == 5.5);
    BOOST_TEST(results.at("grad:w").at(1) == 5.5);
    BOOST_TEST(results.at("grad:p").at(0) == 5.0);
    BOOST_TEST(interpret_outputs(d, feeds.feed(), DType::f64).at("grad:p").at(0) == 5.0);
  }
}

BOOST_AUTO_TEST_CASE(what_the_loss_does_not_depend_on_gets_zeros) {
  Graph g;
  const Value x = input(g, "x", real_type({plain(2)}, true));
  const Value w = parameter(g, "w", {plain(2)}), unused = parameter(g, "unused", {plain(3)});
  const Value blocked = parameter(g, "blocked", {plain(2)});
  const Value loss = batch_sum(sum(x * w + stop_gradient(blocked) * x));
  const Value later = parameter(g, "later", {plain(2)});
  BOOST_TEST(!unused.same_as(later));
  const Graph d = differentiated(std::move(g), loss);
  const auto results = support::execute(d, Feeds(d, 2).feed());
  for (const char* name : {"grad:unused", "grad:blocked", "grad:later"}) {
    const Tensor& t = results.at(name);
    for (std::int64_t i = 0; i < t.size(); ++i) BOOST_TEST(t.at(i) == 0.0);
  }
  BOOST_TEST(results.at("grad:unused").size() == 3);
}

BOOST_AUTO_TEST_CASE(the_gradient_of_the_loss_for_itself_is_one) {
  Graph g;
  const Value loss = sum(parameter(g, "w", {plain(2)}));
  const Value wanted[] = {loss};
  const Value one = gradients(loss, wanted, core_ops())[0];
  g.outputs.push_back({"one", one.id});
  BOOST_TEST(value_of(g, Feeds(g, 1), "one") == 1.0);
}

BOOST_AUTO_TEST_CASE(the_loss_must_be_one_shared_number) {
  Graph g;
  g.current.site = {"", "loss", "m.fold", 3, 1};
  const Value x = input(g, "x", real_type({plain(2, "units")}, true)),
              w = parameter(g, "w", {plain(2)});
  BOOST_TEST(
      error_of([&] { gradients(sum(x), {}, core_ops()); }) ==
      "a gradient needs a loss of one number for the whole batch, this is one value for each "
      "example, []");
  BOOST_TEST(error_of([&] { gradients(w, {}, core_ops()); }) ==
             "a gradient needs a loss of one number for the whole batch, this is a shared [2]");
  try {
    gradients(x, {}, core_ops());
    BOOST_FAIL("no error");
  } catch (const Error& e) {
    BOOST_CHECK((e.where == Location{"m.fold", 3, 1, 1}));
  }
}

BOOST_AUTO_TEST_CASE(nodes_of_the_gradient_keep_the_place_they_belong_to) {
  Graph g;
  g.current.site.name = "y";
  g.current.step = 3;
  const Value y = tanh(parameter(g, "w", {}));
  g.current = {};
  const NodeId before = g.size();
  const Value wanted[] = {g.value(0)};
  gradients(y, wanted, core_ops());
  for (NodeId id = before; id < g.size(); ++id) {
    BOOST_TEST(g.place(id).backward);
    BOOST_TEST(g.place(id).step == 3);
    BOOST_TEST(g.place(id).site.name.str() == "y");
  }
  BOOST_TEST(!g.current.backward);
}

// d/dw of sum(gradient * v) is the Hessian times v.
BOOST_AUTO_TEST_CASE(second_derivatives) {
  for (const bool recurrent : {false, true}) {
    Graph g;
    Value loss;
    if (recurrent) {
      loss = rnn_loss(g, 4);
    } else {
      const Value x = input(g, "x", real_type({plain(3)}, true));
      const Value w = parameter(g, "W", {plain(3), plain(2)}), b = parameter(g, "b", {plain(2)});
      loss = batch_sum(sum(softmax(matmul(x, w) + b) * sigmoid(b)));
    }
    std::vector<Value> wanted;
    for (const NodeId id : parameters_of(g)) wanted.push_back(g.value(id));
    const auto first = gradients(loss, wanted, core_ops());
    Value total = fill(g, 0, real_type({}));
    for (std::size_t i = 0; i < first.size(); ++i)
      total = total + sum(first[i] * weights(g, i, wanted[i].type()));
    const Graph d = differentiated(std::move(g), total);
    Feeds feeds(d, 3);
    for (const NodeId p : parameters_of(d)) {
      const std::string& name = d.attributes(p).text("name");
      check_against_differences(d, feeds, "loss", "grad:" + name, name, 1e-6);
    }
  }
}

BOOST_AUTO_TEST_CASE(random_smooth_graphs) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      const Graph d =
          support::random_graph(seed, {.operations = 15, .smooth = true, .gradients = true});
      Feeds feeds(d, 2);
      for (const char* name : {"b", "p", "W", "V"})
        check_against_differences(d, feeds, "loss", std::string("grad:") + name, name, 1e-6);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_recurrence) {
  Graph g;
  const Value loss = rnn_loss(g, 5);
  check(std::move(g), loss);
}

BOOST_AUTO_TEST_CASE(the_graph_grows_linearly_with_the_steps) {
  const auto size = [](std::int64_t steps) {
    Graph g;
    const Value loss = rnn_loss(g, steps);
    const auto nodes = static_cast<std::int64_t>(differentiated(std::move(g), loss).size());
    return nodes;
  };
  const std::int64_t at_50 = size(50), at_100 = size(100), at_200 = size(200);
  BOOST_TEST(at_200 - at_100 == 2 * (at_100 - at_50));
  BOOST_TEST(at_200 < 200 * 40);
}

BOOST_AUTO_TEST_SUITE_END()
