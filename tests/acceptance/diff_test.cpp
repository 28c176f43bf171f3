// `unfold diff`: whether two programs are the same network, whatever they call things and in
// whatever order they write them.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

// An LSTM of one's own: other names, other order of lines, of parameters and of terms.
const char* const own = R"(
def own(x, n) {
  param V_g, V_o, V_i, V_f : [n + width(x), n] = glorot
  param a_g, a_i, a_o      : [n]               = zeros
  param a_f                : [n]               = ones
  for t in x {
    both  = concat(h[t-1], x[t])
    new   = tanh(both @ V_g + a_g)
    show  = sigmoid(both @ V_o + a_o)
    write = sigmoid(both @ V_i + a_i)
    keep  = sigmoid(both @ V_f + a_f)
    c[t]  = write * new + keep * c[t-1]
    h[t]  = show * tanh(c[t])
  }
  return h
}
)";

struct Diff : Workshop {
  void network(const std::string& name, const std::string& cell, const std::string& after) const {
    write(name, program("h = " + cell +
                        "(one_hot(review), 3)\np = dense(last(h), 1)\n"
                        "loss = binary_cross_entropy(p, sentiment)") +
                    after);
  }
  nlohmann::json json(const std::string& arguments, int code) const {
    const Ran ran = unfold("diff " + arguments + " --json");
    BOOST_TEST(ran.code == code, arguments << ": " << ran.err);
    return nlohmann::json::parse(ran.out);
  }
  void check_same(const std::string& files) const {
    const auto found = json(files, 0);
    BOOST_TEST(found["same"] == true, files);
    BOOST_TEST(found["same_plan"] == true);
    BOOST_TEST(found["loss"][0] == found["loss"][1]);
    for (const auto& g : found["gradients"]) {
      BOOST_TEST(g["difference"] == 0.0);
      BOOST_TEST(g["largest"] > 0.0);
    }
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string replaced(std::string text, const std::string& from, const std::string& by) {
  return text.replace(text.find(from), from.size(), by);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(program_diff, Diff)

BOOST_AUTO_TEST_CASE(a_cell_that_is_written_out_is_the_built_in_one) {
  network("library.fold", "lstm", "");
  network("own.fold", "own", own);
  check_same("library.fold own.fold");
  const auto gradients = json("library.fold own.fold", 0)["gradients"];
  BOOST_TEST(gradients.size() == 10u);
  for (const auto& g : gradients)
    if (g["a"] == "h.W_o") BOOST_TEST(g["b"] == "h.V_o");
  const Ran text = unfold("diff library.fold own.fold");
  BOOST_TEST(text.code == 0);
  BOOST_TEST(has(text.out, "plan: the same, "), text.out);
  BOOST_TEST(has(text.out, "loss: the same, "), text.out);
}

BOOST_AUTO_TEST_CASE(what_help_prints_is_the_layer) {
  for (const std::string layer : {"lstm", "gru", "rnn"}) {
    const std::string help = unfold("help " + layer).out;
    network("library.fold", layer, "");
    network("pasted.fold", "pasted",
            "\n" + replaced(help.substr(help.find("def ")), layer, "pasted"));
    check_same("library.fold pasted.fold --steps 4");
  }
}

BOOST_AUTO_TEST_CASE(a_changed_cell_is_not) {
  network("library.fold", "lstm", "");
  network("changed.fold", "own", replaced(own, "tanh(c[t])", "sigmoid(c[t])"));
  const auto found = json("library.fold changed.fold", 1);
  BOOST_TEST(found["same"] == false);
  BOOST_TEST(found["same_plan"] == false);
  BOOST_TEST(found["same_loss"] == false);
  const auto& first = found["first_difference"];
  BOOST_TEST((first["a"].is_string() && first["a"] != first["b"]), first);
  const Ran text = unfold("diff library.fold changed.fold");
  BOOST_TEST(text.code == 1);
  for (const char* part : {"plan: not the same", "changed.fold: ", "DIFFERENT", "matmul"})
    BOOST_TEST(has(text.out, part), text.out);
}

BOOST_AUTO_TEST_CASE(a_constant_of_the_graph_is_part_of_the_plan) {
  network("one.fold", "own", own);
  network("other.fold", "own", replaced(own, "show * tanh(c[t])", "0.5 * show * tanh(c[t])"));
  network("another.fold", "own", replaced(own, "show * tanh(c[t])", "0.6 * show * tanh(c[t])"));
  json("one.fold other.fold", 1);
  json("other.fold another.fold", 1);
  check_same("other.fold other.fold");
}

BOOST_AUTO_TEST_CASE(parameters_of_one_name_and_shape_are_counterparts) {
  const auto gated = [&](const std::string& name, const std::string& gate) {
    write(name, program(R"(  x = one_hot(review)
  param A, B : [5, 3]
  param C    : [3, 3]
  for t in x { h[t] = tanh(x[t] @ A + h[t-1] @ C) )" +
                        gate +
                        " }\n  p = dense(last(h), 1)\n"
                        "  loss = binary_cross_entropy(p, sentiment)"));
  };
  gated("one.fold", "* sigmoid(x[t] @ B)");
  gated("other.fold", "/ (1 + exp(-(x[t] @ B)))");
  const auto found = json("one.fold other.fold", 1);
  BOOST_TEST(found["same_plan"] == false);
  BOOST_TEST(found["same_loss"] == true);
  for (const auto& g : found["gradients"]) {
    BOOST_TEST(g["a"] == g["b"]);
    BOOST_TEST(g["same"] == true, g);
  }
}

BOOST_AUTO_TEST_CASE(names_of_sizes_are_no_difference) {
  const auto with_size = [&](const std::string& name, const std::string& size) {
    write(name,
          "let n = 4\n" + program("param q : [" + size + "] = zeros\nh = rnn(one_hot(review), " +
                                  size + ")\ns = stack(last(dense(h, " + size +
                                  ")), q)\np = dense(sum(s, over = 0), 1)\n"
                                  "loss = binary_cross_entropy(p, sentiment)"));
  };
  with_size("named.fold", "n");
  with_size("plain.fold", "4");
  check_same("named.fold plain.fold");
}

BOOST_AUTO_TEST_CASE(what_is_no_number_in_both_is_the_same) {
  network("one.fold", "own", replaced(own, "show * tanh(c[t])", "log(-abs(show))"));
  const auto found = json("one.fold one.fold", 0);
  BOOST_TEST(found["same"] == true);
  BOOST_TEST(found["loss"][0].is_null());
}

BOOST_AUTO_TEST_CASE(parameters_without_a_counterpart_are_named) {
  network("library.fold", "lstm", "");
  network("gru.fold", "gru", "");
  const auto found = json("library.fold gru.fold", 1);
  BOOST_TEST(has(found["unmatched"], "only the first has h."), found["unmatched"]);
  BOOST_TEST(!found.contains("loss"));
  BOOST_TEST(has(unfold("diff library.fold gru.fold").out, "not compared"));
}

BOOST_AUTO_TEST_CASE(random_masks_are_the_same_whatever_a_layer_is_called) {
  const auto dropping = [&](const std::string& name, const std::string& of) {
    write(name, program(of + " = dropout(one_hot(review), 0.5)\nh = rnn(" + of +
                        ", 3)\nloss = binary_cross_entropy(dense(last(h), 1), sentiment)"));
  };
  dropping("one.fold", "x");
  dropping("other.fold", "thinned");
  check_same("one.fold other.fold");
}

BOOST_AUTO_TEST_CASE(the_rewrites_can_be_left_out_of_the_comparison) {
  network("library.fold", "lstm", "");
  network("own.fold", "own", own);
  const auto found = json("library.fold own.fold --passes none", 1);
  BOOST_TEST(found["same_plan"] == false);
  BOOST_TEST(found["same_loss"] == true);
}

BOOST_AUTO_TEST_CASE(wrong_use_and_programs_that_cannot_be_compared) {
  write("other.fold", R"(data { task = adding(length = 5, train = 4) }
model { loss = mean_squared_error(dense(last(gru(input(task), 3)), 1), target(task)) }
)");
  const Ran other = unfold("diff good.fold other.fold");
  BOOST_TEST(other.code == 1);
  BOOST_TEST(has(other.err, "reads a field"), other.err);
  BOOST_TEST(unfold("diff good.fold").code == 2);
  BOOST_TEST(unfold("diff good.fold good.fold --steps 0").code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
