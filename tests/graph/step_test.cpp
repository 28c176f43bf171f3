#include "graph/step.h"

#include <boost/test/unit_test.hpp>

#include "graph/unroll.h"
#include "graph/verify.h"
#include "ops/ops.h"
#include "tests/support/feeds.h"

using namespace unfold;
using support::Feeds;
using support::Results;

namespace {

constexpr std::int64_t whole_steps = 12, batch = 3, width = 2;

// h looks two steps back, and the input one and two; `count` depends on no example.
Graph network(std::int64_t steps) {
  Graph g;
  const Dim time{steps, "time(x)", false, 0, {}};
  const Value x = input(g, "x", real_type({time, plain(width)}, true));
  const Value w = parameter(g, "W", {plain(width), plain(width)});
  const Value zero = fill(g, 0, real_type({plain(width)}));
  const Recurrence recurrence{
      time, false, {{"h", zero, 2}, {"count", fill(g, 0, real_type({})), 1}}, "net"};
  const auto y = unroll(g, recurrence, core_ops(), [&](Unroller& u) {
    const Value count = u.previous("count") + 1.0;
    u.define("count", count);
    u.define("h", tanh(matmul(u.at(x) + u.at(x, -1) * 0.5 - u.at(x, -2), w) + u.previous("h", 2) +
                       u.previous("h") * count * 0.1));
  });
  g.outputs.push_back({"y", y[0].id});
  g.outputs.push_back({"count", y[1].id});
  return g;
}

Tensor part_of(const Tensor& x, std::int64_t begin, std::int64_t steps) {
  Tensor part(DType::f64, {batch, steps, width});
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t i = 0; i < steps * width; ++i)
      part.set(b * steps * width + i, x.at((b * whole_steps + begin) * width + i));
  return part;
}

// Runs the whole sequence in pieces, carrying what the graph says; returns `y` of all steps.
Tensor run_in_pieces(std::int64_t steps, const Feeds& whole) {
  const Graph first = export_states(network(steps), "time(x)", core_ops());
  const Graph later = carry_states(network(steps), "time(x)", core_ops());
  verify(first);
  verify(later);
  Tensor y(DType::f64, {batch, whole_steps, width});
  Results carried;
  for (std::int64_t begin = 0; begin < whole_steps; begin += steps) {
    Feed feed = whole.feed();
    const Tensor x = part_of(*feed.tensors.at("x"), begin, steps);
    feed.tensors["x"] = &x;
    for (const auto& [name, tensor] : carried) feed.tensors[name] = &tensor;
    const Results results = support::execute(begin == 0 ? first : later, feed);
    for (std::int64_t b = 0; b < batch; ++b)
      for (std::int64_t i = 0; i < steps * width; ++i)
        y.set((b * whole_steps + begin) * width + i, results.at("y").at(b * steps * width + i));
    for (std::int64_t t = 0; t < steps; ++t) {
      const Tensor& count = results.at("count");
      BOOST_TEST(count.at(t) == static_cast<double>(begin + t + 1));
    }
    for (const State& s : later.states) carried.insert_or_assign(s.name, results.at(s.name));
  }
  return y;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(step)

BOOST_AUTO_TEST_CASE(pieces_of_any_length_equal_the_whole) {
  const Feeds feeds(network(whole_steps), batch);
  const Tensor whole = support::execute(network(whole_steps), feeds.feed()).at("y");
  for (const std::int64_t steps : {1, 2, 3, 4, 6, 12}) BOOST_TEST_CONTEXT(steps << " steps a piece")
  BOOST_TEST(support::distance(run_in_pieces(steps, feeds), whole) < 1e-14);
}

BOOST_AUTO_TEST_CASE(carried_states_are_inputs_and_outputs_of_the_same_name) {
  const Graph g = carry_states(network(1), "time(x)", core_ops());
  for (const char* name : {"net.h@1", "net.h@2", "net.count@1", "net.past0@1", "net.past0@2"}) {
    const NodeId out = g.output(name);
    BOOST_TEST_REQUIRE(out != no_node, name);
    const auto in = std::find_if(g.states.begin(), g.states.end(),
                                 [&](const State& s) { return s.name == name; });
    BOOST_TEST_REQUIRE((in != g.states.end()), name);
    BOOST_TEST(g.attributes(in->in).text("name") == name);
    BOOST_CHECK(g.type(in->in) == g.type(out));
    BOOST_TEST(g.type(out).batched);
  }
}

// Ids before the first piece are those of nothing, which look up zeros.
BOOST_AUTO_TEST_CASE(earlier_ids_are_carried_too) {
  const auto build = [](std::int64_t steps) {
    Graph g;
    const Dim time{steps, "time(x)", false, 0, {}};
    const Value ids = input(g, "ids", index_type({time}, true));
    const Value table = parameter(g, "table", {plain(3), plain(2)});
    const auto y =
        unroll(g, {time, false, {{"e", fill(g, 0, real_type({plain(2)})), 0}}, "net"}, core_ops(),
               [&](Unroller& u) { u.define("e", gather(table, u.at(ids, -1))); });
    g.outputs.push_back({"y", y[0].id});
    return g;
  };
  const Graph first = export_states(build(1), "time(x)", core_ops());
  const Graph later = carry_states(build(1), "time(x)", core_ops());
  verify(later);
  Feed feed;
  feed.batch = 1;
  const Tensor table = Tensor::of<double>({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor two = Tensor::of<std::int32_t>({1, 1}, {2}), zero(DType::i32, {1, 1});
  feed.tensors = {{"table", &table}, {"ids", &two}};
  const Results before = support::execute(first, feed);
  BOOST_TEST(before.at("y").at(0) == 0.0);
  feed.tensors["ids"] = &zero;
  feed.tensors["net.past0@1"] = &before.at("net.past0@1");
  const Results after = support::execute(later, feed);
  BOOST_TEST(after.at("y").at(1) == 6.0);
  BOOST_TEST(after.at("net.past0@1").at(0) == 0.0);
}

BOOST_AUTO_TEST_CASE(states_on_another_axis_stay) {
  const Graph before = network(2);
  const Graph g = carry_states(before, "time(other)", core_ops());
  BOOST_TEST(g.outputs.size() == before.outputs.size());
  BOOST_TEST(g.size() == before.size());
  BOOST_TEST(export_states(before, "time(other)", core_ops()).outputs.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_no_step_changes_is_computed_once) {
  // A second sequence is read whole; its last state starts `h`, and its mean is used at each step.
  const auto both = [](std::int64_t steps) {
    Graph g;
    const Dim time{steps, "time(x)", false, 0, {}}, other{4, "time(z)", false, 0, {}};
    const Value x = input(g, "x", real_type({time, plain(width)}, true));
    const Value z = input(g, "z", real_type({other, plain(width)}, true));
    const Value w = parameter(g, "W", {plain(width), plain(width)});
    const Recurrence encoder{
        other, false, {{"e", fill(g, 0, real_type({plain(width)})), 1}}, "encoder"};
    const Value e = unroll(g, encoder, core_ops(), [&](Unroller& u) {
      u.define("e", tanh(matmul(u.at(z) + u.previous("e"), w)));
    })[0];
    const Value mean_of_z = mean(z, {0});
    const Recurrence decoder{
        time, false, {{"h", last(e), 1}, {"count", fill(g, 0, real_type({})), 1}}, "decoder"};
    const Value h = unroll(g, decoder, core_ops(), [&](Unroller& u) {
      u.define("count", u.previous("count") + 1.0);
      u.define("h", tanh(matmul(u.at(x) + u.previous("h") - u.at(x, -1), w) + mean_of_z) *
                        u.current("count"));
    })[0];
    g.outputs.push_back({"y", h.id});
    return g;
  };
  Feeds whole(both(whole_steps), batch, 3);
  const Tensor expected = support::execute(both(whole_steps), whole.feed()).at("y");
  const SplitStep split = split_step(both(1), "time(x)", core_ops());
  verify(split.once);
  verify(split.step);
  for (NodeId id = 0; id < split.step.size(); ++id)
    BOOST_TEST(split.step.place(id).site.path.str() != "encoder");
  BOOST_TEST(split.step.states.size() == 3U);  // h, count, and the x before
  Results handed = support::execute(split.once, whole.feed());
  for (const Output& o : split.once.outputs)
    if (!split.once.type(o.node).batched) {
      Dims dims = split.once.type(o.node).sizes();
      dims.insert(dims.begin(), batch);
      Tensor each(DType::f64, dims);
      for (std::int64_t i = 0; i < each.size(); ++i)
        each.set(i, handed.at(o.name).at(i % handed.at(o.name).size()));
      handed.insert_or_assign(o.name, each);
    }
  for (std::int64_t t = 0; t < whole_steps; ++t) {
    Feed feed = whole.feed();
    const Tensor x = part_of(*feed.tensors.at("x"), t, 1);
    feed.tensors["x"] = &x;
    for (const auto& [name, tensor] : handed) feed.tensors[name] = &tensor;
    const Results results = support::execute(split.step, feed);
    for (std::int64_t b = 0; b < batch; ++b)
      for (std::int64_t i = 0; i < width; ++i)
        BOOST_TEST(
            results.at("y").at(b * width + i) == expected.at((b * whole_steps + t) * width + i),
            boost::test_tools::tolerance(1e-12));
    for (const State& s : split.step.states) handed.insert_or_assign(s.name, results.at(s.name));
  }
}

BOOST_AUTO_TEST_CASE(a_state_cannot_start_from_its_own_steps) {
  Graph g;
  const Dim time{1, "time(x)", false, 0, {}};
  const Value x = input(g, "x", real_type({time}, true));
  const Recurrence r{time, false, {{"h", core_ops().at(x, 0), 1}}, "net"};
  const auto h = unroll(g, r, core_ops(), [](Unroller& u) { u.define("h", u.previous("h")); });
  g.outputs.push_back({"y", h[0].id});
  BOOST_TEST(support::error_of([&] { split_step(g, "time(x)", core_ops()); }) ==
             "net.h@1 starts from what the steps over time(x) compute");
}

BOOST_AUTO_TEST_SUITE_END()
