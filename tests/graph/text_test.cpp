#include "graph/text.h"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>

#include "ops/ops.h"
#include "tests/support/feeds.h"
#include "tests/support/random_graph.h"

using namespace unfold;

namespace {

Graph read(const std::string& text) { return parse(text, find_op, "g"); }

// A graph of one line, and what is wrong with it: `LINE:COLUMN: MESSAGE`.
std::string mistake_in(const std::string& text) {
  try {
    read(text);
  } catch (const Error& e) {
    BOOST_TEST(e.where.file == "g");
    return fmt::format("{}:{}: {}", e.where.line, e.where.column, e.message);
  }
  return "";
}

std::string mistake(const std::string& line) { return mistake_in("graph {\n" + line + "\n}\n"); }

void check_round_trip(const Graph& graph) {
  const std::string text = print(graph);
  BOOST_TEST(print(read(text)) == text);
}

const std::string x_line = "%0 = input {name=\"x\"} : batched real [3] at \"\" \"\" step -\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(a_graph_prints_one_node_a_line) {
  Graph g;
  g.current = {{"encoder", "x", "f.fold", 3, 7}, no_step, false};
  const Value x = input(g, "x", real_type({{4, "time(x)", true, 1, {}}, plain(5, "vocab")}, true));
  g.current.step = 2;
  g.current.backward = true;
  const Value h = tanh(x);
  g.outputs.push_back({"h", h.id});
  g.states.push_back({"h@1", "time(x)", x.id, h.id});
  g.pieces_of = "time(x)";
  const std::string type = "batched real [4@\"time(x)\"~-1, 5:\"vocab\"]";
  BOOST_TEST(print(g) ==
             "graph {\n  %0 = input {name=\"x\"} : " + type +
                 " at \"encoder\" \"x\" step - \"f.fold\":3:7\n  %1 = tanh %0 : " + type +
                 " at \"encoder\" \"x\" step 2 \"f.fold\":3:7 backward\n"
                 "  output \"h\" %1\n  state \"h@1\" \"time(x)\" %0 %1\n"
                 "  pieces \"time(x)\"\n}\n");
  BOOST_TEST(print_node(g, 1) == "tanh %0 : " + type);
  check_round_trip(g);
}

BOOST_AUTO_TEST_CASE(an_empty_graph_reads_back) { check_round_trip(Graph()); }

BOOST_AUTO_TEST_CASE(reading_restores_all_parts) {
  Graph g;
  g.current = {{"path", "name", "file", 1, 2, "result"}, 5, true};
  const Value x = input(g, "x", real_type({{4, "t", true, 2, "label"}}, true));
  g.outputs.push_back({"y", tanh(x).id});
  g.states.push_back({"s", "t", 0, 1});
  g.pieces_of = "t";
  const Graph back = read(print(g));
  BOOST_TEST(back.size() == 2u);
  BOOST_CHECK(back.node(1).op == g.node(1).op);
  BOOST_CHECK(back.type(1) == g.type(1));
  BOOST_CHECK(back.attributes(0) == g.attributes(0));
  BOOST_CHECK(back.place(1).site == g.place(1).site);
  BOOST_TEST(back.place(1).step == 5);
  BOOST_TEST(back.place(1).backward);
  BOOST_TEST(back.output("y") == 1u);
  BOOST_TEST(back.states[0].in == 0u);
  BOOST_TEST(back.states[0].out == 1u);
  BOOST_CHECK(back.pieces_of == g.pieces_of);
}

BOOST_AUTO_TEST_CASE(names_may_hold_anything) {
  for (const char* name :
       {"", "\"", "\\", "\\n", "two\nlines", "tab\t", "größe 尺寸 🙂", "%0 }", "\r"}) {
    Graph g;
    g.current.site = {name, name, name, 1, 1};
    const Value x = input(g, name, real_type({{2, name, false, 0, name}}, true));
    g.outputs.push_back({name, x.id});
    g.states.push_back({name, name, x.id, x.id});
    check_round_trip(g);
    const Graph back = read(print(g));
    BOOST_TEST(back.attributes(0).text("name") == name);
    BOOST_CHECK(back.type(0) == g.type(0));
    BOOST_TEST(back.outputs[0].name.str() == name);
  }
}

BOOST_AUTO_TEST_CASE(numbers_read_back_bit_by_bit) {
  using Limits = std::numeric_limits<double>;
  for (const double v : {0.0, -0.0, 1.0, -1.5, 0.1, 1e300, Limits::min(), Limits::denorm_min(),
                         Limits::max(), Limits::infinity(), -Limits::infinity(), 1e15, 1e22}) {
    Graph g;
    fill(g, v, real_type({}));
    const Graph back = read(print(g));
    BOOST_CHECK(back.attributes(0) == g.attributes(0));
    check_round_trip(g);
  }
  Graph g;
  fill(g, Limits::quiet_NaN(), real_type({}));
  check_round_trip(g);
}

BOOST_AUTO_TEST_CASE(tensors_read_back_bit_by_bit) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const Tensor& t : {Tensor::of<double>({2, 2}, {0.1, -0.0, inf, 1e-310}),
                          Tensor::of<float>({3}, {0.1f, 3.4e38f, -1e-45f}),
                          Tensor::of<std::int32_t>({2}, {2147483647, -2147483647 - 1}),
                          Tensor::of<double>({}, {7}), Tensor(DType::f32, {0, 3})}) {
    Graph g;
    std::vector<Dim> dims;
    for (const std::int64_t n : t.dims()) dims.push_back(plain(n));
    constant(g, t, dims);
    BOOST_CHECK(read(print(g)).attributes(0).tensor("values") == t);
    check_round_trip(g);
  }
}

BOOST_AUTO_TEST_CASE(unknown_sizes_read_back) {
  Graph g;
  input(g, "x", real_type({plain(Dim::unknown), {Dim::unknown, "time(x)", true, 0, {}}}));
  input(g, "y", unknown_type());
  tanh(g.value(1));
  check_round_trip(g);
}

BOOST_AUTO_TEST_CASE(random_graphs_read_back_and_hold_all_operations) {
  std::set<std::string_view> seen;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const Graph g = support::random_graph(seed, {.operations = 30, .gradients = seed % 2 == 0});
    for (NodeId id = 0; id < g.size(); ++id) seen.insert(g.node(id).op->name);
    check_round_trip(g);
  }
  for (const OpDef* op : all_ops()) BOOST_TEST(seen.contains(op->name), op->name);
}

BOOST_AUTO_TEST_CASE(white_space_does_not_matter) {
  const Graph g = read(
      "graph{%0=input{name=\"x\"}:batched real[2@\"t\"~-1:\"l\",3]at\"\"\"\"step 4"
      "\noutput\"x\"%0}\n\n ");
  BOOST_TEST(print(g) ==
             "graph {\n  %0 = input {name=\"x\"} : batched real [2@\"t\"~-1:\"l\", 3]"
             " at \"\" \"\" step 4\n  output \"x\" %0\n}\n");
}

BOOST_AUTO_TEST_CASE(mistakes_around_nodes) {
  BOOST_TEST(mistake_in("") == "1:1: expected 'graph'");
  BOOST_TEST(mistake_in("graph") == "1:6: expected '{'");
  BOOST_TEST(mistake_in("graph {") == "1:8: expected node %0, an output, a state or '}'");
  BOOST_TEST(mistake_in("graph {\n}\n x") == "3:2: expected the end after '}'");
  BOOST_TEST(mistake("  %1 = input") == "2:3: expected node %0, an output, a state or '}'");
  BOOST_TEST(mistake("%0 input") == "2:4: expected '='");
  BOOST_TEST(mistake("%0 = : real") == "2:6: expected a name");
  BOOST_TEST(mistake("%0 = frobnicate : shared real []") ==
             "2:6: there is no operation 'frobnicate'");
  BOOST_TEST(mistake("%0 = tanh %0 : shared real []") == "2:11: there is no node %0 before this");
  BOOST_TEST(mistake("%0 = tanh %-1 : shared real []") == "2:11: there is no node %-1 before this");
  BOOST_TEST(mistake("%0 = input real") == "2:12: expected ':'");
  BOOST_TEST(mistake("output \"x\" %0") == "2:12: there is no node %0 before this");
  BOOST_TEST(mistake("output x %0") == "2:8: expected '\"'");
  BOOST_TEST(mistake("output \"x") == "2:8: this string does not end");
  BOOST_TEST(mistake("state \"s\" %0 %0") == "2:11: expected '\"'");
  BOOST_TEST(mistake("pieces x") == "2:8: expected '\"'");
}

BOOST_AUTO_TEST_CASE(mistakes_in_types_and_places) {
  const auto type = [](const std::string& t) { return mistake("%0 = input : " + t); };
  BOOST_TEST(type("real") == "2:14: expected 'batched' or 'shared'");
  BOOST_TEST(type("shared float") == "2:21: expected 'real' or 'index'");
  BOOST_TEST(type("shared real 3") == "2:26: expected '['");
  BOOST_TEST(type("shared real [3 4]") == "2:29: expected ','");
  BOOST_TEST(type("shared real [x]") == "2:27: expected a whole number");
  BOOST_TEST(type("shared real [-3]") == "2:27: expected a whole number from 0 to 1099511627776");
  BOOST_TEST(type("shared real [99999999999999999999]") ==
             "2:27: expected a whole number from 0 to 1099511627776");
  BOOST_TEST(type("shared real [3@t]") == "2:29: expected '\"'");
  BOOST_TEST(type("shared real [3@\"t\"-70000]") ==
             "2:33: expected a whole number from 0 to 65535");
  BOOST_TEST(type("shared real []") == "3:1: expected 'at'");
  BOOST_TEST(type("shared real [] at \"\" \"\"") == "3:1: expected 'step'");
  BOOST_TEST(type("shared real [] at \"\" \"\" step x") == "2:43: expected a whole number");
  BOOST_TEST(type("shared real [] at \"\" \"\" step 3000000000") ==
             "2:43: expected a whole number from 0 to 2147483647");
  BOOST_TEST(type("shared real [] at \"\" \"\" step - \"f\"") == "3:1: expected ':'");
}

BOOST_AUTO_TEST_CASE(mistakes_in_attributes) {
  const auto fill = [](const std::string& a) {
    return mistake("%0 = fill {" + a + "} : shared real []");
  };
  BOOST_TEST(fill("value 3") == "2:18: expected '='");
  BOOST_TEST(fill("valu=3") == "2:12: fill has no attribute 'valu'");
  BOOST_TEST(fill("value=1.0 value=2.0") == "2:22: expected ','");
  BOOST_TEST(fill("value=1.0, value=2.0") == "2:23: 'value' is given twice");
  BOOST_TEST(fill("value=1.0.0") == "2:18: expected a value");
  BOOST_TEST(fill("value=\"x") == "2:18: this string does not end");
  BOOST_TEST(fill("value=[1, x]") == "2:22: expected a whole number");
  BOOST_TEST(fill("value=f32[2](1.0)") == "2:28: expected ','");
  BOOST_TEST(fill("value=f32[2](1.0, 2.0, 3.0)") == "2:33: expected ')'");
  BOOST_TEST(fill("value=i32[1](3000000000)") ==
             "2:25: expected a whole number from -2147483648 to 2147483647");
  BOOST_TEST(fill("value=i32[1](0.5)") == "2:26: expected ')'");
}

BOOST_AUTO_TEST_CASE(huge_tensors_are_refused_before_memory_is_asked_for) {
  for (const char* dims : {"[1000000000000]", "[4294967296, 4294967296, 4294967296]", "[0, -1]",
                           "[-1]", "[9223372036854775807, 2]", "[100, 100]"})
    BOOST_TEST(mistake(fmt::format("%0 = constant {{values=f64{}(1.0)}} : shared real [1]",
                                   dims)) == "2:23: the tensor has more numbers than are written");
}

BOOST_AUTO_TEST_CASE(mistakes_that_the_operations_find) {
  const auto after_x = [](const std::string& line) { return mistake(x_line + line); };
  const std::string at = " at \"\" \"\" step -";
  BOOST_TEST(after_x("%1 = tanh %0 : shared real [3]" + at) ==
             "3:6: tanh gives batched real [3], not shared real [3]");
  BOOST_TEST(after_x("%1 = tanh %0 %0 : batched real [3]" + at) ==
             "3:6: tanh: expects 1 operand, got 2");
  BOOST_TEST(after_x("%1 = input %0 : batched real [3]" + at) ==
             "3:6: input: expects no operands, got 1");
  BOOST_TEST(after_x("%1 = at %0 {dim=0} : batched real []" + at) ==
             "3:6: attribute 'index' is missing");
  BOOST_TEST(after_x("%1 = at %0 {dim=0, index=\"x\"} : batched real []" + at) ==
             "3:6: attribute 'index' is of another kind: \"x\"");
}

BOOST_AUTO_TEST_CASE(mistakes_in_sources) {
  BOOST_TEST(mistake("%0 = constant {values=f64[2](1, 2)} : shared real [3] at \"\" \"\" step -") ==
             "2:6: constant: holds real numbers [2], its type is shared real numbers [3]");
  BOOST_TEST(
      mistake("%0 = input {name=\"x\"} : shared real [1,1,1,1,1,1,1,1,1,1] at \"\" \"\" step "
              "-") ==
      "2:6: input: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] has 10 dimensions; a value has at most 9");
}

BOOST_AUTO_TEST_CASE(columns_count_code_points) {
  BOOST_TEST(mistake("output \"größe 🙂\" x") == "2:18: expected '%'");
}

BOOST_AUTO_TEST_SUITE_END()
