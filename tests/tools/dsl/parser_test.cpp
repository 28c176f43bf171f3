#include "tools/dsl/parser.h"

#include <boost/test/unit_test.hpp>

#include "tests/tools/dsl/read_program.h"
#include "tools/dsl/print_expression.h"

namespace unfold::syntax {
namespace {

using testing::ReadProgram;

/// The one statement of a model or, with `in_def`, of a def.
struct One {
  explicit One(const std::string& text, bool in_def = false)
      : read(in_def ? "def f(x) {\n" + text + "\n}" : "model {\n" + text + "\n}") {
    BOOST_REQUIRE_EQUAL(read.errors(), "");
    const Block& block = in_def ? read.program.defs.at(0).body : read.program.model.value().body;
    BOOST_REQUIRE_EQUAL(block.size(), 1u);
    statement = &block[0];
  }

  template <class Node>
  const Node& as() const {
    return std::get<Node>(statement->node);
  }

  ReadProgram read;
  const Statement* statement = nullptr;
};

template <class Item>
std::string print_all(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) text += print_expression(item) + ";";
  return text;
}

BOOST_AUTO_TEST_SUITE(parser)

BOOST_AUTO_TEST_CASE(a_file_holds_its_parts_in_any_order) {
  const ReadProgram read(
      "train { epochs = 3 }\nlet a = 1; let b = a + 1\nuse \"cells.fold\"\n"
      "model\n{\n y = f(x)\n}\ndef f(x, units = 3) { return x }\n\ndata {}");
  BOOST_REQUIRE_EQUAL(read.errors(), "");
  BOOST_TEST(read.program.lets.size() == 2u);
  BOOST_TEST(read.program.lets[1].name.text == "b");
  BOOST_TEST(print_expression(read.program.lets[1].value) == "a + 1");
  BOOST_TEST(read.program.uses.at(0).path == "cells.fold");
  BOOST_TEST(read.sources.text(read.program.uses[0].path_span) == "\"cells.fold\"");
  BOOST_TEST(read.program.train.value().body.size() == 1u);
  BOOST_TEST(read.program.model.value().body.size() == 1u);
  BOOST_TEST(read.program.data.value().body.empty());
  BOOST_TEST(read.sources.text(read.program.data->keyword) == "data");
}

BOOST_AUTO_TEST_CASE(a_def_has_arguments_and_defaults) {
  const ReadProgram read("def cell(x, units = 3, peephole = false,) {\n return x, units\n}");
  BOOST_REQUIRE_EQUAL(read.errors(), "");
  const Def& def = read.program.defs.at(0);
  BOOST_TEST(def.name.text == "cell");
  BOOST_TEST(def.formals.size() == 3u);
  BOOST_TEST(!def.formals[0].default_value);
  BOOST_TEST(print_expression(def.formals[1].default_value.value()) == "3");
  BOOST_TEST(read.sources.text(def.signature) == "cell(x, units = 3, peephole = false,)");
  BOOST_TEST(print_all(std::get<Return>(def.body.at(0).node).values) == "x;units;");
}

BOOST_AUTO_TEST_CASE(an_assignment_has_one_or_more_targets) {
  const One one("h, c = lstm(x, 3)");
  const auto& assign = one.as<Assign>();
  BOOST_TEST(assign.targets.size() == 2u);
  BOOST_TEST(assign.targets[1].name.text == "c");
  BOOST_TEST(!assign.targets[1].index);
  BOOST_TEST(one.read.sources.text(one.statement->span) == "h, c = lstm(x, 3)");
}

BOOST_AUTO_TEST_CASE(a_for_runs_over_sequences_and_sets_steps) {
  const One one("for t in x, steps(n) { init h = zeros(3); h[t-0], c[t] = g(h[t-1]) }");
  const auto& loop = one.as<For>();
  BOOST_TEST(loop.variable.text == "t");
  BOOST_TEST(print_all(loop.over) == "x;steps(n);");
  BOOST_TEST(std::get<Init>(loop.body.at(0).node).name.text == "h");
  const auto& assign = std::get<Assign>(loop.body.at(1).node);
  BOOST_TEST(print_expression(*assign.targets[0].index) == "t - 0");
  BOOST_TEST(one.read.sources.text(assign.targets[1].span) == "c[t]");
}

BOOST_AUTO_TEST_CASE(parameters_have_names_a_shape_and_an_initialiser) {
  const One one("param W_f, W_i : [units + n, 3] = rows(units: orthogonal, n: glorot)");
  const auto& param = one.as<Param>();
  BOOST_TEST(param.names.at(1).text == "W_i");
  BOOST_TEST(print_all(param.shape) == "units + n;3;");
  BOOST_TEST(one.read.sources.text(param.shape_span) == "[units + n, 3]");
  BOOST_TEST(!param.frozen);
  const auto& call = std::get<Call>(param.initialiser.value().node);
  BOOST_TEST((call.arguments.at(1).kind == Argument::Kind::pair));
  BOOST_TEST(print_expression(*call.arguments[1].key) == "n");

  const One frozen("frozen param b : []", true);
  BOOST_TEST(frozen.as<Param>().frozen);
  BOOST_TEST(frozen.as<Param>().shape.empty());
  BOOST_TEST(!frozen.as<Param>().initialiser);
}

BOOST_AUTO_TEST_CASE(blocks_choose_and_repeat) {
  const One one("if a == 1 { x = 1 } else if a == 2 { x = 2 }\nelse { x = 3; y = 4 }");
  const auto& first = one.as<If>();
  BOOST_TEST(print_expression(first.condition) == "a == 1");
  const auto& second = std::get<If>(first.otherwise.at(0).node);
  BOOST_TEST(print_expression(second.condition) == "a == 2");
  BOOST_TEST(second.otherwise.size() == 2u);
  BOOST_TEST(one.read.sources.text(first.otherwise[0].span).starts_with("if a == 2"));

  const One repeat("repeat 2 * n { x = f(x) }");
  BOOST_TEST(print_expression(repeat.as<Repeat>().count) == "2 * n");
  BOOST_TEST(repeat.as<Repeat>().body.size() == 1u);
}

BOOST_AUTO_TEST_CASE(labels_are_any_names) {
  BOOST_TEST(One("metric loss = exp(loss)").as<Metric>().name.text == "loss");
  BOOST_TEST(One("output next = y").as<Output>().name.text == "next");
  BOOST_TEST(One("output output = y").as<Output>().name.text == "output");
  BOOST_TEST(One("let n = 3").as<Let>().name.text == "n");
  const One layer("layer f = lstm(units = 64)");
  BOOST_TEST(std::get<Call>(layer.as<Layer>().call.node).callee.text == "lstm");
  const One sample("sample next(char) from logits");
  BOOST_TEST(print_expression(sample.as<Sample>().field) == "next(char)");
  BOOST_TEST(print_expression(sample.as<Sample>().from) == "logits");
}

BOOST_AUTO_TEST_CASE(words_that_open_statements_are_names_elsewhere) {
  for (const std::string word : {"use", "data", "model", "train", "param", "frozen", "layer",
                                 "init", "metric", "output", "sample", "from", "loss"}) {
    const One one(word + ", y = " + word + "(" + word + " = " + word + "[0])");
    BOOST_TEST(one.as<Assign>().targets.at(0).name.text == word);
    BOOST_TEST(One(word + " = 1").as<Assign>().targets.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(newlines_inside_brackets_do_not_count) {
  const One one("y = f(a\n, b, # why\n rate\n = [1,\n 2]\n)[0\n]");
  BOOST_TEST(print_expression(one.as<Assign>().value) == "f(a, b, rate = [1, 2])[0]");
}

BOOST_AUTO_TEST_CASE(spans_cover_what_was_written) {
  const One one("y = (a + b) @ W[0] - f(x)");
  const auto& minus = std::get<Binary>(one.as<Assign>().value.node);
  BOOST_TEST(one.read.sources.text(one.as<Assign>().value.span) == "(a + b) @ W[0] - f(x)");
  BOOST_TEST(one.read.sources.text(minus.left->span) == "(a + b) @ W[0]");
  BOOST_TEST(one.read.sources.text(minus.op_span) == "-");
  BOOST_TEST(one.read.sources.text(std::get<Binary>(minus.left->node).left->span) == "(a + b)");
  BOOST_TEST(one.read.sources.text(minus.right->span) == "f(x)");
}

BOOST_AUTO_TEST_CASE(heights_count_levels) {
  const One one("y = f(a + b * c)");
  BOOST_TEST(one.as<Assign>().value.height == 4u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold::syntax
