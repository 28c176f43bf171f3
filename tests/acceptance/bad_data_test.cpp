// Data, model files and directories that are not as they should be, for the verbs that train and
// use: exit code 1, a message that says what and where, nothing half-written.

#include <sys/mount.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace fs = std::filesystem;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct BadData : Workshop {
  BadData() { write("letters.txt", "to be or not to be, that is the question"); }

  /// The command fails as a command should; the messages hold all of `parts`.
  void refuses(const std::string& arguments, const std::vector<std::string>& parts) const {
    const Ran ran = unfold(arguments);
    BOOST_TEST(ran.code == 1, "unfold " << arguments << ": exit code " << ran.code);
    BOOST_TEST(ran.out == "");
    for (const std::string& part : parts)
      BOOST_TEST(has(ran.err, part), "unfold " << arguments << ": '" << part << "' is not in:\n"
                                               << ran.err);
  }

  void refuses_to_train(const std::string& file, const std::vector<std::string>& parts) const {
    refuses("train " + file + " --out new", parts);
    BOOST_TEST(!fs::exists(root / "new"), "a run was left behind");
  }

  void succeeds(const std::string& arguments) const {
    const Ran ran = unfold(arguments);
    BOOST_TEST_REQUIRE(ran.code == 0, "unfold " << arguments << ":\n" << ran.err);
  }

  /// A model of `good.fold` in run/.
  void train_reviews() const { succeeds("train good.fold --out run --set train.epochs=2"); }

  void train_letters() const {
    write("letters.fold", letters("batch = 2; truncate = 4; epochs = 2"));
    succeeds("train letters.fold --out letters");
  }

  static std::string letters(const std::string& train) {
    return R"(data { file = text("letters.txt"); char = characters(file) }
model {
  logits = dense(rnn(one_hot(char), 4), vocab(char))
  loss = cross_entropy(logits, next(char))
  sample next(char) from logits
}
train { )" +
           train + " }\n";
  }
};

struct BadRows {
  const char* rows;
  std::vector<std::string> parts;
};

const BadRows bad_rows[] = {
    {"review\tsentiment\nmovie\t1\nbad\n", {"rows.tsv:3", "column"}},
    {"review\tsentiment\nmovie\t1\nbad\t0\t7\n", {"rows.tsv:3", "column"}},
    {"review\tsentiment\nmovie\t1\nbad\tzero\n", {"rows.tsv:3:5", "zero"}},
    {"review\tsentiment\nmovie\t1\nbad\tnan\n", {"rows.tsv:3:5", "nan"}},
    {"review\tsentiment\nmovie\t1\nb\xff"
     "d\t0\n",
     {"rows.tsv:3", "UTF-8"}},
    {"review\tsentiment\nmovie\t1\n\t0\n", {"rows.tsv:3", "empty"}},
    {"review\tfeeling\nmovie\t1\n", {"sentiment"}},
    {"", {"rows.tsv", "empty"}},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bad_data, BadData)

BOOST_AUTO_TEST_CASE(rows_to_train_on) {
  std::string text = read("good.fold");
  write("bad.fold", text.replace(text.find("reviews.tsv"), 11, "rows.tsv"));
  for (const BadRows& bad : bad_rows) {
    write("rows.tsv", bad.rows);
    refuses("check bad.fold", bad.parts);
    refuses_to_train("bad.fold", bad.parts);
  }
}

BOOST_AUTO_TEST_CASE(all_bad_rows_are_told) {
  std::string text = read("good.fold");
  write("bad.fold", text.replace(text.find("reviews.tsv"), 11, "rows.tsv"));
  write("rows.tsv", "review\tsentiment\nmovie\t1\nbad\ngood\t1\t2\n");
  const std::vector<std::string> parts = {"rows.tsv:3:1: error: this row has 1 column",
                                          "rows.tsv:4:1: error: this row has 3 columns"};
  refuses("check bad.fold", parts);
  refuses_to_train("bad.fold", parts);
}

BOOST_AUTO_TEST_CASE(rows_to_evaluate_and_to_predict) {
  train_reviews();
  for (const BadRows& bad : bad_rows) {
    write("rows.tsv", bad.rows);
    refuses("eval run --data rows.tsv", bad.parts);
  }
  for (const std::size_t i : {0u, 4u, 5u, 7u}) {  // prediction does not read the target
    write("rows.tsv", bad_rows[i].rows);
    refuses("predict run --file rows.tsv", {});
  }
  refuses("eval run --data missing.tsv", {"missing.tsv"});
  refuses("predict run --file missing.tsv", {"missing.tsv"});
  refuses("predict run --file .", {"directory"});
  refuses("predict run ''", {"empty"});
  refuses("predict run \"$(printf 'b\\377d')\"", {"UTF-8"});
}

BOOST_AUTO_TEST_CASE(symbols_that_training_never_saw) {
  train_reviews();
  refuses("predict run 'movie was dull'", {"\"dull\"", "unknown = true"});
  write("rows.tsv", "review\tsentiment\nmovie was good\t1\na dull movie\t0\n");
  refuses("eval run --data rows.tsv", {"rows.tsv:3", "\"a\""});
  refuses("predict run --file rows.tsv", {"rows.tsv:3", "\"a\""});
  train_letters();
  refuses("generate letters --prime 'to be!'", {"\"!\"", "unknown = true"});
  write("other.txt", "to be, Hamlet");
  refuses("eval letters --data other.txt", {"\"H\""});
}

BOOST_AUTO_TEST_CASE(a_class_that_only_validation_has) {
  write("train.tsv", "word\tkind\nrose\tflower\noak\ttree\n");
  write("valid.tsv", "word\tkind\noak\ttree\nrose\tmineral\n");
  write("kinds.fold", R"(data {
  plants = table("train.tsv", valid = "valid.tsv")
  word = characters(plants, column = "word")
  kind = class(plants, column = "kind")
}
model {
  logits = dense(last(rnn(one_hot(word), 3)), classes(kind))
  loss = cross_entropy(logits, kind)
  output kind = softmax(logits)
}
train { epochs = 1 }
)");
  refuses("check kinds.fold", {"valid.tsv:3", "mineral"});
  refuses_to_train("kinds.fold", {"valid.tsv:3", "mineral"});
  write("valid.tsv", "word\tkind\noak\ttree\n");
  succeeds("train kinds.fold --out run");
  write("rows.tsv", "word\tkind\nrose\tflower\nsoak\tmineral\n");
  refuses("eval run --data rows.tsv", {"rows.tsv:3", "mineral"});
}

BOOST_AUTO_TEST_CASE(check_tells_all_bad_cells_beside_the_errors_of_the_program) {
  write("rows.tsv", "review\tsentiment\ngood\t1\nbad\tzero\n\t0\nfine\t1\nworse\tnone\n");
  std::string text = read("good.fold");
  text.replace(text.find("reviews.tsv"), 11, "rows.tsv");
  write("bad.fold", text.replace(text.rfind("sgd"), 3, "sgb"));
  refuses("check bad.fold", {"bad.fold:", "'sgb'", "rows.tsv:3:5: error: \"zero\" is not a number",
                             "rows.tsv:4:1: error: an empty sequence",
                             "rows.tsv:6:7: error: \"none\" is not a number", "4 errors"});
  succeeds("check good.fold");
  text = read("good.fold");
  text.replace(text.find("reviews.tsv\""), 12, "rows.tsv\", skip_bad = true");
  write("skip.fold", text);
  succeeds("check skip.fold");
}

BOOST_AUTO_TEST_CASE(check_tells_bad_cells_beside_broken_rows) {
  write("rows.tsv", "review\tsentiment\ngood\t1\nbad\nbad\tzero\nfine\t1\nfine\t1\t1\n");
  std::string text = read("good.fold");
  write("bad.fold", text.replace(text.find("reviews.tsv"), 11, "rows.tsv"));
  refuses("check bad.fold", {"rows.tsv:3:1: error: this row has 1 column", "\n3 errors",
                             "rows.tsv:4:5: error: \"zero\" is not a number",
                             "rows.tsv:6:1: error: this row has 3 columns"});
  refuses_to_train("bad.fold", {"rows.tsv:3:1: error: this row has 1 column"});
}

BOOST_AUTO_TEST_CASE(rows_that_are_left_out_are_told) {
  write("rows.tsv", "review\tsentiment\ngood\t1\nbad\tzero\nbad\nbad\t0\nfine\t1\n");
  std::string text = read("good.fold");
  write("skip.fold", text.replace(text.find("reviews.tsv\""), 12, "rows.tsv\", skip_bad = true"));
  const auto tells = [&](const std::string& arguments, const std::string& count) {
    const Ran ran = unfold(arguments);
    BOOST_TEST(ran.code == 0, ran.err);
    BOOST_TEST(has(ran.err, count + " left out, the first: "), arguments << ":\n" << ran.err);
    BOOST_TEST(has(ran.err, "rows.tsv:3:5: \"zero\" is not a number"), ran.err);
  };
  tells("check skip.fold", "2 bad rows");
  tells("train skip.fold --out run --set train.epochs=1", "2 bad rows");
  tells("eval run", "2 bad rows");
  write("rows.tsv", "review\tsentiment\ngood\t1\nbad\tzero\n");
  tells("eval run --data rows.tsv", "1 bad row");
  const Ran ran = unfold("predict run --file rows.tsv");
  BOOST_TEST(ran.code == 0, ran.err);
}

BOOST_AUTO_TEST_CASE(a_run_goes_on_with_its_own_parts_parameters_and_optimizer) {
  std::string rows = "review\tsentiment\n";
  for (int i = 0; i < 12; ++i) rows += i % 2 == 0 ? "good\t1\n" : "bad\t0\n";
  write("rows.tsv", rows);
  std::string text = read("good.fold");
  text.replace(text.find("units = 3"), 9, "units = size");
  text.replace(text.find("reviews.tsv\""), 12, "rows.tsv\", valid = 3");
  write("run.fold", "let size = 3\n" + text);
  succeeds("train run.fold --out run --set train.epochs=1 --set train.optimizer=adam");
  const std::string resume = "train --resume run --set train.epochs=2";
  refuses(resume + " --set data.reviews.valid=6",
          {"split into other parts", "--set data.reviews.valid=6"});
  refuses(resume + " --seed 99", {"split into other parts", "--seed 99"});
  refuses(resume + " --set size=4", {"other parameters", "because of --set size=4"});
  refuses(resume + " --set train.optimizer='sgd(rate=0.1)'",
          {"sgd as it is set now keeps 0", "the optimizer it began with"});
  succeeds(resume);
}

BOOST_AUTO_TEST_CASE(check_reads_a_text_to_its_end) {
  write("letters.txt", "abababababababababab\nabcabab\n");
  std::string text = letters("batch = 1; truncate = 4");
  text.replace(text.find("\"letters.txt\""), 13, "\"letters.txt\", valid = 8");
  write("letters.fold", text);
  refuses("check letters.fold", {"letters.txt:2:3: error: character \"c\""});
}

BOOST_AUTO_TEST_CASE(texts_too_short) {
  write("letters.fold", letters("batch = 50; truncate = 4"));
  refuses("check letters.fold", {"letters.fold:1:", "40", "50"});
  refuses_to_train("letters.fold", {"letters.fold:1:", "40", "50"});
  write("letters.txt", "");
  refuses_to_train("letters.fold", {"letters.txt", "empty"});
}

BOOST_AUTO_TEST_CASE(model_files_that_are_damaged) {
  train_reviews();
  train_letters();
  const std::string whole = read("letters/best.safetensors");
  const std::string uses[] = {"predict bad.safetensors be", "eval bad.safetensors",
                              "generate bad.safetensors", "summary bad.safetensors",
                              "inspect bad.safetensors"};
  std::string altered = whole;
  altered[whole.size() - 5] = static_cast<char>(altered[whole.size() - 5] ^ 1);
  const std::string contents[] = {
      whole.substr(0, whole.size() - 1), whole.substr(0, 100), whole.substr(0, 5), "", altered,
      "a letter, no model at all"};
  for (const std::string& content : contents) {
    write("bad.safetensors", content);
    for (const std::string& use : uses) refuses(use, {"bad.safetensors"});
    write("letters/last.safetensors", content);
    refuses("train --resume letters", {"last.safetensors"});
    BOOST_TEST(read("letters/last.safetensors") == content);
  }
  refuses("predict missing.safetensors be", {"missing.safetensors"});
  refuses("predict nowhere be", {"nowhere"});
}

BOOST_AUTO_TEST_CASE(output_directories_that_are_not_free) {
  fs::create_directory(root / "full");
  write("full/diary", "mine");
  refuses("train good.fold --out full", {"'full'", "not empty"});
  refuses("train good.fold --out full/diary", {"not a directory"});
  BOOST_TEST(read("full/diary") == "mine");
  BOOST_TEST(std::distance(fs::directory_iterator(root / "full"), {}) == 1);
  refuses("train --resume missing", {"missing"});
}

// As an unset variable of a shell makes them.
BOOST_AUTO_TEST_CASE(empty_names) {
  train_reviews();
  for (const char* arguments : {"train good.fold --out \"\"", "train --resume \"\"",
                                "eval run --data \"\"", "predict run --file \"\""}) {
    const Ran ran = unfold(arguments);
    BOOST_TEST(ran.code == 2, arguments);
    BOOST_TEST(has(ran.err, "takes the name of a"), ran.err);
  }
}

BOOST_AUTO_TEST_CASE(a_model_that_is_not_where_its_run_stands) {
  train_reviews();
  const std::string last = read("run/last.safetensors");
  refuses("train --resume run/best.safetensors", {"last.safetensors", "unfold train run/best"});
  BOOST_TEST(read("run/last.safetensors") == last);
  write("copy.safetensors", last);
  refuses("train --resume copy.safetensors", {"not in the directory of a run"});
  succeeds("train --resume run/last.safetensors --set train.epochs=3");
}

BOOST_AUTO_TEST_CASE(parameters_that_are_no_numbers_are_not_saved) {
  refuses(
      "train good.fold --out wild --set train.epochs=1 --set train.batch=100 "
      "--set train.optimizer='sgd(rate=1e300)'",
      {"not finite", "smaller rate"});
  BOOST_TEST(!fs::exists(root / "wild/best.safetensors"));
  BOOST_TEST(!fs::exists(root / "wild/last.safetensors"));
}

BOOST_AUTO_TEST_CASE(files_that_may_grow_no_more) {
  const Ran ran =
      shell("ulimit -f 1; \"$UNFOLD\" train good.fold --out small --set train.epochs=2");
  BOOST_TEST(ran.code == 1, ran.err);
  BOOST_TEST(has(ran.err, "cannot write"), ran.err);
  BOOST_TEST(!fs::exists(root / "small/best.safetensors"));
}

BOOST_AUTO_TEST_CASE(a_run_in_use) {
  const Ran ran = shell(
      "\"$UNFOLD\" train good.fold --out busy --set train.epochs=1000000 >first 2>&1 & pid=$!\n"
      "while kill -0 $pid && [ ! -s busy/last.safetensors ]; do sleep 0.05; done\n"
      "\"$UNFOLD\" train --resume busy; code=$?\n"
      "kill -TERM $pid; wait $pid; echo $? >ended; exit $code");
  BOOST_TEST(ran.code == 1);
  BOOST_TEST(has(ran.err, "'busy' is in use"), ran.err);
  BOOST_TEST(read("ended") == "143\n");
}

BOOST_AUTO_TEST_CASE(a_run_that_another_process_has_just_begun) {
  fs::create_directory(root / "new");
  const Ran ran = shell("flock new \"$UNFOLD\" train --resume new");
  if (ran.code == 127) return;  // no `flock` here
  BOOST_TEST(ran.code == 1);
  BOOST_TEST(has(ran.err, "'new' is in use"), ran.err);
  refuses("train --resume new", {"last.safetensors"});
}

BOOST_AUTO_TEST_CASE(a_full_disk) {
  const fs::path disk = root / "disk";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
    BOOST_TEST_MESSAGE("skipped: only root can make a disk to fill");
    std::puts("bad_data/a_full_disk is skipped: only root can make a disk to fill");
    return;
  }
  write("big.fold", program("p = dense(last(rnn(one_hot(review), units = 200)), 1)\n"
                            "loss = binary_cross_entropy(p, sentiment)",
                            "epochs = 3"));
  refuses("train big.fold --out disk/run", {"disk/run", "No space left on device"});
  BOOST_TEST(fs::is_empty(disk));
  fs::create_directory(disk / "run");
  refuses("train big.fold --out disk/run", {"disk/run", "No space left on device"});
  BOOST_TEST(fs::is_empty(disk / "run"));
  succeeds("train good.fold --out disk/run");
  ::umount(disk.c_str());
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_not_finite) {
  write("bad.fold", program("x = one_hot(review)\n"
                            "param a : [1] = ones\n"
                            "for t in x {\n"
                            "  c[t] = c[t-1] + a\n"
                            "  h[t] = log(2.5 - c[t])\n"
                            "}\n"
                            "loss = binary_cross_entropy(last(h), sentiment)",
                            "epochs = 3"));
  refuses("train bad.fold --out run", {"bad.fold:11:", "not finite", "`log`", "timestep 2"});
  succeeds("summary run/last.safetensors");  // as it was before that update
}

BOOST_AUTO_TEST_SUITE_END()
