// The command as a process: exit codes, what goes to which stream, and what each verb prints.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_success(const Ran& ran) {
  BOOST_TEST(ran.code == 0, "exit code " << ran.code << ": " << ran.err);
  BOOST_TEST(ran.err == "");
}

void check_wrong_use(const Ran& ran, const std::string& message) {
  BOOST_TEST(ran.code == 2);
  BOOST_TEST(ran.out == "");
  BOOST_TEST(has(ran.err, message), ran.err);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command, Workshop)

BOOST_AUTO_TEST_CASE(says_what_it_can_do) {
  const Ran help = unfold("--help");
  check_success(help);
  for (const char* verb :
       {"check", "summary", "inspect", "gradcheck", "bench", "diff", "data", "help"}) {
    BOOST_TEST(has(help.out, verb));
    const Ran of_verb = unfold(std::string(verb) + " --help");
    check_success(of_verb);
    BOOST_TEST(has(of_verb.out, std::string("Example: unfold ") + verb), of_verb.out);
  }
  const Ran version = unfold("--version");
  check_success(version);
  BOOST_TEST(version.out.starts_with("unfold "));
}

BOOST_AUTO_TEST_CASE(wrong_use_exits_with_2) {
  check_wrong_use(unfold(""), "VERB");
  check_wrong_use(unfold("chek good.fold"), "did you mean 'check'?");
  check_wrong_use(unfold("zzzzzz"), "there is no verb 'zzzzzz'");
  check_wrong_use(unfold("check"), "FILE");
  check_wrong_use(unfold("check good.fold --colour"), "--colour");
  check_wrong_use(unfold("check good.fold other.fold"), "other.fold");
  check_wrong_use(unfold("inspect good.fold --stage sideways"), "sideways");
  check_wrong_use(unfold("inspect good.fold --format tiff"), "tiff");
  check_wrong_use(unfold("inspect good.fold --steps none"), "--steps takes a number");
  check_wrong_use(unfold("inspect good.fold --steps 0"), "--steps takes a number");
  check_wrong_use(unfold("inspect good.fold --steps sentiment=3"), "the program has review");
  check_wrong_use(unfold("inspect good.fold --stage plan --format dot"), "a plan is shown as text");
  check_wrong_use(unfold("gradcheck good.fold --threads 0"), "--threads");
  for (const char* seed : {"x", "-1", "1e3", "99999999999999999999"})
    check_wrong_use(unfold(std::string("gradcheck good.fold --seed ") + seed), "--seed: takes");
  check_wrong_use(unfold("help lsmt"), "did you mean 'lstm'?");
  check_wrong_use(unfold("data addin"), "did you mean 'adding'?");
  check_wrong_use(unfold("data adding length=0"), "length");
  check_wrong_use(unfold("data adding lenght=9"), "the nearest is `length`");
  check_wrong_use(unfold("data adding 9"), "name=value");
}

BOOST_AUTO_TEST_CASE(check_says_that_a_good_program_is_good) {
  const Ran text = unfold("check good.fold");
  check_success(text);
  BOOST_TEST(text.out.starts_with("good.fold: no problems\n"));
  BOOST_TEST(has(text.out, "31"));
  const Ran json = unfold("check good.fold --json");
  check_success(json);
  BOOST_TEST(nlohmann::json::parse(json.out) == nlohmann::json::array());
}

BOOST_AUTO_TEST_CASE(settings_can_be_replaced_everywhere) {
  write("sized.fold", "let units = 3\n" + program("h = rnn(one_hot(review), units)\n"
                                                  "p = dense(last(h), 1)\n"
                                                  "loss = binary_cross_entropy(p, sentiment)"));
  const auto parameters = [&](const std::string& set) {
    const Ran ran = unfold("summary sized.fold --json" + set);
    check_success(ran);
    return nlohmann::json::parse(ran.out)["parameters"].get<int>();
  };
  BOOST_TEST(parameters("") == 31);
  BOOST_TEST(parameters(" --set units=4") == 5 * 4 + 4 * 4 + 4 + 4 + 1);
  const Ran unknown = unfold("check sized.fold --set unit=4");
  BOOST_TEST(unknown.code == 1);
  BOOST_TEST(has(unknown.err, "did you mean 'units'?"), unknown.err);
  check_wrong_use(unfold("check sized.fold --set units"), "NAME=VALUE");
}

BOOST_AUTO_TEST_CASE(summary_counts_the_lectures_parameters) {
  const Ran text = unfold("summary good.fold");
  check_success(text);
  for (const char* part : {"27", "31 parameters", "[time(review), units=3]", "124 bytes"})
    BOOST_TEST(has(text.out, part), text.out);
  const auto json = nlohmann::json::parse(unfold("summary good.fold --json").out);
  BOOST_TEST(json["parameters"] == 31);
  BOOST_TEST(json["layers"][1]["parameters"] == 27);
  BOOST_TEST(json["layers"][2]["parameters"] == 4);
}

BOOST_AUTO_TEST_CASE(summary_says_what_training_will_take) {
  const Ran text = unfold("summary good.fold --steps 7 --batch 5");
  check_success(text);
  BOOST_TEST(has(text.out, "31 parameters"), text.out);
  BOOST_TEST(has(text.out, "training on 5 examples of 7 steps, in "), text.out);
  const auto training = [&](const std::string& verb, const std::string& more) {
    const Ran ran = unfold(verb + " good.fold --steps 7 --batch 5 --json" + more);
    check_success(ran);
    return nlohmann::json::parse(ran.out);
  };
  const auto forecast = training("summary", "")["training"];
  const auto measured = training("bench", " --window 0");
  BOOST_TEST(forecast["arena_bytes"] == measured["arena_bytes"]);
  BOOST_TEST(forecast["work"] == measured["work_per_step"]);
  BOOST_TEST(forecast["shards"] == measured["shards"]);
  BOOST_TEST(!nlohmann::json::parse(unfold("summary good.fold --json").out).contains("training"));
  check_wrong_use(unfold("summary good.fold --batch 5"), "give --steps N");
  check_wrong_use(unfold("summary good.fold --steps 0"), "--steps");
}

BOOST_AUTO_TEST_CASE(passes_can_be_left_out_wherever_a_graph_is_compiled) {
  const auto numbers = [&](const std::string& verb, const std::string& passes) {
    const Ran ran = unfold(verb + " --json --passes " + passes);
    BOOST_TEST(ran.code == 0, verb << " " << passes << ": " << ran.err);
    return nlohmann::json::parse(ran.out);
  };
  for (const char* passes : {"none", "all,-join_steps,-views", "simplify,join_products"}) {
    const auto loss = numbers("eval good.fold", passes)["loss"].get<double>();
    BOOST_TEST(std::abs(loss - numbers("eval good.fold", "all")["loss"].get<double>()) < 1e-5);
    for (const auto& row : numbers("gradcheck good.fold", passes))
      BOOST_TEST(row["passed"] == true);
    numbers("predict good.fold", passes);
    numbers("bench good.fold --window 0", passes);
    numbers("train good.fold --set train.epochs=1 --out run-" + std::string(passes), passes);
  }
  const auto calls = [&](const std::string& passes) {
    const Ran ran = unfold("inspect good.fold --stage plan --passes " + passes);
    check_success(ran);
    return std::count(ran.out.begin(), ran.out.end(), '\n');
  };
  BOOST_TEST(calls("all,-fuse_elementwise") > calls("all"));
  BOOST_TEST(calls("all,-views") > calls("all"));
  BOOST_TEST(calls("none") > calls("all,-views"));
  const auto nodes = [&](const std::string& passes) {
    return unfold("inspect good.fold --stage optimized --passes " + passes).out;
  };
  BOOST_TEST(nodes("none") != nodes("all"));
  check_wrong_use(unfold("inspect good.fold --stage plan --passes all,-join_step"),
                  "did you mean 'join_steps'?");
  check_wrong_use(unfold("eval good.fold --passes simplfy"), "did you mean 'simplify'?");
}

// The number of shards decides a sum's last bits, so the loss of the same numbers is the same.
BOOST_AUTO_TEST_CASE(a_program_is_evaluated_in_the_shards_it_says_as_its_model_is) {
  std::string rows = "x\ty\n";
  for (int i = 1; i <= 64; ++i) rows += fmt::format("{}\t{}\n", 1.0 / i, i % 7);
  write("line.tsv", rows);
  write("line.fold", R"(data {
  rows = table("line.tsv")
  x = number(rows, column = "x")
  y = number(rows, column = "y")
}
model {
  param w : [1] = normal(1)
  loss = mean_squared_error(w * x, y)
}
train { optimizer = sgd(rate = 1e-30); epochs = 1; batch = 64; shards = 5 }
)");
  BOOST_TEST(unfold("train line.fold --out run-line").code == 0);
  const auto loss_of = [&](const std::string& model) {
    return nlohmann::json::parse(unfold("eval " + model + " --json").out)["loss"].get<double>();
  };
  BOOST_TEST(loss_of("line.fold") == loss_of("run-line"));
}

BOOST_AUTO_TEST_CASE(what_is_not_expected_is_told_as_it_was_written) {
  check_wrong_use(unfold("summary good.fold --passes none"), "not expected here: --passes none\n");
  check_wrong_use(unfold("inspect good.fold --steps review=3,review=4"), "review is given twice");
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_in_no_range) {
  for (const char* number : {"nan", "NaN", "-nan", "inf", "-1", "1e9", "0.5x"}) {
    check_wrong_use(unfold(std::string("generate good.fold --temperature=") + number),
                    "takes a number from 0 to 1000");
    check_wrong_use(unfold(std::string("bench good.fold --window=") + number),
                    "takes a number from 0 to 3600");
  }
}

BOOST_AUTO_TEST_CASE(inspect_shows_every_stage) {
  const Ran forward = unfold("inspect good.fold --steps 2");
  check_success(forward);
  BOOST_TEST(has(forward.out, "step 1"));
  BOOST_TEST(!has(forward.out, "step 2"));
  BOOST_TEST(!has(forward.out, "backward"));
  const Ran backward = unfold("inspect good.fold --steps review=2 --stage backward");
  check_success(backward);
  BOOST_TEST(has(backward.out, "backward, step 0"));
  BOOST_TEST(has(backward.out, "grad:h.W"));
  const Ran plan = unfold("inspect good.fold --stage plan");
  check_success(plan);
  BOOST_TEST(has(plan.out, "batched phase"));
  const auto rolled = [&](const std::string& more) {
    const Ran ran = unfold("inspect good.fold --stage optimized --rolled" + more);
    check_success(ran);
    return ran.out;
  };
  for (const char* part :
       {"for each shard of the batch", "backward, h", "steps 1 to ", "matmul [3]"})
    BOOST_TEST(has(rolled(" --steps 6"), part), rolled(" --steps 6"));
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  BOOST_TEST(lines(rolled(" --steps 60")) <= lines(rolled(" --steps 20")) + 2);
  BOOST_TEST(lines(rolled(" --steps 60")) < 40);
  BOOST_TEST(unfold("inspect good.fold --stage plan --rolled").out == rolled(""));
  const Ran dot = unfold("inspect good.fold --stage backward --format dot --rolled");
  check_success(dot);
  BOOST_TEST(dot.out.starts_with("digraph"));
  BOOST_TEST(has(dot.out, "label=\"t-1\""));
}

BOOST_AUTO_TEST_CASE(memory_may_be_limited) {
  for (const char* verb : {"train good.fold", "bench good.fold", "summary good.fold --steps 9"})
    for (const char* size : {"lots", "1Gb!", "-1GiB", "0"})
      check_wrong_use(unfold(std::string(verb) + " --memory=" + size),
                      "--memory takes a size such as 1GiB or 800MB");
  write("long.fold", program("h = lstm(one_hot(review), units = 8)\nloss = "
                             "binary_cross_entropy(dense(last(h), 1), sentiment)"));
  const auto bytes = [&](const std::string& options) {
    const Ran ran = unfold("summary long.fold --json --steps 200 --batch 50 " + options);
    BOOST_TEST(ran.code == 0, ran.err);
    return nlohmann::json::parse(ran.out)["training"]["arena_bytes"].get<std::int64_t>();
  };
  BOOST_TEST(bytes("--memory 1MB") < bytes(""));
  BOOST_TEST(bytes("--memory 1TB") == bytes(""));
  const Ran ran = unfold("train long.fold --set train.epochs=1 --memory 1MB --out run");
  BOOST_TEST(ran.code == 0, ran.err);
}

BOOST_AUTO_TEST_CASE(gradcheck_passes_and_does_not_depend_on_threads) {
  const Ran one = unfold("gradcheck good.fold --threads 1");
  check_success(one);
  BOOST_TEST(has(one.out, "h.W"));
  BOOST_TEST(!has(one.out, "WRONG"));
  BOOST_TEST(one.out == unfold("gradcheck good.fold --threads 2").out);
  const auto rows = nlohmann::json::parse(unfold("gradcheck good.fold --json").out);
  BOOST_TEST(rows.size() == 4);
  for (const auto& row : rows) BOOST_TEST(row["passed"] == true);
}

BOOST_AUTO_TEST_CASE(data_writes_what_a_program_can_read) {
  const Ran first = unfold("data adding length=5 train=4 --seed 3");
  check_success(first);
  BOOST_TEST(first.out.starts_with("input\ttarget\n"));
  BOOST_TEST(std::count(first.out.begin(), first.out.end(), '\n') == 5);
  BOOST_TEST(first.out == unfold("data adding length=5 train=4 --seed 3").out);
  BOOST_TEST(first.out != unfold("data adding length=5 train=4 --seed 4").out);
  for (const char* task : {"copy_memory", "reber", "temporal_order", "parity", "sine"}) {
    const Ran ran = unfold(std::string("data ") + task + " train=2");
    check_success(ran);
    BOOST_TEST(ran.out.size() > 20);
  }
}

BOOST_AUTO_TEST_CASE(help_explains_by_name) {
  const Ran list = unfold("help");
  check_success(list);
  for (const char* name :
       {"lstm", "cross_entropy", "adam", "cosine", "table", "words", "matmul", "zeros", "uniform",
        "glorot", "orthogonal", "rows", "load", "optimizer", "schedule", "best", "patience"}) {
    BOOST_TEST(has(list.out, name));
    const Ran page = unfold(std::string("help ") + name);
    check_success(page);
    BOOST_TEST(page.out.starts_with(name));
  }
  BOOST_TEST(has(unfold("help lstm").out, "def lstm(x, units"));
  BOOST_TEST(has(unfold("help adam").out, "0.001"));
  BOOST_TEST(has(unfold("help uniform").out, "param W : [n, m] = uniform(a, b)"));
  for (const char* optimizer : {"sgd", "rmsprop", "adagrad", "adam", "adamw"}) {
    BOOST_TEST(has(unfold("help optimizer").out, std::string("\n    ") + optimizer));
    BOOST_TEST(has(unfold(std::string("help ") + optimizer).out, "rate"));
  }
  BOOST_TEST(has(unfold("help schedule").out, "\n    cosine"));
  BOOST_TEST(has(unfold("help best").out, "max(METRIC)"));
}

BOOST_AUTO_TEST_CASE(results_that_cannot_be_written_are_a_failure) {
  const Ran full = shell("\"$UNFOLD\" help >/dev/full");
  BOOST_TEST(full.code == 1);
  BOOST_TEST(has(full.err, "standard output: No space left on device"), full.err);
  for (const std::string of : {"--version", "data adding train=2000"}) {
    const Ran ran = shell("\"$UNFOLD\" " + of + " >/dev/full");
    BOOST_TEST(ran.code == 1);
    BOOST_TEST(has(ran.err, "standard output: No space left on device"), ran.err);
  }
  for (const std::string of : {"data adding train=20000", "inspect good.fold --steps 2000"}) {
    const Ran ran = shell("{ \"$UNFOLD\" " + of + "; echo $? >code; } | head -c 10 >/dev/null");
    BOOST_TEST(read("code") == "1\n");
    BOOST_TEST(ran.err == "");  // the reader has what it wanted
  }
  BOOST_TEST(shell("\"$UNFOLD\" check good.fold >&-").code == 1);
}

BOOST_AUTO_TEST_CASE(messages_that_nobody_reads_are_none) {
  const std::string train = "\"$UNFOLD\" train good.fold --set train.epochs=1 --out ";
  for (const std::string to : {"2>/dev/full", "2>&-"}) {
    const std::string run = to == "2>&-" ? "closed" : "full";
    const Ran ran = shell("exec " + train + run + " " + to);
    BOOST_TEST(ran.code == 0, to);
    BOOST_TEST(has(ran.out, run + "/last.safetensors"), ran.out);
    BOOST_TEST(unfold("summary " + run).code == 0);
    BOOST_TEST(shell("exec \"$UNFOLD\" check nowhere.fold " + to).code == 1, to);
    BOOST_TEST(shell("exec \"$UNFOLD\" chekc " + to).code == 2, to);
  }
}

BOOST_AUTO_TEST_CASE(colours_only_on_a_terminal_and_never_with_NO_COLOR) {
  write("bad.fold", program("loss = nothing"));
  BOOST_TEST(!has(unfold("check bad.fold").err, "\x1b["));
  const std::string check = " \"$UNFOLD\" check bad.fold";
  const auto coloured = terminal("TERM=xterm NO_COLOR=" + check);
  if (!coloured) {
    std::puts("command/colours is skipped: there are no terminals here");
    return;
  }
  BOOST_TEST(has(*coloured, "\x1b["), *coloured);
  const auto plain = terminal("TERM=xterm NO_COLOR=1" + check);
  BOOST_TEST_REQUIRE(plain.has_value());
  BOOST_TEST(has(*plain, "bad.fold:"), *plain);
  BOOST_TEST(!has(*plain, "\x1b["), *plain);
}

BOOST_AUTO_TEST_SUITE_END()
