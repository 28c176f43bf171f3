// `unfold bench`, and the programs that performance is measured on.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

struct Bench : Workshop {
  nlohmann::json bench(const std::string& arguments) const {
    const Ran ran = unfold("bench " + arguments + " --window 0 --json");
    BOOST_TEST_REQUIRE(ran.code == 0, ran.err);
    BOOST_TEST(ran.err == "");
    return nlohmann::json::parse(ran.out);
  }
  void check_failure(const std::string& arguments, int code, const std::string& message) const {
    const Ran ran = unfold("bench " + arguments + " --window 0");
    BOOST_TEST(ran.code == code, arguments);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(ran.err.find(message) != std::string::npos, ran.err);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(benches, Bench)

BOOST_AUTO_TEST_CASE(a_model_needs_no_data_for_made_up_steps) {
  BOOST_TEST_REQUIRE(unfold("train good.fold --out run --set train.epochs=1").code == 0);
  BOOST_TEST_REQUIRE(shell("rm reviews.tsv").code == 0);
  BOOST_TEST(bench("run --steps 4").contains("tokens_per_second"));
}

BOOST_AUTO_TEST_CASE(says_speed_memory_and_where_the_time_goes) {
  const Ran ran = unfold("bench good.fold --window 0 --threads 1");
  BOOST_TEST_REQUIRE(ran.code == 0, ran.err);
  BOOST_TEST(ran.err == "");
  for (const char* part :
       {"training: 3 examples of up to 4 steps, 10 tokens and 16.7 % padding; 1 thread",
        "tokens a second", "median", "ms a step", "GFLOP/s", "% of the peak", "\npeak  ",
        "\nmemory  ", "arenas", "\nkernels", "\nclipping and optimizer", "\noperation", "\nfused",
        "\nlayer", "\nh ", "\nline", "good.fold:8", "h = rnn(x, units = 3)"})
    BOOST_TEST(ran.out.find(part) != std::string::npos, part << " is not in\n" << ran.out);
}

BOOST_AUTO_TEST_CASE(json_has_the_same_for_programs) {
  const auto json = bench("good.fold");
  for (const char* key : {"tokens_per_second", "tokens_per_second_median", "seconds_per_step",
                          "seconds_per_step_median", "work_per_step", "gflops", "peak_gflops",
                          "share_of_peak", "resident_bytes", "memory_growth", "memory_peak_growth",
                          "arena_bytes", "threads", "shards"})
    BOOST_TEST(json.value(key, nlohmann::json()).is_number(), key);
  BOOST_TEST(json["tokens"] == 10);
  BOOST_TEST(json["padding"].get<double>() > 0.16);
  const auto& profile = json["profile"];
  for (const char* table : {"operations", "layers", "lines"}) {
    BOOST_TEST_REQUIRE(profile[table].size() > 0u);
    for (const char* key : {"share", "forward_seconds", "backward_seconds", "calls", "gflops"})
      BOOST_TEST(profile[table][0].value(key, nlohmann::json()).is_number(), key);
    BOOST_TEST(profile[table][0]["name"].is_string());
  }
}

BOOST_AUTO_TEST_CASE(batches_can_be_made_up_in_any_size) {
  const auto json = bench("good.fold --batch 6 --steps 9 --threads 2");
  BOOST_TEST(json["examples"] == 6);
  BOOST_TEST(json["steps"] == 9);
  BOOST_TEST(json["tokens"] == 54);
  BOOST_TEST(json["threads"] == 2);
}

// Programs whose arenas are most of what the process holds, and one that is smaller than the
// libraries it runs on; nothing else may be forgotten by 20 %.
BOOST_AUTO_TEST_CASE(summary_forecasts_the_memory_of_the_process) {
  write("large.fold", program("h = lstm(one_hot(review), units = 64)\n"
                              "p = dense(last(h), 1)\n"
                              "loss = binary_cross_entropy(p, sentiment)",
                              "optimizer = adam(rate = 0.01)"));
  for (const std::string shape :
       {"large.fold --batch 256 --steps 60", "large.fold --batch 16 --steps 800",
        "good.fold --batch 16 --steps 50"}) {
    const Ran ran = unfold("summary --json " + shape);
    BOOST_TEST_REQUIRE(ran.code == 0, ran.err);
    const auto expected = nlohmann::json::parse(ran.out)["training"];
    const auto measured = bench(shape);
    BOOST_TEST(expected["arena_bytes"] == measured["arena_bytes"]);
    BOOST_TEST(expected["work"] == measured["work_per_step"]);
    const auto forecast = expected["resident_bytes"].get<double>();
    const auto resident = measured["resident_bytes"].get<double>();
    if (resident == 0) continue;  // this system does not say
    BOOST_TEST(forecast / resident > 0.8, shape << ": " << forecast << " and " << resident);
    BOOST_TEST(forecast / resident < 1.2, shape << ": " << forecast << " and " << resident);
  }
}

BOOST_AUTO_TEST_CASE(a_text_runs_its_first_piece_with_the_states_carried) {
  write("text.txt", "hello there, hello here");
  write("text.fold", R"(data { t = text("text.txt"); c = characters(t) }
model {
  logits = dense(gru(embedding(c, 4), 5), vocab(c))
  loss   = cross_entropy(logits, next(c))
  sample next(c) from logits
}
train { optimizer = adam(rate = 0.01); batch = 2; truncate = 5 }
)");
  BOOST_TEST(bench("text.fold")["tokens"] == 10);
  BOOST_TEST(bench("text.fold --set train.truncate=3")["tokens"] == 6);
  BOOST_TEST(bench("text.fold --batch 3 --steps 20")["tokens"] == 60);
  const auto inference = bench("text.fold --inference");
  BOOST_TEST(inference["work_per_step"] < bench("text.fold")["work_per_step"]);
  check_failure("text.fold --batch 100", 1, "100 streams need at least 101");
}

BOOST_AUTO_TEST_CASE(wrong_use_and_programs_that_cannot_be_measured) {
  check_failure("", 2, "FILE");
  check_failure("good.fold --batch 0", 2, "--batch");
  check_failure("good.fold --steps x", 2, "--steps");
  check_failure("good.fold --mixed --steps 4", 2, "--mixed");
  check_failure("nowhere.fold", 1, "nowhere.fold");
  write("silent.fold", program("p = dense(last(one_hot(review)), 1)\n"
                               "loss = binary_cross_entropy(p, sentiment)"));
  check_failure("silent.fold --inference", 1, "nothing to predict");
}

BOOST_AUTO_TEST_CASE(the_programs_for_comparison_are_sound) {
  const std::string folder = UNFOLD_SOURCE_DIR "/tests/bench";
  const Ran data = shell("mkdir -p tests && cp -r '" + folder +
                         "' tests/bench && sh tests/bench/make_data.sh build/bench");
  BOOST_TEST_REQUIRE(data.code == 0, data.err);
  for (const char* cell : {"lstm", "gru", "rnn", "own-lstm"})
    for (const char* configuration : {"a", "b", "c", "d", "e"}) {
      const std::string file = std::string("tests/bench/") + configuration + "-" + cell + ".fold";
      BOOST_TEST(unfold("check " + file).code == 0, file);
    }
  for (const std::string configuration : {"a", "b", "c", "d", "e"}) {
    const std::string file = "tests/bench/" + configuration;
    const Ran same = unfold("diff " + file + "-lstm.fold " + file + "-own-lstm.fold --steps 4");
    BOOST_TEST(same.code == 0, same.out << same.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
