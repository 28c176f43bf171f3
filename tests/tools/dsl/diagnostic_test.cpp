#include "tools/dsl/diagnostic.h"

#include <boost/test/unit_test.hpp>

namespace unfold {
namespace {

const std::string program = "model {\n  h = lstm(x, 32)\n  y = dense(h, 10)\n}\n";

BOOST_AUTO_TEST_SUITE(diagnostic)

BOOST_AUTO_TEST_CASE(an_error_shows_its_line_and_its_notes) {
  Sources sources;
  sources.add("lstm.fold", program);
  const Error error("matmul: inner sizes differ: left is [5, 32], right is [64, 10] (32 vs 64)",
                    {"lstm.fold", 3, 7, 12},
                    {{"left was defined here: [5, 32]", {"lstm.fold", 2, 3, 1}}});
  BOOST_TEST(render(error, sources, false) ==
             "lstm.fold:3:7: error: matmul: inner sizes differ: left is [5, 32], right is "
             "[64, 10] (32 vs 64)\n"
             "  y = dense(h, 10)\n"
             "      ^~~~~~~~~~~~\n"
             "lstm.fold:2:3: note: left was defined here: [5, 32]\n"
             "  h = lstm(x, 32)\n"
             "  ^\n");
}

BOOST_AUTO_TEST_CASE(an_error_without_a_line_is_its_message) {
  const Sources sources;
  BOOST_TEST(render(Error("no model"), sources, false) == "error: no model\n");
  BOOST_TEST(render(Error("is empty", {"a.fold"}), sources, false) == "a.fold: error: is empty\n");
  BOOST_TEST(render(Error("bad row", {"a.csv", 7, 2}), sources, false) ==
             "a.csv:7:2: error: bad row\n");
}

BOOST_AUTO_TEST_CASE(colours_are_terminal_codes) {
  Sources sources;
  sources.add("a.fold", "abc");
  BOOST_TEST(render(Error("bad", {"a.fold", 1, 2, 2}), sources, true) ==
             "\033[1ma.fold:1:2: \033[0m\033[1;31merror:\033[0m bad\nabc\n \033[1;32m^~\033[0m\n");
}

BOOST_AUTO_TEST_CASE(the_underline_counts_code_points_and_tabs_are_spaces) {
  Sources sources;
  sources.add("a.fold", "\tx = \"\u4e16\u754c\" + y\033[2J");
  BOOST_TEST(render(Error("bad", {"a.fold", 1, 11, 5}), sources, false) ==
             "a.fold:1:11: error: bad\n x = \"\u4e16\u754c\" + y [2J\n          ^~~~~\n");
}

BOOST_AUTO_TEST_CASE(the_underline_stays_within_the_line) {
  Sources sources;
  sources.add("a.fold", "abc\n");
  BOOST_TEST(render(Error("bad", {"a.fold", 1, 2, 99}), sources, false) ==
             "a.fold:1:2: error: bad\nabc\n ^~\n");
  BOOST_TEST(render(Error("bad", {"a.fold", 1, 4, 1}), sources, false) ==
             "a.fold:1:4: error: bad\nabc\n   ^\n");
}

BOOST_AUTO_TEST_CASE(of_a_long_line_the_neighbourhood_is_shown) {
  Sources sources;
  std::string line(1000, 'a');
  line += 'b';
  line.append(1000, 'c');
  sources.add("a.csv", line);
  BOOST_TEST(render(Error("bad", {"a.csv", 1, 1001, 1}), sources, false) ==
             "a.csv:1:1001: error: bad\n..." + std::string(80, 'a') + "b" + std::string(79, 'c') +
                 "...\n" + std::string(83, ' ') + "^\n");
}

BOOST_AUTO_TEST_CASE(errors_come_sorted_and_once) {
  Diagnostics diagnostics;
  diagnostics.add(Error("late", {"b.fold", 9, 1, 1}));
  diagnostics.add(Error("second file", {"a.fold", 1, 1, 1}));
  diagnostics.add(Error("right", {"b.fold", 2, 8, 1}));
  diagnostics.add(Error("left", {"b.fold", 2, 3, 1}));
  diagnostics.add(Error("right", {"b.fold", 2, 8, 1}));
  std::string messages;
  for (const Error& error : diagnostics.sorted()) messages += error.message + "; ";
  BOOST_TEST(messages == "left; right; late; second file; ");
}

BOOST_AUTO_TEST_CASE(too_many_errors_end_in_one_that_says_so) {
  Diagnostics diagnostics;
  for (std::uint32_t line = 1; line < 1000; ++line)
    diagnostics.add(Error("bad", {"a", line, 1, 1}));
  const std::vector<Error> errors = diagnostics.sorted();
  BOOST_TEST(diagnostics.full());
  BOOST_TEST(errors.size() == Diagnostics::limit + 1);
  BOOST_TEST(errors.back().message == "stopped after 200 errors");
}

BOOST_AUTO_TEST_CASE(misspelt_names_find_the_nearest) {
  const std::vector<std::string> names = {"lstm", "gru", "dense", "softmax", "log_softmax", "x"};
  const auto near = [&](std::string_view name) { return nearest(name, names).value_or("(none)"); };
  BOOST_TEST(near("lsmt") == "lstm");
  BOOST_TEST(near("sofmax") == "softmax");
  BOOST_TEST(near("log_softmaks") == "log_softmax");
  BOOST_TEST(near("denes") == "dense");
  BOOST_TEST(near("gur") == "gru");
  BOOST_TEST(near("conv") == "(none)");
  BOOST_TEST(near("y") == "(none)");
  BOOST_TEST(near("") == "(none)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
