// Every program in examples/ is checked, its gradients measured, trained and used, as a reader of
// examples/README.md would.

#include <boost/test/unit_test.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace fs = std::filesystem;

namespace {

const fs::path examples = fs::path(UNFOLD_SOURCE_DIR) / "examples";

/// Settings that make a program small enough for a test.
std::string smaller(const std::string& name) {
  static const std::map<std::string, std::string> settings = {
      {"adding", " --set length=12 --set data.task.train=300 --set data.task.valid=50"},
      {"source", " --set units=12"}};
  const auto found = settings.find(name);
  return found == settings.end() ? "" : found->second;
}

/// A copy of examples/, and the text that ./demo would collect.
struct Examples : Workshop {
  Examples() {
    fs::copy(examples, root / "examples", fs::copy_options::recursive);
    fs::create_directories(root / "build/demo");
    std::string text;
    for (int i = 0; i < 400; ++i)
      text += "int f" + std::to_string(i) + "(int x) { return x + " + std::to_string(i) + "; }\n";
    write("build/demo/source.txt", text);
    for (const auto& entry : fs::directory_iterator(examples))
      if (entry.path().extension() == ".fold") names.push_back(entry.path().stem().string());
  }

  Ran succeeds(const std::string& arguments) const {
    Ran ran = unfold(arguments);
    BOOST_TEST(ran.code == 0, "unfold " << arguments << "\n" << ran.err << ran.out);
    return ran;
  }

  /// What the best model of a training measures, by name.
  nlohmann::json learnt(const std::string& name, const std::string& settings = "") const {
    succeeds("train examples/" + name + ".fold --out runs/" + name + settings);
    return nlohmann::json::parse(succeeds("eval runs/" + name + " --json").out);
  }

  std::vector<std::string> names;
};

double probability(const Examples& at, const std::string& review) {
  const Ran ran = at.succeeds("predict runs/sentiment --json '" + review + "'");
  return nlohmann::json::parse(ran.out).at(0).at("outputs").at("positive").at(0).get<double>();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(examples_of_the_project, Examples)

BOOST_AUTO_TEST_CASE(the_list_names_each) {
  const std::string list = read("examples/README.md");
  for (const std::string& name : names)
    BOOST_TEST((list.find("[" + name + ".fold](" + name + ".fold)") != std::string::npos), name);
}

BOOST_AUTO_TEST_CASE(each_is_without_problems) {
  for (const std::string& name : names) {
    const std::string file = "examples/" + name + ".fold";
    BOOST_TEST(succeeds("check " + file).out.starts_with(file + ": no problems\n"));
    succeeds("summary " + file);
    succeeds("inspect " + file + " --steps 2 --rolled");
  }
}

BOOST_AUTO_TEST_CASE(each_has_the_gradients_of_its_loss) {
  for (const std::string& name : names) {
    const Ran ran = succeeds("gradcheck examples/" + name + ".fold --json" + smaller(name));
    const auto rows = nlohmann::json::parse(ran.out);
    BOOST_TEST(!rows.empty());
    for (const auto& row : rows) BOOST_TEST(row["passed"] == true, name << " " << row);
  }
}

BOOST_AUTO_TEST_CASE(each_trains_and_answers) {
  for (const std::string& name : names) {
    const std::string run = "runs/" + name;
    succeeds("train examples/" + name + ".fold --out " + run + " --set train.epochs=2" +
             smaller(name));
    for (const char* file : {"best.safetensors", "last.safetensors", "log.jsonl"})
      BOOST_TEST(fs::exists(root / run / file), run << "/" << file);
    BOOST_TEST((succeeds("eval " + run).out.find("loss ") != std::string::npos));
    const std::string input = name == "source" ? " 'int f1'" : "";
    const auto answers = nlohmann::json::parse(succeeds("predict " + run + " --json" + input).out);
    BOOST_TEST(answers.size() > 0);
    for (const auto& answer : answers) BOOST_TEST(!answer.at("outputs").empty());
  }
}

BOOST_AUTO_TEST_CASE(those_with_symbols_to_draw_generate) {
  succeeds("train examples/source.fold --out runs/source --set train.epochs=2" + smaller("source"));
  const Ran text = succeeds("generate runs/source --prime 'int f' --length 40");
  BOOST_TEST(text.out.starts_with("int f"));
  BOOST_TEST(text.out.size() == 5 + 40 + 1);
  BOOST_TEST(text.out == succeeds("generate runs/source --prime 'int f' --length 40").out);
  BOOST_TEST(text.out != succeeds("generate runs/source --prime 'int f' --length 40 --seed 2").out);
  learnt("reber");
  const Ran word = succeeds("generate runs/reber --length 200");
  BOOST_TEST(word.out.starts_with("B"));
  BOOST_TEST(word.out.ends_with("E\n"));  // it stops by itself
}

BOOST_AUTO_TEST_CASE(a_number_in_a_number_out) { BOOST_TEST(learnt("curve")["rms"] < 0.2); }

BOOST_AUTO_TEST_CASE(a_vector_in_a_sequence_out) {
  BOOST_TEST(learnt("wave")["loss"] < 0.05);  // 0.5: a wave is not drawn at all
}

BOOST_AUTO_TEST_CASE(a_sequence_in_one_answer_out) {
  learnt("sentiment");
  BOOST_TEST(probability(*this, "not bad at all") > 0.8);
  BOOST_TEST(probability(*this, "not good at all") < 0.2);
  BOOST_TEST(learnt("language")["accuracy"] > 0.5);  // 1/3: guessed
}

BOOST_AUTO_TEST_CASE(a_sequence_in_an_answer_for_each_step) {
  BOOST_TEST(learnt("running_parity")["accuracy"] > 0.95);
  BOOST_TEST(learnt("copy")["accuracy"] > 0.95);
  BOOST_TEST(learnt("sine")["rms"] < 0.2);
}

BOOST_AUTO_TEST_CASE(a_sequence_in_a_sequence_of_another_length_out) {
  BOOST_TEST(learnt("numerals")["exact"] > 0.8);
  BOOST_TEST(succeeds("generate runs/numerals --input 333").out == "CCCXXXIII\n");
  const auto answers = nlohmann::json::parse(succeeds("predict runs/numerals --json 6 333").out);
  BOOST_TEST(answers[0]["input"] == "6");
  BOOST_TEST(answers[0]["outputs"]["numeral"] == "VI");
  BOOST_TEST(answers[1]["outputs"]["numeral"] == "CCCXXXIII");
  const Ran wrong = unfold("generate runs/numerals --input 3 --temperature 0");
  BOOST_TEST(wrong.code == 2);
  BOOST_TEST((wrong.err.find("--input excludes --temperature") != std::string::npos), wrong.err);
}

BOOST_AUTO_TEST_CASE(cells_of_ones_own_learn) {
  BOOST_TEST(learnt("cells")["accuracy"] > 0.9);
  fs::remove_all(root / "runs");
  BOOST_TEST(learnt("cells", " --set cell=gated")["accuracy"] > 0.9);
}

BOOST_AUTO_TEST_SUITE_END()
