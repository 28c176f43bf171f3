#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "graph/autodiff.h"
#include "graph/interpret.h"
#include "graph/passes/drop_dead_nodes.h"
#include "graph/passes/merge_duplicates.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "ops/ops.h"
#include "ops/rewrites/pipeline.h"
#include "tests/support/feeds.h"
#include "tests/support/random_graph.h"

using namespace unfold;
using support::Feeds;

namespace {

namespace fs = std::filesystem;

const fs::path golden = fs::path(UNFOLD_SOURCE_DIR) / "tests/graph/golden";

// Each pass once, in the order of first use, and all of them as one.
std::vector<Pass> all_passes() {
  std::vector<Pass> list;
  for (const auto passes : {passes(), forward_passes(), memory_passes()})
    for (const Pass& pass : passes)
      if (std::none_of(list.begin(), list.end(),
                       [&](const Pass& p) { return std::string(p.name) == pass.name; }))
        list.push_back(pass);
  list.push_back({"optimise", [](const Graph& g, const PassOptions& o) { return optimise(g, o); }});
  return list;
}

std::string read(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

std::vector<fs::path> inputs_of(const std::string& pass) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(golden / pass))
    if (entry.path().extension() == ".in") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

Graph with_gradients(Graph graph) {
  std::vector<NodeId> parameters;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op == &parameter_op) parameters.push_back(id);
  return differentiate(std::move(graph), "loss", parameters, core_ops());
}

bool has_state(const Graph& graph, const Symbol& name) {
  return std::any_of(graph.states.begin(), graph.states.end(),
                     [&](const State& s) { return s.name == name; });
}

// Segments of two steps, for passes that know no others and for texts whose name says so.
PassOptions golden_options(const Pass& pass, const fs::path& input) {
  PassOptions options;
  const bool saves_memory =
      std::ranges::any_of(memory_passes(), [&](const Pass& each) { return each.run == pass.run; });
  if (saves_memory || input.stem().string().ends_with("in_segments")) options.segment = 2;
  return options;
}

// With UNFOLD_REWRITE=1 in the environment the expectation is written instead.
void check_golden(const Pass& pass, const fs::path& input) {
  fs::path expected = input;
  expected.replace_extension(".out");
  const std::string text =
      print(pass.run(parse(read(input), find_op, input.filename()), golden_options(pass, input)));
  const char* rewrite = std::getenv("UNFOLD_REWRITE");
  if (rewrite != nullptr && std::string(rewrite) == "1")
    std::ofstream(expected) << text;
  else
    BOOST_TEST(read(expected) == text, input << " gives\n" << text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_passes)

BOOST_AUTO_TEST_CASE(golden_texts) {
  for (const Pass& pass : all_passes()) {
    if (std::string(pass.name) == "optimise") continue;
    BOOST_REQUIRE_MESSAGE(fs::exists(golden / pass.name), pass.name << " has no golden texts");
    BOOST_TEST(!inputs_of(pass.name).empty());
    for (const fs::path& input : inputs_of(pass.name)) check_golden(pass, input);
  }
}

BOOST_AUTO_TEST_CASE(values_stay_and_a_second_run_changes_nothing) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const Graph before =
        support::random_graph(seed, {.gradients = seed % 2 == 0, .recurrent = seed % 3 == 0});
    const Feeds feeds(before, 3, seed);
    const auto expected = interpret_outputs(before, feeds.feed(), DType::f64);
    for (const Pass& pass : all_passes()) {
      BOOST_TEST_CONTEXT(pass.name << ", seed " << seed) {
        const Graph once = pass.run(before, {});
        BOOST_CHECK_NO_THROW(verify(once));
        // What starts from a state that is needed keeps it, even for a later piece.
        if (std::string(pass.name) != "fix_states") BOOST_TEST(has_state(once, "carried@1"));
        const auto values = interpret_outputs(once, feeds.feed(), DType::f64);
        BOOST_TEST(support::distance(values, expected) < 1e-12);
        BOOST_TEST(print(pass.run(once, {})) == print(once));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(any_passes_keep_values_and_gradients) {
  for (std::uint32_t seed = 0; seed < 150; ++seed) {
    const Graph forward = support::random_graph(seed, {.operations = 30, .recurrent = true});
    const Feeds feeds(forward, 3, seed);
    const auto expected = interpret_outputs(with_gradients(forward), feeds.feed(), DType::f64);
    std::mt19937 random(seed);
    PassOptions options;
    if (seed % 3 > 0)  // else all passes run
      for (const std::string& name : pass_names())
        if (random() % 2 == 0) options.off.insert(name);
    options.batch = seed % 2 == 0 ? 1 : 32;
    options.segment = seed % 4;  // 0: whole sequences
    options.kept = seed % 5 == 0 ? 20 : 0;
    options.dump_after = [&](const char* name, const Graph& graph) {
      BOOST_TEST_CONTEXT(name << ", seed " << seed) { BOOST_CHECK_NO_THROW(verify(graph)); }
    };
    const Graph after = optimise(with_gradients(optimise_forward(forward, options)), options);
    BOOST_TEST_CONTEXT("seed " << seed) {
      const auto values = interpret_outputs(after, feeds.feed(), DType::f64);
      BOOST_TEST(support::distance(values, expected) < 1e-12);
      const Plan plan = make_plan(after, DType::f64, plan_options(options));
      BOOST_TEST(support::distance(support::execute(plan, feeds.feed(), 2), expected) < 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_name_of_a_pass_leaves_something_out) {
  const auto names = pass_names();
  for (const std::string& name : names) {
    BOOST_TEST(std::ranges::count(names, name) == 1, name);
    int ran = 0;
    PassOptions options;
    options.segment = 2;
    options.dump_after = [&](const std::string& pass, const Graph&) { ran += pass == name; };
    const Graph forward = support::random_graph(1, {.recurrent = true});
    const auto run = [&] { optimise(with_gradients(optimise_forward(forward, options)), options); };
    run();
    const bool is_a_pass = ran > 0;
    ran = 0;
    options.off = {name};
    run();
    BOOST_TEST(ran == 0, name);
    const PlanOptions plan = plan_options(options);
    BOOST_TEST(is_a_pass + !plan.fuse_elementwise + !plan.views + !plan.in_place == 1, name);
  }
}

BOOST_AUTO_TEST_CASE(merging_leaves_no_two_equal_nodes) {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const Graph g = merge_duplicates(support::random_graph(seed, {.gradients = true}));
    std::map<std::string, NodeId> seen;
    for (NodeId id = 0; id < g.size(); ++id)
      BOOST_TEST(seen.emplace(print_node(g, id), id).second, print_node(g, id));
  }
}

BOOST_AUTO_TEST_CASE(what_is_kept_keeps_its_place) {
  Graph g;
  g.current = {{"layer", "h", "m.fold", 2, 3}, 4, true};
  const Value x = parameter(g, "x", {});
  g.current = {};
  exp(x);
  g.outputs.push_back({"y", tanh(x).id});
  const Graph after = drop_dead_nodes(g);
  BOOST_TEST(after.size() == 2u);
  BOOST_CHECK((after.place(0).site == Site{"layer", "h", "m.fold", 2, 3}));
  BOOST_TEST(after.place(0).step == 4);
  BOOST_TEST(after.place(0).backward);
  BOOST_TEST(after.place(1).step == no_step);
}

BOOST_AUTO_TEST_SUITE_END()
