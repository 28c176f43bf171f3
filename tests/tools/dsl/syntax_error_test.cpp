#include <boost/test/unit_test.hpp>

#include "tests/tools/dsl/expected_errors.h"
#include "tests/tools/dsl/read_program.h"

namespace unfold {
namespace {

void check(const std::string& program) {
  testing::check_errors(program, testing::ReadProgram(program).diagnostics);
}

BOOST_AUTO_TEST_SUITE(syntax_error)

BOOST_AUTO_TEST_CASE(the_top_of_a_file) {
  check(R"(
x = 3                # error: expected let, use, def, data { }, model { } or train { } at the top of a file, found 'x'
modle { y = 3 + }    # error: expected let, use, def, data { }, model { } or train { } at the top of a file, found 'modle' # error: expected a value after '+', found '}'
use cells            # error: expected a file name in double quotes after 'use', found 'cells'
use "a" + "b"        # error: expected a file name in double quotes after 'use'
let = 3              # error: expected a name after 'let', found '='
let for = 3          # error: expected a name after 'let', found 'for', which is a word of the language
let a 3              # error: expected '=' after 'a', found '3'
let a = 3 4          # error: expected the end of the statement, found '4'
}                    # error: unexpected '}': there is no '{' that it could close
data x               # error: expected '{' after 'data', found 'x'
)");
}

BOOST_AUTO_TEST_CASE(a_second_block) {
  check(R"(
model { y = 1 }
data  { y = 1 }
model { y = 3 + }  # error: a second model { }: a file has at most one # error: expected a value after '+', found '}'
)");
}

BOOST_AUTO_TEST_CASE(definitions) {
  check(R"(
def (x) { return x }             # error: expected a name after 'def', found '('
def f { return x }               # error: expected '(' after 'f', found '{'
def f(x, 3) { return x }         # error: expected the name of an argument, found '3'
def f(x y) { return x }          # error: expected ',' or ')' to close the '(', found 'y'
def f(x, x) { return x }         # error: the argument 'x' is given twice
def f(n = 1, x) { return x }     # error: the argument 'x' without a default cannot follow 'n = ...'
def f(x) return x                # error: expected '{' after ')', found 'return'
def f(x) { return }              # error: expected a value after 'return', found '}'
def f(x) { return x, }           # error: expected a value after ',', found '}'
)");
}

BOOST_AUTO_TEST_CASE(assignments) {
  check(R"(
model {
  tanh(x)              # error: the result of 'tanh(...)' needs a name: name = tanh(...)
  x += 1               # error: expected '=' after 'x', found '+'
  x == 1               # error: expected '=' after 'x', found '=='
  x, 3 = f(x)          # error: expected a name after ',', found '3'
  x, x = f(x)          # error: the name 'x' is given twice
  x =                  # error: expected a value after '=', found the end of the line
  x = y = 3            # error: expected the end of the statement, found '='
  x = 3, 4             # error: expected the end of the statement, found ','
  3 = x                # error: expected a statement, found '3'
  "a" = x              # error: expected a statement, found a string
  in = 3               # error: expected a statement, found 'in'
  metrc p = exp(loss)  # error: expected '=' after 'metrc', found 'p'
}
)");
}

BOOST_AUTO_TEST_CASE(expressions) {
  check(R"(
model {
  a = 1 +              # error: expected a value after '+', found the end of the line
  b = * 2              # error: expected a value after '=', found '*'
  c = 1 < 2 < 3        # error: comparisons do not chain: write a < b and b < c
  d = a == b != c      # error: comparisons do not chain: write a < b and b < c
  e = 1 + not 2        # error: 'not' after an operator needs parentheses: (not ...)
  f = ()               # error: expected a value after '(', found ')'
  g = x[]              # error: expected a value after '[', found ']'
  h = f(x)(y)          # error: only a name can be called
  i = 3(y)             # error: only a name can be called
  j = [1, 2][0]        # error: expected the end of the statement, found '['
  l = x[1:2:3]         # error: expected ',' or ']' to close the '[', found ':'
  m = a ? b            # error: unexpected '?'
  n = x y              # error: expected the end of the statement, found 'y'
  o = else             # error: expected a value after '=', found 'else'
}
)");
}

BOOST_AUTO_TEST_CASE(calls) {
  check(R"(
model {
  a = f(x = 1, 2)        # error: an argument without a name cannot follow 'x = ...'
  b = f(x = 1, x = 2)    # error: the argument 'x' is given twice
  c = f(x, , y)          # error: expected a value after ',', found ','
  d = f(1 = 2)           # error: expected ',' or ')' to close the '(', found '='
  e = f(x = )            # error: expected a value after '=', found ')'
  g = f(a: )             # error: expected a value after ':', found ')'
  h = f(x; y)            # error: expected ',' or ')' to close the '(', found ';'
  i = f(x]               # error: expected ',' or ')' to close the '(', found ']'
  j = f(x y,             # error: expected ',' or ')' to close the '(', found 'y'
        z = 3,
        w = 4)
  k = [1 2]              # error: expected ',' or ']' to close the '[', found '2'
}
)");
}

BOOST_AUTO_TEST_CASE(parameters_and_layers) {
  check(R"(
model {
  param 3 : [2] = ones       # error: expected a name after 'param', found '3'
  param W = ones             # error: expected ':' and a shape after 'W', found '='
  param W, W : [2] = ones    # error: the parameter 'W' is given twice
  param W : 2 = ones         # error: expected a shape such as [units, 3], found '2'
  param W : [2] + 1 = ones   # error: expected a shape such as [units, 3], found an expression
  param W : [2] ones         # error: expected the end of the statement, found 'ones'
  frozen W : [2] = ones      # error: expected 'param' after 'frozen', found 'W'
  layer f = lstm             # error: expected a call such as lstm(units = 64) after 'layer'
  layer f(x) = lstm(x)       # error: expected '=' after 'f', found '('
}
)");
}

BOOST_AUTO_TEST_CASE(blocks_of_statements) {
  check(R"(
model {
  for x { y = 3 + }              # error: expected 'in' after 'x', found '{' # error: expected a value after '+', found '}'
  for t in { y[t] = 1 }          # error: expected a value after 'in', found '{'
  for 3 in x { y[t] = 1 }        # error: expected a name after 'for', found '3'
  for t in x y[t] = 1            # error: expected '{' after 'x', found 'y'
  repeat { y = 1 }               # error: expected a value after 'repeat', found '{'
  if { y = 1 } else { y = 3 3 }  # error: expected a value after 'if', found '{' # error: expected the end of the statement, found '3'
  if a { y = 1 } else y = 3      # error: expected '{' after 'else', found 'y'
  else { y = 3 }                 # error: 'else' has no 'if' before it
  if a { y = 1 } y = 3           # error: expected the end of the statement, found 'y'
  sample next(c)                 # error: expected 'from' after ')', found the end of the line
  metric = 3; metric 3 = 4       # error: expected a name after 'metric', found '3'
  output y                       # error: expected '=' after 'y', found the end of the line
}
)");
}

BOOST_AUTO_TEST_CASE(statements_in_the_wrong_block) {
  check(R"(
data {
  for t in x { y = 1 }   # error: 'for' belongs in model { } or in a def: in data { } and train { } stand only let, if and name = value
  repeat 2 { y = 1 }     # error: 'repeat' belongs in model { } or in a def: in data { } and train { } stand only let, if and name = value
  metric y = x           # error: 'metric' belongs in model { }
  if a { param W : [3] } # error: 'param' belongs in model { } or in a def: in data { } and train { } stand only let, if and name = value
}
model {
  init h = 3             # error: 'init' belongs in a 'for': it says what a state is before the first step
  return h               # error: 'return' belongs in a def
  h[t] = 3               # error: 'h[...] =' belongs in a 'for': it says what 'h' is at each step
  for t in x { output y = x[t] }  # error: 'output' cannot stand in a 'for': it is about whole sequences, not one step
  use "cells.fold"       # error: 'use' belongs at the top of a file, outside all blocks
  def f(x) { return x }  # error: 'def' belongs at the top of a file, outside all blocks
  train { epochs = 3 + } # error: 'train' belongs at the top of a file, outside all blocks # error: expected a value after '+', found '}'
}
def g(x) {
  sample next(x) from x               # error: 'sample' belongs in model { }
  for t in x { h[t] = 1; return h }   # error: 'return' cannot stand in a 'for': return the whole sequences after it
}
)");
}

BOOST_AUTO_TEST_CASE(brackets_and_braces_that_are_not_closed) {
  check(R"(
model {
  x = f(y
  z = 3 +          # error: expected ',' or ')' to close the '(', found 'z' # error: expected a value after '+', found the end of the line
  for t in z {
    h[t] = (z[t]
  }                # error: expected ',' or ')' to close the '(', found '}'
  w = [[1, 2]
       [3, 4 5]]   # error: expected ',' or ']' to close the '[', found '['
train { epochs = }   # error: expected '}', found 'train' # error: expected a value after '=', found '}'
def f(x) { return x  # error: expected '}', found the end of the file
)");
}

BOOST_AUTO_TEST_CASE(nesting_has_a_limit) {
  const auto only_error = [](const std::string& text) {
    const testing::ReadProgram read(text);
    BOOST_TEST(read.diagnostics.sorted().size() == 1u);
    return read.diagnostics.sorted().at(0).message;
  };
  const auto times = [](int n, const std::string& text) {
    std::string all;
    for (int i = 0; i < n; ++i) all += text;
    return all;
  };
  const std::string nested = "too deeply nested: at most 200 levels are allowed";
  const std::string high =
      "this expression is nested more than 200 levels deep; give parts of it names of their own";
  for (const std::string text : {"(", "[", "f(", "x[", "-", "not ", "2 ** "}) {
    BOOST_TEST(only_error("let a = " + times(5000, text) + "1") == nested);
  }
  BOOST_TEST(only_error("let a = 1" + times(5000, " + 1")) == high);
  BOOST_TEST(only_error("let a = x" + times(5000, "[0]")) == high);
  BOOST_TEST(only_error("model {" + times(5000, "repeat 2 {") + times(5001, "}")) ==
             "too deeply nested: at most 200 blocks are allowed");
  BOOST_TEST(only_error("model { if a { }" + times(5000, " else if a { }") + "}") == nested);
  BOOST_TEST(testing::ReadProgram("let a = " + times(190, "(") + "1" + times(190, ")")).errors() ==
             "");
  BOOST_TEST(testing::ReadProgram("let a = 1" + times(190, " + 1")).errors() == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
