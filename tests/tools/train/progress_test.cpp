#include "tools/train/progress.h"

#include <boost/test/unit_test.hpp>
#include <sstream>

using namespace unfold;

namespace {

const Terminal plain{};
const Terminal moving{.moves = true, .colours = false, .width = 80};

ProgressState sample() {
  return {.label = "epoch 3/10",
          .done = 520,
          .total = 1000,
          .amount = 841200,
          .unit = "tokens",
          .loss = 1.48712,
          .left = 191.2};
}

std::size_t columns(const std::string& text) {
  std::size_t count = 0;
  for (const unsigned char c : text) count += (c & 0xC0) != 0x80;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(progress_suite)

BOOST_AUTO_TEST_CASE(plain_line) {
  BOOST_TEST(progress_line(sample(), 10, plain) ==
             "epoch 3/10  52%  loss 1.4871  84,120 tokens/s  3:12 left");
  BOOST_TEST(progress_line({.label = "reading"}, 10, plain) == "reading");
  BOOST_TEST(progress_line({.label = "a", .amount = 5, .unit = "steps", .left = 3792}, 10, plain) ==
             "a  0.5 steps/s  1:03:12 left");
}

BOOST_AUTO_TEST_CASE(bar_fits_the_terminal) {
  BOOST_TEST(progress_line(sample(), 10, moving) ==
             "epoch 3/10 ━━━━━━━━━━━─────────"
             "──  52%  loss 1.4871  84,120 tokens/s  3:12 left");
  for (int width = 10; width < 120; ++width) {
    const Terminal narrow{.moves = true, .colours = false, .width = width};
    BOOST_TEST(columns(progress_line(sample(), 10, narrow)) < static_cast<std::size_t>(width));
  }
  ProgressState over = sample();
  over.done = 2000;
  BOOST_TEST(progress_line(over, 10, moving).find("100%") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(colours_only_where_wanted) {
  const Terminal colourful{.moves = true, .colours = true, .width = 80};
  BOOST_TEST(progress_line(sample(), 10, colourful).find("\x1b[32m") != std::string::npos);
  BOOST_TEST(progress_line(sample(), 10, moving).find('\x1b') == std::string::npos);
  BOOST_TEST(progress_line(sample(), 10, plain).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_is_no_terminal) {
  std::FILE* file = std::tmpfile();
  const Terminal terminal = Terminal::of(file);
  BOOST_TEST(!terminal.moves);
  BOOST_TEST(!terminal.colours);
  std::fclose(file);
}

BOOST_AUTO_TEST_CASE(plain_lines_come_rarely) {
  std::ostringstream out;
  Progress progress(out, plain);
  const ProgressState state{.label = "x"};
  progress.update(state, 0);
  progress.update(state, 29);
  BOOST_TEST(out.str() == "");
  progress.update(state, 30);
  progress.update(state, 31);
  BOOST_TEST(out.str() == "x\n");
  progress.line("done");
  progress.update(state, 60);
  BOOST_TEST(out.str() == "x\ndone\nx\n");
}

BOOST_AUTO_TEST_CASE(a_terminal_line_is_drawn_again_and_taken_away) {
  std::ostringstream out;
  {
    Progress progress(out, moving);
    progress.update({.label = "a"}, 0);
    progress.update({.label = "b"}, 0.05);
    progress.update({.label = "c"}, 0.15);
    BOOST_TEST(out.str() == "a\r\x1b[Kc");
    progress.line("done");
    BOOST_TEST(out.str() == "a\r\x1b[Kc\r\x1b[Kdone\n");
    progress.update({.label = "d"}, 0.16);
  }
  BOOST_TEST(out.str() == "a\r\x1b[Kc\r\x1b[Kdone\nd\r\x1b[K");
}

BOOST_AUTO_TEST_CASE(the_time_left_is_that_of_the_work_since_it_began) {
  BOOST_TEST(seconds_left(10, 0, 20, 100) == 40.0);
  BOOST_TEST(seconds_left(10, 90, 95, 100) == 10.0);  // 90 were made by an earlier session
}

BOOST_AUTO_TEST_SUITE_END()
