// Figures of the lectures, through the language, to all their digits.

#include "tests/tools/dsl/built_program.h"

namespace unfold {
namespace {

using testing::BuiltProgram;
using testing::check_values;

const std::string reviews =
    "data { reviews = table(\"reviews.tsv\")\n"
    "  review = words(reviews, column = \"review\", unknown = false, order = "
    "[\"movie\", \"was\", \"good\", \"bad\", \"not\"])\n"
    "  sentiment = number(reviews, column = \"sentiment\") }\n";
// The lectures computed in single precision.
constexpr double single = 7e-8;

const BuiltProgram::Files review_file{
    {"reviews.tsv",
     "review\tsentiment\nmovie was good\t1\nmovie was bad\t0\nmovie was not good\t0\n"}};

const std::string weights = R"(
  param U : [5, 3] = [[0.24314839, 0.65584403, 0.12467551], [0.07774234, -0.6701355, -0.5714668],
                      [-0.15539342, -0.37312293, -0.5985743], [0.7748706, 0.15962046, -0.01933241],
                      [-0.4337626, -0.1516878, 0.6292947]]
  param W : [3, 3] = [[-0.95396507, 0.01400834, 0.29959065], [0.23049797, 0.67335117, 0.70247334],
                      [-0.19188926, 0.73919, -0.6455824]]
  param b : [3]    = zeros
  param V : [3, 1] = [[0.45543277], [-1.0071795], [-0.80624163]]
  param c : [1]    = zeros
)";

BOOST_AUTO_TEST_SUITE(worked_figures_of_programs)

BOOST_AUTO_TEST_CASE(thirty_one_parameters) {
  BuiltProgram p(reviews + "model { h = rnn(one_hot(review), units = 3)\n p = dense(last(h), 1) }",
                 review_file);
  p.require_no_errors();
  std::int64_t total = 0;
  for (const ParameterSpec& s : p.built().model.parameters()) total += real_type(s.dims).size();
  BOOST_TEST(total == 31);
}

BOOST_AUTO_TEST_CASE(reviews_with_given_weights) {
  BuildOptions options;
  options.default_steps = 4;
  BuiltProgram p(reviews + "model {" + weights + R"(
    x = one_hot(review)
    for t in x { h[t] = tanh(x[t] @ U + h[t-1] @ W + b) }
    output x = x
    output h = last(h)
    output positive = sigmoid(last(h) @ V + c) })",
                 review_file, {}, options);
  p.require_no_errors();
  const auto out = p.run_examples(3);
  BOOST_CHECK((out.at("output:x").dims() == Dims{3, 4, 5}));
  const Tensor h = out.at("output:h");
  check_values(Tensor::of<double>({3}, {h.at(0), h.at(1), h.at(2)}), {3},
               {-0.12510595, -0.55606032, -0.55716700}, single);
  check_values(out.at("output:positive"), {3, 1}, {0.72157476, 0.60782674, 0.72063223}, single);
}

BOOST_AUTO_TEST_CASE(he_of_hello) {
  BuiltProgram p(R"(
    data { letters = text("hello.txt")
           char    = characters(letters, order = "helo") }
    model {
      param U : [4, 3] = [[0.287027, 0.902874, 0.537524], [0.84606,  0.871522, 0.09224],
                          [0.572392, 0.691079, 0.558159], [0.486813, 0.18998,  0.491528]]
      param W : [1]    = [0.427043]
      param b : [1]    = [0.567001]
      param V : [3, 4] = [[0.37168, 0.39141, 0.64985, 0.91266],
                          [0.974829459, 0.282585823, 0.09821557, 0.32581642],
                          [0.830034886, 0.659835709, 0.334287084, 0.144630018]]
      x = one_hot(char)
      for t in x { h[t] = tanh(x[t] @ U + W * h[t-1] + b) }
      logits = h @ V
      output h = h
      output logits = logits
      output next_letter = softmax(logits)
    })",
                 {{"hello.txt", "hello"}}, {}, testing::with_steps(2));
  p.require_no_errors();
  p.set("char", Tensor::of<std::int32_t>({1, 2}, {0, 1}));
  const auto out = p.run();
  check_values(out.at("output:h"), {1, 2, 3},
               {0.693168, 0.899554, 0.802119, 0.936534, 0.949104, 0.762341}, 5e-7);
  const Tensor logits = out.at("output:logits"), next = out.at("output:next_letter");
  check_values(Tensor::of<double>({4}, {logits.at(4), logits.at(5), logits.at(6), logits.at(7)}),
               {4}, {1.906075, 1.137792, 0.956664, 1.274228}, 5e-7);
  BOOST_CHECK_SMALL(next.at(4) - 0.419747, 5e-7);
  for (std::int64_t k = 5; k < 8; ++k) BOOST_TEST(next.at(k) < next.at(4));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
