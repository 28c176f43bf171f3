// What surrounds a model: other files, `let`, and what the command line changes.

#include "tests/tools/dsl/built_program.h"
#include "tests/tools/dsl/expected_errors.h"

namespace unfold {
namespace {

using testing::BuiltProgram;

const std::string program = R"(
use "cells.fold"
let units = 3
let cell = "mine"
let deep = false
let twice = units * 2
data { task = adding(length = 4, train = 4, valid = 2) }
model {
  if cell == "mine" { h = mine(input(task), twice) } else { h = gru(input(task), twice) }
  if deep { h = rnn(h, units) }
}
train { optimizer = adam(rate = 0.002); batch = 50; if deep { epochs = 2 } else { epochs = 1 } }
)";
const BuiltProgram::Files cells{
    {"cells.fold", "use \"more.fold\"\ndef mine(x, n) { return half(x, n) }\n"},
    {"more.fold", "def half(x, n) { param V : [width(x), n]\n return x @ V / 2 }\n"}};

/// The parameters of the program with these overrides, or its errors.
std::string result(const std::vector<std::string>& overrides, const std::string& text = program) {
  BuiltProgram p(text, cells, overrides);
  if (!p.diagnostics().empty()) return p.errors();
  std::string out;
  for (const std::string& name : p.parameters()) out += name + "; ";
  return out;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

BOOST_AUTO_TEST_SUITE(program_settings)

BOOST_AUTO_TEST_CASE(definitions_of_other_files) { BOOST_TEST(result({}) == "h.half.V [2, 6]; "); }

BOOST_AUTO_TEST_CASE(lets_are_replaced_before_they_are_used) {
  BOOST_TEST(result({"units=4"}) == "h.half.V [2, 8]; ");
  BOOST_TEST(result({"twice=units+1"}) == "h.half.V [2, 4]; ");
  BOOST_TEST(result({"deep=true"}) == "h.half.V [2, 6]; h_2.W [9, 3]; h_2.b [3]; ");
  BOOST_TEST(result({"cell=gru", "units=1"}) ==
             "h.W_z [4, 2]; h.W_r [4, 2]; h.b_z [2]; h.b_r [2]; h.b_h [2]; h.W_h [4, 2]; ");
}

BOOST_AUTO_TEST_CASE(a_string_takes_what_is_no_expression) {
  const auto taken = [](const std::string& value) {
    BuiltProgram p("let file = \"a.txt\"\nlet other = \"b\"\nlet n = 1\nmodel { y = n }\n", {},
                   {"file=" + value});
    if (!p.diagnostics().empty()) return first_line(p.errors());
    return std::get<std::string>(p.program().lets().at("file"));
  };
  for (const char* text :
       {"/data/a.txt", "../b-1/*.txt", "gru", "a b", "data/2 (new).tsv", "x y\""})
    BOOST_TEST(taken(text) == text);
  BOOST_TEST(taken("\"in quotes\"") == "in quotes");
  BOOST_TEST(taken("\"3\"") == "3");
  BOOST_TEST(taken("\"never closed").starts_with("--set file:1:1: error: "));
  BOOST_TEST(taken("").starts_with("--set file:1:1: error: expected a value"));
  BOOST_TEST(taken("3") ==
             "--set file:1:1: error: `file` is a string in the program, this is a number");
  BOOST_TEST(
      first_line(result({"units=/a/b"})).starts_with("--set units:1:1: error: expected a value"));
}

BOOST_AUTO_TEST_CASE(settings_of_training_are_plain_data) {
  BuiltProgram p(program, cells,
                 {"train.optimizer.rate=0.1", "train.batch=7", "train.clip_norm=5", "deep=true"});
  p.require_no_errors();
  std::map<std::string, double> numbers;
  for (const Setting& s : p.program().train())
    if (const auto* n = std::get_if<double>(&s.value)) numbers[s.name] = *n;
  BOOST_TEST(numbers["batch"] == 7);
  BOOST_TEST(numbers["clip_norm"] == 5);
  BOOST_TEST(numbers["epochs"] == 2);
  const auto& adam = std::get<Choice>(p.program().train().front().value);
  BOOST_TEST(adam.name == "adam");
  BOOST_TEST(std::get<double>(adam.settings.front().value) == 0.1);
}

BOOST_AUTO_TEST_CASE(options_of_data) {
  BuiltProgram p(program, cells, {"data.task.length=9", "data.task.train=2"});
  p.require_no_errors();
  BOOST_TEST(p.program().data().sources.front().size(data::Part::train) == 2);
  BOOST_TEST(p.program().data().fields.front().type.steps == 9);
}

BOOST_AUTO_TEST_CASE(lets_of_the_blocks_of_data_and_training) {
  const std::string text = R"(
let n = 2
data {
  let n = n + 3
  if n > 4 { let share = n * 2 }
  task = adding(length = n, train = share)
}
model { y = dense(input(task), n) }
train { let e = n * 4; let name = "a"; epochs = e; if name == "a" { batch = e + 1 } }
)";
  BuiltProgram p(text, {}, {"data.task.valid=n"});
  p.require_no_errors();
  const data::Source& task = p.program().data().sources.front();
  BOOST_TEST(p.program().data().fields.front().type.steps == 5);
  BOOST_TEST(task.size(data::Part::train) == 10);
  BOOST_TEST(task.size(data::Part::valid) == 5);
  BOOST_TEST(p.parameters().front() == "y.W [2, 2]");
  BOOST_TEST(std::get<double>(p.program().train().at(0).value) == 8);
  BOOST_TEST(std::get<double>(p.program().train().at(1).value) == 9);
}

BOOST_AUTO_TEST_CASE(lets_in_error_are_told_once) {
  const std::string text = R"(
data {
  let n = m + 1         # error: there is no `let m`
  let k = 2 +           # error: expected a value after '+', found the end of the line
  task = adding(length = n + 8, train = k)
}
model { y = dense(input(task), 1) }
train {
  let e = "a" + 1       # error: a string and a number cannot be combined or compared
  epochs = e
  let b = 2 *           # error: expected a value after '*', found the end of the line
  batch = b
}
)";
  BuiltProgram p(text);
  testing::check_errors(text, p.diagnostics());
}

BOOST_AUTO_TEST_CASE(wrong_overrides) {
  BOOST_TEST(first_line(result({"unit=4"})) ==
             "error: --set unit: the program has no `let unit`; did you mean 'units'?");
  BOOST_TEST(first_line(result({"trian.batch=4"})) ==
             "error: --set trian.batch: the program has no `let trian.batch`; did you mean "
             "'train.batch'?");
  BOOST_TEST(first_line(result({"units"})) == "error: --set takes name=value, got 'units'");
  BOOST_TEST(first_line(result({"units=\"a\""})) ==
             "--set units:1:1: error: `units` is a number in the program, this is a string");
  BOOST_TEST(first_line(result({"train.batch.size=3"})) ==
             "--set train.batch.size: error: 'batch' has no settings of its own");
  BOOST_TEST(first_line(result({"data.task=3"})) ==
             "error: --set data.task: an option of the data block is replaced by "
             "data.LINE.OPTION=VALUE");
  BOOST_TEST(first_line(result({"train.=3"})).starts_with("error: --set train.: "));
  BOOST_TEST(
      first_line(result({"data.tsak.length=3"})) ==
      "error: --set data.tsak.length: the data block has no line 'tsak'; did you mean 'task'?");
  BOOST_TEST(first_line(result({"data.task.lenght=3"}))
                 .starts_with("--set data.task.lenght:1:1: error: "));
  BOOST_TEST(result({"data.task.lenght=3"}).find("length") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(files_that_are_used_hold_definitions_only) {
  BuiltProgram p("use \"a.fold\"\nmodel { y = k }\n", {{"a.fold", "let k = 1\nmodel { y = 1 }\n"}});
  BOOST_TEST(p.errors() ==
             "a.fold:1:5: error: a file that another one uses holds only definitions\n"
             "let k = 1\n    ^\n"
             "a.fold:2:1: error: a file that another one uses holds only definitions\n"
             "model { y = 1 }\n^~~~~\n"
             "test.fold:2:13: error: 'k' is not defined\n"
             "model { y = k }\n            ^\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there) {
  std::string message;
  try {
    BuiltProgram("use \"gone.fold\"\nmodel { y = 1 }\n");
  } catch (const Error& e) {
    message = std::to_string(e.where.line) + ":" + std::to_string(e.where.column) + " " + e.message;
  }
  BOOST_TEST(message.starts_with("1:5 "));
  BOOST_TEST(message.find("gone.fold") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_that_stand_twice) {
  BuiltProgram p(
      "let a = 1\nlet a = 2\ndef f(x) { return x }\ndef f(x) { return x }\n"
      "data { a = adding(length = 4, train = 2)\n b = adding(length = 4, train = 2)\n"
      " b = adding(length = 3, train = 2) }\nmodel { y = f(1) }\n");
  std::vector<std::string> found;
  for (const Error& e : p.diagnostics().sorted())
    found.push_back(std::to_string(e.where.line) + ": " + e.message);
  BOOST_TEST(
      found == (std::vector<std::string>{"2: `let a` stands twice", "4: 'f' is defined twice",
                                         "5: 'a' is defined twice", "7: 'b' is defined twice"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
