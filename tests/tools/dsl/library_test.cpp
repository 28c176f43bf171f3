// The library's layers give the graphs of their definitions in the language.

#include <boost/test/unit_test.hpp>
#include <set>

#include "graph/same.h"
#include "graph/text.h"
#include "tools/dsl/build.h"
#include "tools/dsl/library/definitions.h"

using namespace unfold;

namespace {

BuiltModel build(const std::string& model, const std::string& definitions) {
  const std::string text =
      "data { task = adding(length = 4, train = 4, valid = 2)\n"
      "       strings = reber(train = 4, valid = 2)\n"
      "       char = characters(strings) }\n"
      "model {\n" +
      model + "\n}\n" + definitions;
  Diagnostics diagnostics;
  const Program program({"test.fold", {{"test.fold", text}}, {}}, diagnostics);
  BuiltModel built = build_model(program, {}, diagnostics);
  for (const Error& e : diagnostics.sorted()) BOOST_ERROR(render(e, program.sources(), false));
  return built;
}

/// Builds the model with the library's layers, and again with their definitions pasted into the
/// file.
void check_definitions(const std::string& model, const std::vector<std::string>& layers) {
  BOOST_TEST_CONTEXT(model) {
    std::string definitions;
    for (const std::string& layer : layers) {
      BOOST_CHECK(!definition_of(layer).empty());
      definitions += definition_of(layer);
    }
    const BuiltModel built_in = build(model, ""), by_hand = build(model, definitions);
    BOOST_REQUIRE(!built_in.model.graph.outputs.empty());
    const auto found = difference(built_in.model.graph, by_hand.model.graph);
    BOOST_CHECK_MESSAGE(!found, found.value_or(""));

    std::multiset<std::string> starts, starts_by_hand;
    for (const ParameterSpec& p : built_in.model.parameters())
      starts.insert(p.name.str().substr(p.name.str().rfind('.') + 1) + " " + to_string(p.init));
    for (const ParameterSpec& p : by_hand.model.parameters())
      starts_by_hand.insert(p.name.str().substr(p.name.str().rfind('.') + 1) + " " +
                            to_string(p.init));
    BOOST_CHECK_EQUAL_COLLECTIONS(starts.begin(), starts.end(), starts_by_hand.begin(),
                                  starts_by_hand.end());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(library)

BOOST_AUTO_TEST_CASE(dense_is_its_definition) {
  check_definitions("output y = dense(input(task), 3)", {"dense"});
}

BOOST_AUTO_TEST_CASE(embedding_is_its_definition) {
  check_definitions("output y = embedding(char, 3)", {"embedding"});
  check_definitions("output y = embedding(char, 3, init = uniform(0, 1))", {"embedding"});
}

BOOST_AUTO_TEST_CASE(layer_norm_is_its_definition) {
  check_definitions("output y = layer_norm(input(task))", {"layer_norm"});
}

BOOST_AUTO_TEST_CASE(rnn_is_its_definition) {
  check_definitions("h = rnn(input(task), 3)\noutput y = h", {"rnn"});
  check_definitions("h = rnn(input(task), units = 3, layers = 3, dropout = 0.5)\noutput y = h",
                    {"rnn"});
  check_definitions(
      "s = dense(first(input(task)), 3)\nh = rnn(input(task), 3, init = s)\noutput y = h", {"rnn"});
}

BOOST_AUTO_TEST_CASE(lstm_is_its_definition) {
  for (const char* options : {"", ", forget_bias = 2", ", peephole = true", ", coupled = true",
                              ", peephole = true, coupled = true", ", layers = 2",
                              ", layers = 3, dropout = 0.25, peephole = true"})
    check_definitions(std::string("h, c = lstm(input(task), units = 3") + options +
                          ")\noutput y = h\noutput z = c",
                      {"lstm"});
  check_definitions(
      "s = dense(first(input(task)), 3)\nh = lstm(input(task), 3, init = (s, s * s))\noutput y = h",
      {"lstm"});
}

BOOST_AUTO_TEST_CASE(gru_is_its_definition) {
  for (const char* options : {"", ", reset = \"before\"", ", reset = \"after\"", ", layers = 2",
                              ", layers = 2, reset = \"after\""})
    check_definitions(std::string("h = gru(input(task), units = 3") + options + ")\noutput y = h",
                      {"gru"});
}

BOOST_AUTO_TEST_CASE(steps_are_their_definitions) {
  check_definitions(
      "layer step = gru_cell(units = 3)\n"
      "x = input(task)\n"
      "for t in x { h[t] = step(x[t], h[t-1]) }\n"
      "output y = h",
      {"gru_cell"});
  check_definitions(
      "layer step = rnn_cell(units = 3)\n"
      "x = input(task)\n"
      "for t in x { h[t] = step(x[t], h[t-1]) }\n"
      "output y = h",
      {"rnn_cell"});
  for (const char* options : {"", ", peephole = true", ", coupled = true"})
    check_definitions(std::string("layer step = lstm_cell(units = 3") + options +
                          ")\n"
                          "x = input(task)\n"
                          "for t in x { h[t], c[t] = step(x[t], h[t-1], c[t-1]) }\n"
                          "output y = h\noutput z = c",
                      {"lstm_cell"});
}

BOOST_AUTO_TEST_CASE(bidirectional_is_its_definition) {
  check_definitions("h = bidirectional(gru, input(task), units = 3)\noutput y = h",
                    {"bidirectional", "gru"});
  check_definitions("h = bidirectional(lstm, input(task), units = 3)\noutput y = h",
                    {"bidirectional"});
}

BOOST_AUTO_TEST_SUITE_END()
