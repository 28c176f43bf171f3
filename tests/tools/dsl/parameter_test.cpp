// Whose parameters are whose, what they are called, and how they start.

#include "tests/tools/dsl/built_program.h"
#include "tools/data/safetensors.h"

namespace unfold {
namespace {

using testing::BuiltProgram;
using testing::check_values;

using Names = std::vector<std::string>;

const std::string data = "data { task = adding(length = 4, train = 4, valid = 2) }\n";

Names parameters(const std::string& model, const std::string& top = "") {
  BuiltProgram p(data + top + "model {\n x = input(task)\n" + model + "}\n");
  p.require_no_errors();
  return p.parameters();
}

void check_names(const Names& found, const Names& expected) {
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

/// An npy file of float64 numbers.
std::string npy(const std::string& shape, const std::vector<double>& values) {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(118, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header +
         std::string(reinterpret_cast<const char*>(values.data()), values.size() * 8);
}

BOOST_AUTO_TEST_SUITE(parameters_of_programs)

BOOST_AUTO_TEST_CASE(the_place_of_the_call_names_them) {
  check_names(parameters("y = dense(x, 3)"), {"y.W [2, 3]", "y.b [3]"});
  check_names(parameters("y = tanh(dense(x, 3)) + dense(x, 3)"),
              {"dense.W [2, 3]", "dense.b [3]", "dense_2.W [2, 3]", "dense_2.b [3]"});
  check_names(parameters("h = rnn(x, units = 3, layers = 2)"),
              {"h.layer_1.W [5, 3]", "h.layer_1.b [3]", "h.layer_2.W [6, 3]", "h.layer_2.b [3]"});
  check_names(
      parameters("y = outer(x)\nz = outer(x)",
                 "def outer(x, n = dense(x, 1)) { param v : [2]\n a = dense(x, 3)\n return a }\n"),
      {"y.dense.W [2, 1]", "y.dense.b [1]", "y.v [2]", "y.a.W [2, 3]", "y.a.b [3]",
       "z.dense.W [2, 1]", "z.dense.b [1]", "z.v [2]", "z.a.W [2, 3]", "z.a.b [3]"});
}

BOOST_AUTO_TEST_CASE(bidirectional_layers_call_theirs_forward_and_backward) {
  check_names(parameters("encoder = bidirectional(rnn, x, units = 3)"),
              {"encoder.forward.W [5, 3]", "encoder.forward.b [3]", "encoder.backward.W [5, 3]",
               "encoder.backward.b [3]"});
  check_names(parameters("encoder = bidirectional(mine, x, units = 3)",
                         "def mine(x, units) { param U : [width(x), units]\n"
                         " for t in x { h[t] = tanh(x[t] @ U + h[t-1]) }\n return h }\n"),
              {"encoder.forward.U [2, 3]", "encoder.backward.U [2, 3]"});
}

BOOST_AUTO_TEST_CASE(one_set_for_all_steps_of_a_for) {
  check_names(parameters("for t in x { g = dense(x[t], 3)\n h[t] = tanh(g + dense(h[t-1], 3)) }"),
              {"g.W [2, 3]", "g.b [3]", "dense.W [3, 3]", "dense.b [3]"});
  check_names(parameters("for t in x { param V : [2, 3]\n h[t] = x[t] @ V + h[t-1] }"),
              {"V [2, 3]"});
}

BOOST_AUTO_TEST_CASE(one_set_for_each_turn_of_a_repeat) {
  check_names(parameters("repeat 2 { param V : [2, 2]\n x = dense(x @ V, 2) }"),
              {"layer_1.V [2, 2]", "layer_1.x.W [2, 2]", "layer_1.x.b [2]", "layer_2.V [2, 2]",
               "layer_2.x.W [2, 2]", "layer_2.x.b [2]"});
  check_names(parameters("repeat 1 { param V : [2, 2] }"), {"V [2, 2]"});
}

BOOST_AUTO_TEST_CASE(a_declared_layer_has_one_set_for_all_its_calls) {
  check_names(parameters("layer f = dense(n = 3)\ny = f(x) + f(x * 2)\nz = f(first(x))"),
              {"f.W [2, 3]", "f.b [3]"});
  check_names(parameters("layer f = twice(n = 2)\ny = f(f(x))",
                         "def twice(x, n) { a = dense(x, n)\n return dense(a, n) }\n"),
              {"f.a.W [2, 2]", "f.a.b [2]", "f.dense.W [2, 2]", "f.dense.b [2]"});
}

BOOST_AUTO_TEST_CASE(a_declared_layer_takes_words_and_is_called_in_a_recurrence) {
  check_names(parameters("layer step = gru_cell(units = 1, reset = after)\n"
                         "for t in x { h[t] = step(x[t], h[t-1]) }"),
              {"step.W_z [3, 1]", "step.W_r [3, 1]", "step.b_z [1]", "step.b_r [1]", "step.b_h [1]",
               "step.W_h [2, 1]", "step.U_h [1, 1]", "step.b_u [1]"});
}

BOOST_AUTO_TEST_CASE(a_declared_layer_keeps_its_widths) {
  BuiltProgram p(data + "model { x = input(task)\n layer f = dense(n = 3)\n a = f(x)\n b = f(a) }");
  BOOST_TEST(p.errors() ==
             "test.fold:5:6: error: parameter f.W has the shape [2, 3]; here it would need [3, 3]\n"
             " b = f(a) }\n"
             "     ^~~~\n"
             "test.fold:4:2: note: `a` is [time(task)=4, 3], defined here\n"
             " a = f(x)\n"
             " ^\n");
}

BOOST_AUTO_TEST_CASE(parameter_counts_of_the_cells) {
  const auto count = [](const std::string& model) {
    BuiltProgram p(data + "model { x = input(task)\n" + model + "}");
    p.require_no_errors();
    std::int64_t total = 0;
    for (const ParameterSpec& s : p.built().model.parameters()) total += real_type(s.dims).size();
    return total;
  };
  const std::int64_t n = 2, d = 5;
  BOOST_TEST(count("h = rnn(x, units = 5)") == (n + d) * d + d);
  BOOST_TEST(count("h = lstm(x, units = 5)") == 4 * ((n + d) * d + d));
  BOOST_TEST(count("h = lstm(x, units = 5, coupled = true)") == 3 * ((n + d) * d + d));
  BOOST_TEST(count("h = lstm(x, units = 5, peephole = true)") == 4 * ((n + d) * d + d) + 3 * d);
  BOOST_TEST(count("h = gru(x, units = 5)") == 3 * ((n + d) * d + d));
  BOOST_TEST(count("h = gru(x, units = 5, reset = after)") == 3 * ((n + d) * d + d) + d);
}

BOOST_AUTO_TEST_CASE(initialisers) {
  BuiltProgram p(R"(
    let sd = 0.5
    def start_with(n, how = normal(0.1)) { param P : [n] = how
                                           return P }
    model {
      param a : [2] = zeros
      param b : [2] = constant(sd * 2)
      param c : [2] = uniform(-1, 1)
      param d : [2, 2] = identity
      param e : [2, 2] = identity(3)
      param e2 : [2, 2] = identity(scale = sd + 0.4)
      param e3 : [2] = uniform(b = 1, a = 0)
      param f : [2, 2]
      frozen param g : [3, 2] = rows(1: zeros, 2: orthogonal)
      h = start_with(2, how = ones)
      i = start_with(2)
      param j : [] = 0.5
      param k, l : [1, 2] = [[-1, 2 ** 3]]
    })");
  p.require_no_errors();
  Names starts;
  for (const ParameterSpec& s : p.built().model.parameters())
    starts.push_back(s.name.str() + " " + to_string(s.init) + (s.frozen ? " frozen" : ""));
  check_names(starts, {"a zeros", "b constant(1)", "c uniform(-1, 1)", "d identity(1)",
                       "e identity(3)", "e2 identity(0.9)", "e3 uniform(0, 1)", "f glorot",
                       "g rows(1: zeros, 2: orthogonal) frozen", "h.P ones", "i.P normal(0.1)",
                       "j literal []", "k literal [1, 2]", "l literal [1, 2]"});
  check_values(p.parameter("k"), {1, 2}, {-1, 8});
}

BOOST_AUTO_TEST_CASE(sizes_are_called_by_what_they_are_computed_from) {
  const auto label = [](const std::string& n, const std::string& units) {
    BuiltProgram p("let k = 4\ndef f(n) { param w : [" + units +
                   "]\n return w }\nmodel { output y = f(" + n + ") }");
    p.require_no_errors();
    const std::string text = describe(p.graph().type(p.graph().output("output:y")));
    return text.substr(1, text.find('=') - 1);
  };
  BOOST_TEST(label("k - 1", "n * 2") == "(k - 1) * 2");
  BOOST_TEST(label("k - 1", "10 - n") == "10 - (k - 1)");
  BOOST_TEST(label("k - 1", "n - 1") == "k - 1 - 1");
  BOOST_TEST(label("k * 2", "n + 1") == "k * 2 + 1");
  BOOST_TEST(label("k // 2", "20 // n") == "20 // (k // 2)");
  BOOST_TEST(label("k ** 2", "n * 2") == "k ** 2 * 2");
  BOOST_TEST(label("k ** 1", "n ** 2") == "(k ** 1) ** 2");
  BOOST_TEST(label("k - 1", "(n + 1) * (n + 2)") == "(k - 1 + 1) * (k - 1 + 2)");
}

BOOST_AUTO_TEST_CASE(values_from_files) {
  SafeTensors tensors;
  tensors.tensors.emplace("W", Tensor::of<float>({1, 2}, {3, 4}));
  const BuiltProgram::Files files{{"w.npy", npy("(2,)", {1.5, -2})},
                                  {"m.safetensors", format_safetensors(tensors)}};
  BuiltProgram p(
      "model { frozen param a : [2] = load(\"w.npy\")\n"
      "param b : [1, 2] = load(\"m.safetensors\", \"W\") }",
      files);
  p.require_no_errors();
  check_values(p.parameter("a"), {2}, {1.5, -2});
  check_values(p.parameter("b"), {1, 2}, {3, 4});
  BuildOptions options;
  options.initial_values = false;  // the values come from a model file: nothing is read
  BuiltProgram without("model { param a : [2] = load(\"gone.npy\") }", {}, {}, options);
  BOOST_TEST(without.errors() == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
