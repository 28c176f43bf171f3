// What users get wrong: each with a message that says what and where, exit code 1, and nothing on
// standard output.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

struct Bad : Workshop {
  /// `unfold check FILE` fails; the messages hold all of `parts`.
  void refuses(const std::string& file, const std::vector<std::string>& parts) const {
    const Ran ran = unfold("check " + file);
    BOOST_TEST(ran.code == 1, file << ": exit code " << ran.code);
    BOOST_TEST(ran.out == "");
    for (const std::string& part : parts)
      BOOST_TEST((ran.err.find(part) != std::string::npos), "'" << part << "' is not in:\n"
                                                                << ran.err);
  }

  void refuses_model(const std::string& model, const std::vector<std::string>& parts) const {
    write("bad.fold", program(model));
    refuses("bad.fold", parts);
  }

  /// The good program with these rows.
  void refuses_rows(const std::string& rows, const std::vector<std::string>& parts) const {
    write("reviews.tsv", rows);
    refuses("good.fold", parts);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bad_input, Bad)

BOOST_AUTO_TEST_CASE(files_that_are_no_programs) {
  refuses("missing.fold", {"missing.fold", "no such file"});
  std::filesystem::create_directory(root / "folder.fold");
  refuses("folder.fold", {"folder.fold", "directory"});
  write("binary.fold", std::string("model {\0\1\2}", 11));
  refuses("binary.fold", {"binary.fold"});
  write("empty.fold", "");
  refuses("empty.fold", {"empty.fold", "empty"});
  write("latin1.fold", "# caf\xe9\nmodel { loss = 1 }\n");
  refuses("latin1.fold", {"latin1.fold", "UTF-8"});
  write("no_model.fold", "let a = 1\n");
  refuses("no_model.fold", {"no_model.fold", "model"});
  for (const char* verb : {"summary", "inspect", "gradcheck"}) {
    const Ran ran = unfold(std::string(verb) + " missing.fold");
    BOOST_TEST(ran.code == 1);
    BOOST_TEST((ran.err.find("missing.fold") != std::string::npos));
  }
}

BOOST_AUTO_TEST_CASE(all_syntax_errors_of_a_file_are_reported_with_their_lines) {
  write("bad.fold",
        "data { }\nmodel {\n  a = (1 + \n  b = ]\n  c = 3 +* 4\n}\ntrain { epochs = }\n");
  const Ran ran = unfold("check bad.fold");
  BOOST_TEST(ran.code == 1);
  BOOST_TEST((ran.err.find("bad.fold:5:") != std::string::npos), ran.err);
  BOOST_TEST((ran.err.find("bad.fold:7:") != std::string::npos), ran.err);
  BOOST_TEST((ran.err.find("  c = 3 +* 4") != std::string::npos), ran.err);
  BOOST_TEST((ran.err.find("^") != std::string::npos), ran.err);
  const auto json = nlohmann::json::parse(unfold("check bad.fold --json").out);
  BOOST_TEST(json.size() >= 2);
  for (const auto& error : json) {
    BOOST_TEST(error["where"]["file"] == "bad.fold");
    BOOST_TEST(error["where"]["line"].get<int>() >= 3);
    BOOST_TEST(error["where"]["column"].get<int>() >= 1);
    BOOST_TEST(error["message"].get<std::string>().size() > 5);
  }
}

BOOST_AUTO_TEST_CASE(unknown_names_come_with_the_nearest) {
  refuses_model("loss = mean(one_hot(reviw))",
                {"bad.fold:7:", "'reviw'", "did you mean 'review'?"});
  refuses_model("h = lstn(one_hot(review), 3)", {"'lstn'", "did you mean 'lstm'?"});
  refuses_model("h = lstm(one_hot(review), unit = 3)", {"did you mean 'units'?"});
  write("bad.fold", "data { r = tabel(\"reviews.tsv\") }\nmodel { loss = 1 }\n");
  refuses("bad.fold", {"bad.fold:1:", "did you mean 'table'?"});
}

BOOST_AUTO_TEST_CASE(wrong_shapes_are_told_with_both_shapes) {
  refuses_model("x = one_hot(review)\nparam W : [4, 3]\ny = x @ W",
                {"bad.fold:9:", "vocab(review)=5", "[4, 3]", "5 vs 4"});
  refuses_model(
      "x = one_hot(review)\nparam U : [5, 3]\nparam W : [4, 3]\n"
      "for t in x { h[t] = tanh(x[t] @ U + h[t-1] @ W) }",
      {"bad.fold:10:", "3 vs 4"});
}

BOOST_AUTO_TEST_CASE(a_loop_cannot_look_both_ways) {
  refuses_model("x = one_hot(review)\nfor t in x { h[t] = tanh(x[t] + h[t-1] + h[t+1]) }",
                {"bad.fold:8:", "h[t+1]"});
}

// The mean of errors, each of which is a mean over the batch already.
BOOST_AUTO_TEST_CASE(what_has_no_value_for_a_whole_data_set_is_found_before_it_is_measured) {
  const std::string loop =
      "x = one_hot(review)\nparam U : [5, 5]\n"
      "for t in x {\nh[t] = tanh(x[t] + h[t-1] @ U)\nl[t] = cross_entropy(h[t], review[t])\n}\n";
  const std::string wrong = "has no value for a whole data set";
  refuses_model(loop + "loss = mean_absolute_error(l, 0 * l)", {"bad.fold:13:", wrong});
  refuses_model(
      loop + "loss = cross_entropy(h, review)\nmetric steps = mean_absolute_error(l, 0 * l)",
      {"bad.fold:14:", wrong});
}

BOOST_AUTO_TEST_CASE(settings_out_of_range_are_told_with_the_range) {
  const std::pair<const char*, const char*> cases[] = {{"optimizer = adam(rate = 0)", "rate"},
                                                       {"optimizer = adam(rates = 1)", "rates"},
                                                       {"optimizer = adan(rate = 1)", "adam"},
                                                       {"batch = 0", "batch"},
                                                       {"epochs = 1.5", "epochs"},
                                                       {"clip_norm = \"much\"", "clip_norm"},
                                                       {"epoch = 3", "did you mean 'epochs'?"},
                                                       {"seed = -1", "seed"}};
  for (const auto& [train, part] : cases) {
    write("bad.fold", program(sentiment(), train));
    refuses("bad.fold", {"bad.fold:14:", part, "\n1 error\n"});
  }
  for (const char* set : {"seed=-1", "batch=0", "optimizer.rate=0", "best=max(acuracy)"})
    refuses(std::string("good.fold --set 'train.") + set + "'", {"--set train.", "\n1 error\n"});
}

BOOST_AUTO_TEST_CASE(an_unknown_setting_is_underlined_by_its_name) {
  write("bad.fold", program(sentiment(), "optimizer = adam(rat = 3)"));
  refuses("bad.fold", {"bad.fold:14:26: error: adam has no setting 'rat'; did you mean 'rate'?",
                       "adam(rat = 3) }\n                         ^~~\n"});
  refuses("good.fold --set train.optimizer.rat=3",
          {"--set train.optimizer.rat: error: sgd has no setting 'rat'; did you mean 'rate'?\n1"});
  refuses("good.fold --set train.epoch=3",
          {"--set train.epoch: error: there is no setting 'epoch' of training; did you mean "
           "'epochs'?\n1"});
}

BOOST_AUTO_TEST_CASE(only_a_text_is_cut_into_pieces) {
  for (const std::string setting : {"truncate", "length"}) {
    write("bad.fold", program(sentiment(), setting + " = 5"));
    refuses("bad.fold",
            {"bad.fold:14:", "`" + setting + "` cuts a text into pieces", "\n1 error\n"});
    refuses("good.fold --set train." + setting + "=5", {"--set train.", "\n1 error\n"});
  }
}

BOOST_AUTO_TEST_CASE(a_loss_that_trains_nothing) {
  const std::string error = "the loss depends on no parameter that is trained";
  const std::string constant = sentiment() + "\nloss = 3";
  refuses_model(constant, {error, "loss = 3", "\n1 error\n"});
  refuses_model("frozen param w : [1] = ones\nloss = mean_squared_error(w * sentiment, sentiment)",
                {error, "\n1 error\n"});
  const Ran trained = unfold("train bad.fold --out run");
  BOOST_TEST(trained.code == 1);
  BOOST_TEST((trained.err.find(error) != std::string::npos), trained.err);
  BOOST_TEST(unfold("eval bad.fold").code == 0);
}

BOOST_AUTO_TEST_CASE(bad_rows_are_told_with_their_place) {
  refuses_rows("review\tsentiment\ngood\t1\nbad\n", {"reviews.tsv:3"});
  refuses_rows("review\tsentiment\ngood\t1\nbad\t0\t7\n", {"reviews.tsv:3"});
  refuses_rows(
      "review\tsentiment\ngood\t1\nb\xff"
      "d\t0\n",
      {"reviews.tsv:3", "UTF-8"});
  refuses_rows("review\tsentiment\n\t1\n", {"good.fold:2:", "reviews.tsv:2:1: note: "});
  refuses_rows("text\tsentiment\ngood\t1\n", {"good.fold:3:", "`review`"});
  refuses_rows("", {"reviews.tsv", "empty"});
  std::filesystem::remove(root / "reviews.tsv");
  refuses("good.fold", {"good.fold:2:", "reviews.tsv"});
}

BOOST_AUTO_TEST_CASE(bad_cells_are_told_with_their_place) {
  write("reviews.tsv", "review\tsentiment\ngood\t1\nbad\tzero\n");
  const Ran number = unfold("gradcheck good.fold");
  BOOST_TEST(number.code == 1);
  BOOST_TEST((number.err.find("reviews.tsv:3:5") != std::string::npos), number.err);
  write("reviews.tsv", "review\tsentiment\ngood\t1\n\t0\n");
  const Ran empty = unfold("gradcheck good.fold");
  BOOST_TEST(empty.code == 1);
  BOOST_TEST((empty.err.find("reviews.tsv:3") != std::string::npos), empty.err);
}

BOOST_AUTO_TEST_CASE(models_that_are_none) {
  write("not.safetensors", "this is no model");
  const Ran garbage = unfold("summary not.safetensors");
  BOOST_TEST(garbage.code == 1);
  BOOST_TEST((garbage.err.find("not.safetensors") != std::string::npos), garbage.err);
  const Ran folder = unfold("summary .");
  BOOST_TEST(folder.code == 1);
  BOOST_TEST(folder.out == "");
}

BOOST_AUTO_TEST_CASE(verbs_say_what_a_program_lacks) {
  write("no_loss.fold", program("y = last(one_hot(review))\noutput y = y"));
  const Ran check = unfold("gradcheck no_loss.fold");
  BOOST_TEST(check.code == 1);
  BOOST_TEST((check.err.find("no `loss`") != std::string::npos), check.err);
  const Ran inspect = unfold("inspect no_loss.fold --stage backward");
  BOOST_TEST(inspect.code == 1);
  BOOST_TEST((inspect.err.find("no `loss`") != std::string::npos), inspect.err);
  BOOST_TEST(unfold("inspect no_loss.fold --stage plan").code == 0);
}

BOOST_AUTO_TEST_CASE(a_novel_is_no_program) {
  std::string novel;
  for (int i = 0; i < 5000; ++i) novel += "It was a dark and stormy night; the rain fell.\n";
  write("novel.fold", novel);
  const Ran ran = unfold("check novel.fold");
  BOOST_TEST(ran.code == 1);
  BOOST_TEST(std::count(ran.err.begin(), ran.err.end(), '\n') < 2000);
}

BOOST_AUTO_TEST_SUITE_END()
