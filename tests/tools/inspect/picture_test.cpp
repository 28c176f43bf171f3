// Pictures of graphs: every node with its name and equation, rolled and not, as text and for
// Graphviz.

#include "tools/inspect/picture.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/tools/inspect/small_program.h"
#include "tools/inspect/dot.h"
#include "tools/inspect/listing.h"

using namespace unfold;
using unfold::testing::graph_of;
using unfold::testing::SmallProgram;

namespace {

const PictureNode* find(const Picture& picture, const std::string& label) {
  for (const PictureNode& node : picture.nodes)
    if (node.label == label) return &node;
  return nullptr;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

std::vector<std::int32_t> delays(const Picture& picture, const std::string& from,
                                 const std::string& op) {
  std::vector<std::int32_t> out;
  for (const PictureEdge& e : picture.edges)
    if (picture.nodes[e.from].label == from && picture.nodes[e.to].op == op) out.push_back(e.delay);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pictures)

BOOST_AUTO_TEST_CASE(every_node_of_a_graph_is_in_its_picture) {
  const SmallProgram program(SmallProgram::sentiment);
  const Graph graph = graph_of(program.load(), 4);
  const Picture picture = unrolled_picture(graph);
  BOOST_TEST(picture.nodes.size() == graph.size());
  std::size_t uses = 0;
  for (NodeId id = 0; id < graph.size(); ++id) uses += graph.inputs(id).size();
  BOOST_TEST(picture.edges.size() == uses);
  const PictureNode* h = find(picture, "h[2]");
  BOOST_REQUIRE(h != nullptr);
  BOOST_TEST(h->op == "tanh");
  BOOST_TEST(h->equation.starts_with("tanh(%"));
  BOOST_TEST(h->shape == "[units=3]");
  BOOST_TEST(h->step == 2);
  BOOST_TEST(h->where == "small.fold:8");
  BOOST_REQUIRE(find(picture, "h.W") != nullptr);
  BOOST_TEST(find(picture, "h.W")->equation.empty());
  BOOST_REQUIRE(find(picture, "loss") != nullptr);
}

BOOST_AUTO_TEST_CASE(a_rolled_picture_is_the_same_for_any_number_of_steps) {
  const SmallProgram program(SmallProgram::sentiment);
  const Model model = program.load();
  const Picture three = rolled_picture(graph_of(model, 3)),
                nine = rolled_picture(graph_of(model, 9));
  BOOST_TEST(three.nodes.size() == nine.nodes.size());
  BOOST_TEST((three.edges == nine.edges));
  BOOST_REQUIRE(find(nine, "h[t]") != nullptr);
  BOOST_TEST(find(nine, "h[t]")->count == 9);
  for (std::size_t i = 0; i < three.nodes.size(); ++i) {
    BOOST_TEST(three.nodes[i].label == nine.nodes[i].label);
    BOOST_TEST((three.nodes[i].count == 3) == (nine.nodes[i].count == 9));
  }
}

BOOST_AUTO_TEST_CASE(what_crosses_a_step_is_an_edge_with_a_delay) {
  const SmallProgram program(SmallProgram::sentiment);
  const Picture forward = rolled_picture(graph_of(program.load(), 4));
  BOOST_TEST(delays(forward, "h[t]", "concat") == std::vector<std::int32_t>{1});
  BOOST_TEST(delays(forward, "h[t]", "stack") == std::vector<std::int32_t>{0});
  const Picture back = rolled_picture(graph_of(program.load(), 4, true));
  std::vector<std::int32_t> backward;
  for (const PictureEdge& e : back.edges)
    if (back.nodes[e.from].backward && e.delay != 0) backward.push_back(e.delay);
  BOOST_TEST(backward == std::vector<std::int32_t>{-1});
}

BOOST_AUTO_TEST_CASE(a_longer_delay_and_one_from_the_end_are_told) {
  const SmallProgram program(R"(  x = one_hot(review)
  param W : [5, 5]
  for t in x { a[t] = tanh(x[t] + a[t-3] @ W) }
  for t in a { b[t] = tanh(a[t] + b[t+1] @ W) }
  output y = b
)");
  const Picture picture = rolled_picture(graph_of(program.load(), 6));
  BOOST_TEST(delays(picture, "a[t]", "matmul") == std::vector<std::int32_t>{3});
  BOOST_REQUIRE(find(picture, "a[t]") != nullptr);
  bool slices = false;
  for (const PictureNode& node : picture.nodes)
    slices =
        slices || node.equation == "at(x, dim=0, index=t)" || node.equation == "at(x, index=t)";
  BOOST_TEST(slices);
  const auto waits = delays(picture, "b[t]", "where");
  for (const std::int32_t d : waits) BOOST_TEST(d == -1);
}

BOOST_AUTO_TEST_CASE(each_of_several_results_of_a_call_has_its_own_name) {
  const SmallProgram program(R"(  h, c = lstm(one_hot(review), 2)
  p = dense(last(h) - 5 * last(c), 1)
  loss = binary_cross_entropy(p, sentiment)
)");
  const std::string text = to_listing(unrolled_picture(graph_of(program.load(), 2)));
  BOOST_TEST(text.find("  h = stack(h[0], h[1], ") != std::string::npos, text);
  BOOST_TEST(text.find("  c = stack(%") != std::string::npos, text);
  BOOST_TEST(text.find("= take_step(h, ") != std::string::npos, text);
  BOOST_TEST(text.find("= take_step(c, ") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(results_of_definitions_are_named_where_they_are_assigned) {
  const SmallProgram program(R"(  param W : [5, 1]
  a, b = outer(one_hot(review) @ W)
  loss = binary_cross_entropy(last(a) + last(b), sentiment)
}
def inner(x) {
  return exp(x), tanh(x) + 1
}
def outer(x) {
  u, v = inner(x)
  for t in x { m[t], n[t] = inner(u[t]) }
  return v, m * n + u
)");
  const Picture picture = unrolled_picture(graph_of(program.load(), 2));
  const auto made_by = [&](const std::string& label) {
    const PictureNode* node = find(picture, label);
    return node == nullptr ? "nothing" : node->equation.substr(0, node->equation.find('('));
  };
  BOOST_TEST(made_by("a") == "add");
  BOOST_TEST(made_by("b") == "add");
  BOOST_TEST(find(picture, "b")->equation.find("a.u") != std::string::npos);
  BOOST_TEST(made_by("a.u") == "exp");
  BOOST_TEST(made_by("a.m[1]") == "exp");
  BOOST_TEST(made_by("a.n[1]") == "add");
}

BOOST_AUTO_TEST_CASE(a_listing_groups_nodes_by_step) {
  const SmallProgram program(SmallProgram::sentiment);
  const std::string text = to_listing(unrolled_picture(graph_of(program.load(), 2, true)));
  std::size_t last = 0;
  for (const char* title : {"\noutside time\n", "\nstep 0\n", "\nstep 1\n", "\nbackward, step 1\n",
                            "\nbackward, step 0\n", "\nbackward, outside time\n", "\noutputs\n"}) {
    const std::size_t at = text.find(title);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, title << " is missing in\n" << text);
    BOOST_TEST(at >= last);
    last = at;
  }
  BOOST_TEST(text.find("  h[1] = tanh(%") != std::string::npos);
  BOOST_TEST(text.find("  output:positive = ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(dot_has_a_cluster_a_step_and_tells_edges_apart) {
  const SmallProgram program(SmallProgram::sentiment);
  const Graph graph = graph_of(program.load(), 3, true);
  const std::string dot = to_dot(unrolled_picture(graph));
  BOOST_TEST(dot.starts_with("digraph unfold {"));
  BOOST_TEST(count(dot, "subgraph cluster_") == 3);
  BOOST_TEST(count(dot, "label=\"step ") == 3);
  BOOST_TEST(count(dot, "{") == count(dot, "}"));
  BOOST_TEST(count(dot, "style=solid") > 0);
  BOOST_TEST(count(dot, "style=dashed") > 0);
  BOOST_TEST(count(dot, "style=dotted") > 0);
  const std::string rolled = to_dot(rolled_picture(graph));
  BOOST_TEST(count(rolled, "subgraph cluster_") == 1);
  BOOST_TEST(count(rolled, "label=\"t-1\"") > 0);
  BOOST_TEST(count(rolled, "label=\"t+1\"") > 0);
}

BOOST_AUTO_TEST_CASE(dot_quotes_what_a_program_names) {
  Picture picture;
  PictureNode node;
  node.label = "a \"quoted\\name\"";
  node.op = "input";
  picture.nodes = {node};
  BOOST_TEST(to_dot(picture).find(R"("a \"quoted\\name\"\ninput )") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
