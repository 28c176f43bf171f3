// The figures of the lectures, through the command.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

struct Figures : Workshop {
  /// The outputs of each input, in order.
  nlohmann::json predict(const std::string& arguments) const {
    const Ran ran = unfold("predict " + arguments + " --json");
    BOOST_TEST_REQUIRE(ran.code == 0, ran.err);
    return nlohmann::json::parse(ran.out);
  }
};

constexpr const char* review_network = R"(
data {
  reviews   = table("reviews.tsv")
  review    = words(reviews, column = "review", unknown = false, order = "movie was good bad not")
  sentiment = number(reviews, column = "sentiment")
}
model {
  param U : [5, 3] = [[ 0.24314839,  0.65584403,  0.12467551],
                      [ 0.07774234, -0.6701355,  -0.5714668],
                      [-0.15539342, -0.37312293, -0.5985743],
                      [ 0.7748706,   0.15962046, -0.01933241],
                      [-0.4337626,  -0.1516878,   0.6292947]]
  param W : [3, 3] = [[-0.95396507, 0.01400834,  0.29959065],
                      [ 0.23049797, 0.67335117,  0.70247334],
                      [-0.19188926, 0.73919,    -0.6455824]]
  param b : [3]    = zeros
  param V : [3, 1] = [[0.45543277], [-1.0071795], [-0.80624163]]
  param c : [1]    = zeros
  x = one_hot(review)
  for t in x {
    h[t] = tanh(x[t] @ U + h[t-1] @ W + b)
  }
  p    = last(h) @ V + c
  loss = binary_cross_entropy(p, sentiment)
  output state    = last(h)
  output positive = sigmoid(p)
}
train { optimizer = sgd(rate = 0.1) }
)";

constexpr const char* letter_network = R"(
data {
  letters = text("hello.txt")
  char    = characters(letters, order = "helo")
}
model {
  param U : [4, 3] = [[0.287027, 0.902874, 0.537524],
                      [0.84606,  0.871522, 0.09224],
                      [0.572392, 0.691079, 0.558159],
                      [0.486813, 0.18998,  0.491528]]
  param W : [1]    = [0.427043]
  param b : [1]    = [0.567001]
  param V : [3, 4] = [[0.37168,     0.39141,     0.64985,     0.91266],
                      [0.974829459, 0.282585823, 0.09821557,  0.32581642],
                      [0.830034886, 0.659835709, 0.334287084, 0.144630018]]
  x = one_hot(char)
  for t in x {
    h[t] = tanh(x[t] @ U + W * h[t-1] + b)
  }
  logits = h @ V
  loss   = cross_entropy(logits, next(char))
  output state       = h
  output scores      = logits
  output next_letter = softmax(logits)
  sample next(char) from logits
}
train { optimizer = sgd(rate = 0.5); epochs = 300; batch = 1; seed = 1 }
)";

void check_close(const nlohmann::json& found, const std::vector<double>& expected, double digit) {
  BOOST_TEST_REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    BOOST_TEST(std::abs(found[i].get<double>() - expected[i]) < digit,
               found << " at " << i << " is not " << expected[i]);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(figures, Figures)

BOOST_AUTO_TEST_CASE(three_reviews_through_given_weights) {
  write("given.fold", review_network);
  const auto answers = predict("given.fold 'movie was good' 'movie was bad' 'movie was not good'");
  BOOST_TEST_REQUIRE(answers.size() == 3);
  const double positive[] = {0.72157476, 0.60782674, 0.72063223};
  for (std::size_t i = 0; i < 3; ++i)
    check_close(answers[i]["outputs"]["positive"], {positive[i]}, 2e-7);
  check_close(answers[0]["outputs"]["state"], {-0.12510595, -0.55606032, -0.55716700}, 2e-7);
}

BOOST_AUTO_TEST_CASE(two_letters_of_hello) {
  write("hello.txt", "hello");
  write("hello.fold", letter_network);
  const auto outputs = predict("hello.fold he").at(0).at("outputs");
  check_close(outputs["state"].at(0), {0.693168, 0.899554, 0.802119}, 1e-6);
  check_close(outputs["state"].at(1), {0.936534, 0.949104, 0.762341}, 1e-6);
  const auto& scores = outputs["scores"].at(1);
  check_close(nlohmann::json::array({scores["h"], scores["e"], scores["l"], scores["o"]}),
              {1.906075, 1.137792, 0.956664, 1.274228}, 2e-6);
  const auto& next = outputs["next_letter"].at(1);
  check_close(nlohmann::json::array({next["h"]}), {0.419747}, 1e-6);
  for (const char* letter : {"e", "l", "o"}) BOOST_TEST(next[letter] < next["h"]);
  BOOST_TEST(unfold("predict hello.fold he").out.find("1  \"h\" 0.4197") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(hello_can_be_learnt) {
  write("hello.txt", "hello");
  write("hello.fold", letter_network);
  const Ran trained = unfold("train hello.fold --out run");
  BOOST_TEST_REQUIRE(trained.code == 0, trained.err);
  BOOST_TEST(unfold("generate run --prime he --length 1 --temperature 0").out == "hel\n");
}

BOOST_AUTO_TEST_SUITE_END()
