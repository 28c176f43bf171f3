// What `generate` can draw from, and that `check` and `train` say so where it cannot.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Generate : Workshop {
  /// A language model of words whose model block begins with `lines`, which make h.
  void model(const std::string& name, const std::string& lines) const {
    write("words.tsv", "word\nabba\nbaab\nabab\nbaba\n");
    write(name,
          R"(data { rows = table("words.tsv"); ch = characters(rows, start = true, end = true) }
model {
  x = one_hot(ch)
)" + lines + R"(
  logits = dense(h, vocab(ch))
  sample next(ch) from logits
  loss = cross_entropy(logits, next(ch))
}
train { epochs = 1; batch = 2 }
)");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(generating, Generate)

BOOST_AUTO_TEST_CASE(what_cannot_be_drawn_is_a_warning_before_training) {
  model("steps.fold", R"(  param W : [width(x), width(x)]
  for t in x {
    if t % 2 == 0 { h[t] = x[t] @ W } else { h[t] = x[t] }
  })");
  const Ran checked = unfold("check steps.fold");
  BOOST_TEST(checked.code == 0);
  BOOST_TEST(has(checked.out, "steps.fold: no errors, 1 warning\n"), checked.out);
  BOOST_TEST(has(checked.err, "steps.fold:6:8: warning: "), checked.err);
  BOOST_TEST(has(checked.err, "`unfold generate` cannot draw"), checked.err);
  const auto json = nlohmann::json::parse(unfold("check steps.fold --json").out);
  BOOST_TEST_REQUIRE(json.size() == 1u);
  BOOST_TEST(json[0]["severity"] == "warning");
  BOOST_TEST(json[0]["where"]["line"] == 6);
  const Ran trained = unfold("train steps.fold --out run");
  BOOST_TEST(trained.code == 0, trained.err);
  BOOST_TEST(has(trained.err, "steps.fold:6:8: warning: "), trained.err);
  BOOST_TEST(unfold("generate run").code == 1);
}

BOOST_AUTO_TEST_CASE(what_reads_later_symbols_is_a_warning) {
  for (const char* lines : {"  h = bidirectional(gru, x, units = 2)", "  h = gru(reverse(x), 2)",
                            "  h = gru(x, 2) * last(x)[0]"}) {
    model("later.fold", lines);
    const Ran checked = unfold("check later.fold");
    BOOST_TEST(checked.code == 0);
    BOOST_TEST(has(checked.err, "later.fold:4:"), checked.err);
    BOOST_TEST(has(checked.err, "one piece of it at a time"), checked.err);
  }
}

BOOST_AUTO_TEST_CASE(values_that_are_not_sampled_from_may_read_all_symbols) {
  model("aside.fold", R"(  a = dense(last(bidirectional(gru, x, units = 2)), 1)
  b = last(dense(reverse(x), 1))
  metric aside = mean_squared_error(a, b)
  h = gru(x, 2))");
  const Ran checked = unfold("check aside.fold");
  BOOST_TEST(checked.err == "");
  BOOST_TEST(has(checked.out, "no problems"), checked.out);
  BOOST_TEST(unfold("train aside.fold --out run").code == 0);
  const Ran drawn = unfold("generate run --length 5");
  BOOST_TEST(drawn.code == 0, drawn.err);
  BOOST_TEST(!drawn.out.empty());
}

// Both layers are called f; which is the second one is not known if the first is not built.
BOOST_AUTO_TEST_CASE(parameters_are_never_taken_for_those_of_another_layer) {
  model("twice.fold", R"(  a = last(f(reverse(x)))
  metric aside = mean_squared_error(a, 0 * a)
  h = tanh(f(x)))");
  write("twice.fold", read("twice.fold") + "def f(x) { return dense(x, 2) }\n");
  BOOST_TEST(has(unfold("check twice.fold").err, "warning: "));
  BOOST_TEST(unfold("generate twice.fold").code == 1);
}

BOOST_AUTO_TEST_SUITE_END()
