// Examples that are shorter than what is asked of them, alone and beside longer ones.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/acceptance/command.h"

using nlohmann::json;
using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

const char* const header = "review\tsentiment\n";
const char* const longer = "bad movie here\t0\na very good movie\t1\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(real_steps, Workshop)

BOOST_AUTO_TEST_CASE(an_output_has_the_steps_of_its_example_on_every_axis) {
  write("pairs.fold", program("h = rnn(one_hot(review), units = 3)\n"
                              "  output pairs = h @ transpose(h)\n"
                              "  output late  = next(next(h))"));
  write("reviews.tsv", std::string(header) + "good\t1\n" + longer);
  const auto predicted = [&](const std::string& texts) {
    const Ran ran = unfold("predict pairs.fold --json " + texts);
    BOOST_REQUIRE_MESSAGE(ran.code == 0, ran.err);
    json outputs = json::array();
    for (const json& p : json::parse(ran.out)) outputs.push_back(p["outputs"]);
    return outputs;
  };
  const json together = predicted(R"("good" "bad movie here" "a very good movie")");
  const json alone = predicted(R"("bad movie here")");
  BOOST_TEST(together[0]["pairs"].size() == 1u);
  BOOST_TEST(together[1]["pairs"].size() == 3u);
  BOOST_TEST(together[1]["pairs"][0].size() == 3u);
  BOOST_TEST(together[1]["pairs"].dump() == alone[0]["pairs"].dump());
  BOOST_TEST(together[0]["late"].empty());
  BOOST_TEST(together[1]["late"].size() == 1u);
  BOOST_TEST(together[2]["late"].size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_example_with_nothing_to_predict_counts_for_nothing) {
  write("later.fold",
        program("h = rnn(one_hot(review), units = 3)\n"
                "  loss = cross_entropy(dense(h, vocab(review)), next(next(review)))\n"
                "  level = mean(next(h), over = time)\n"
                "  metric level = mean_absolute_error(level, 0 * level)"));
  const auto evaluated = [&](const std::string& rows) {
    write("reviews.tsv", header + rows);
    const Ran ran = unfold("eval later.fold --json");
    BOOST_REQUIRE_MESSAGE(ran.code == 0, ran.err);
    return json::parse(ran.out);
  };
  const json all = evaluated(longer + std::string("movie\t1\n")), rest = evaluated(longer);
  BOOST_TEST(all["loss"].get<double>() == rest["loss"].get<double>(),
             boost::test_tools::tolerance(1e-6));
  BOOST_TEST(all["level"].is_number());
}

BOOST_AUTO_TEST_CASE(a_mean_over_the_batch_is_that_of_all_real_steps_however_batches_are_cut) {
  write("huber.fold", program("e = dense(rnn(one_hot(review), units = 3), 1) - sentiment\n"
                              "  huber = where(abs(e) < 0.3, e * e / 2, abs(e) - 0.2)\n"
                              "  loss = mean(huber, over = batch)\n"
                              "  metric total = sum(huber, over = batch)\n"
                              "  output huber = huber"));
  write("reviews.tsv", std::string(header) + "good\t1\n" + longer);
  double sum = 0, steps = 0;
  for (const json& p : json::parse(unfold("predict huber.fold --json").out))
    for (const json& step : p["outputs"]["huber"]) sum += step[0].get<double>(), ++steps;
  BOOST_TEST(steps == 8);
  for (const char* cut : {"batch=1", "batch=2", "batch=3 --set train.shards=3"}) {
    const json found =
        json::parse(unfold(std::string("eval huber.fold --json --set train.") + cut).out);
    BOOST_TEST(found["loss"].get<double>() == sum / steps, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(found["total"].get<double>() == sum, boost::test_tools::tolerance(1e-5));
  }
  BOOST_TEST(unfold("gradcheck huber.fold").code == 0);
}

// Decoding runs every step by one graph, which knows no step's number.
BOOST_AUTO_TEST_CASE(what_depends_on_the_number_of_a_step_is_not_decoded) {
  const auto model = [](const std::string& rest) {
    return "data {\n"
           "  d = table(\"ab.tsv\")\n"
           "  s = characters(d, column = \"s\", order = \"ab\", start = true, end = true)\n"
           "}\n"
           "model {\n"
           "  param k : [1] = ones\n"
           "  for t in one_hot(s) {\n"
           "    if t % 2 == 0 { z[t] = [9,0,0,0]*k } else { z[t] = [0,9,0,0]*k }\n"
           "  }\n"
           "  loss = cross_entropy(z, next(s))\n"
           "  sample next(s) from z\n" +
           rest + "}\ntrain { optimizer = sgd(rate = 0.1) }\n";
  };
  write("ab.tsv", "s\nabab\nabab\n");
  write("drawn.fold", model(""));
  BOOST_TEST(unfold("check drawn.fold").code == 0);
  const Ran drawn = unfold("generate drawn.fold --length 8");
  BOOST_TEST(drawn.code == 1);
  BOOST_TEST(drawn.out == "");
  BOOST_TEST(drawn.err.find("drawn.fold:8:8: error: the number of a step is not known here") !=
                 std::string::npos,
             drawn.err);
  write("exact.fold", model("  metric right = exact(s)\n"));
  BOOST_TEST(unfold("check exact.fold").code == 1);
}

BOOST_AUTO_TEST_SUITE_END()
