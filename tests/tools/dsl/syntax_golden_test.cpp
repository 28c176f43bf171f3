#include <boost/test/unit_test.hpp>

#include "tests/tools/dsl/read_program.h"

namespace unfold {
namespace {

std::string errors_of(const std::string& program) { return testing::ReadProgram(program).errors(); }

BOOST_AUTO_TEST_SUITE(syntax_golden)

BOOST_AUTO_TEST_CASE(bracket_not_closed) {
  BOOST_TEST(errors_of("model {\n  h = tanh(x\n  y = h\n}") ==
             R"(test.fold:3:3: error: expected ',' or ')' to close the '(', found 'y'
  y = h
  ^
test.fold:2:11: note: the '(' is here
  h = tanh(x
          ^
)");
}

BOOST_AUTO_TEST_CASE(brace_not_closed) {
  BOOST_TEST(errors_of("model {\n  y = h  # comment\n\n") ==
             R"(test.fold:2:8: error: expected '}', found the end of the file
  y = h  # comment
       ^
test.fold:1:7: note: this '{' is not closed
model {
      ^
)");
}

BOOST_AUTO_TEST_CASE(value_missing_at_the_end_of_a_line) {
  BOOST_TEST(errors_of("let units = \nlet a = 3") ==
             R"(test.fold:1:12: error: expected a value after '=', found the end of the line
let units = 
           ^
)");
}

BOOST_AUTO_TEST_CASE(misspelt_word) {
  BOOST_TEST(errors_of("model {\n  layr f = lstm(units = 3)\n}") ==
             R"(test.fold:2:8: error: expected '=' after 'layr', found 'f'
  layr f = lstm(units = 3)
       ^
note: did you mean 'layer'?
)");
}

BOOST_AUTO_TEST_CASE(misspelt_block) {
  BOOST_TEST(
      errors_of("modle { }") ==
      R"(test.fold:1:1: error: expected let, use, def, data { }, model { } or train { } at the top of a file, found 'modle'
modle { }
^~~~~
note: did you mean 'model'?
)");
}

BOOST_AUTO_TEST_CASE(string_without_an_end) {
  BOOST_TEST(
      errors_of("data {\n  c = text(\"a.txt)\n}") ==
      R"(test.fold:2:12: error: this string has no end, expected '"' before the end of its line
  c = text("a.txt)
           ^~~~~~~
)");
}

BOOST_AUTO_TEST_CASE(bad_number) {
  BOOST_TEST(
      errors_of("let rate = 1.5.2") ==
      R"(test.fold:1:12: error: '1.5.2' is not a number: expected digits such as 12, 0.5 or 1e-3
let rate = 1.5.2
           ^~~~~
)");
}

BOOST_AUTO_TEST_CASE(character_of_another_script) {
  BOOST_TEST(
      errors_of("let \u03c3 = 1  # \u03c3") ==
      "test.fold:1:5: error: unexpected '\u03c3' (U+03C3): outside strings and comments only "
      "ASCII characters may stand\n"
      "let \u03c3 = 1  # \u03c3\n"
      "    ^\n");
}

BOOST_AUTO_TEST_CASE(chained_comparison) {
  BOOST_TEST(errors_of("let a = \"\u4e16\" == b == c") ==
             "test.fold:1:18: error: comparisons do not chain: write a < b and b < c\n"
             "let a = \"\u4e16\" == b == c\n"
             "                 ^~\n");
}

BOOST_AUTO_TEST_CASE(argument_given_twice) {
  BOOST_TEST(errors_of("model {\n  h = lstm(x, units = 3,\n           units = 4)\n}") ==
             R"(test.fold:3:12: error: the argument 'units' is given twice
           units = 4)
           ^~~~~
test.fold:2:15: note: the first is here
  h = lstm(x, units = 3,
              ^~~~~
)");
}

BOOST_AUTO_TEST_CASE(second_model) {
  BOOST_TEST(errors_of("model { }\nmodel { }") ==
             R"(test.fold:2:1: error: a second model { }: a file has at most one
model { }
^~~~~
test.fold:1:1: note: the first is here
model { }
^~~~~
)");
}

BOOST_AUTO_TEST_CASE(statement_in_the_wrong_block) {
  BOOST_TEST(errors_of("model {\n  def cell(x) { return x }\n}") ==
             R"(test.fold:2:3: error: 'def' belongs at the top of a file, outside all blocks
  def cell(x) { return x }
  ^~~
test.fold:1:7: note: this '{' is still open
model {
      ^
)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
