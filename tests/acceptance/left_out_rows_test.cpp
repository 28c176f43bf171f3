// `skip_bad = true`: what is left out counts nowhere.

#include <boost/test/unit_test.hpp>

#include "tests/acceptance/command.h"

using unfold::testing::Ran;
using unfold::testing::Workshop;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct LeftOutRows : Workshop {
  Ran succeeds(const std::string& arguments) const {
    const Ran ran = unfold(arguments);
    BOOST_TEST_REQUIRE(ran.code == 0, "unfold " << arguments << ":\n" << ran.err);
    return ran;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(left_out_rows, LeftOutRows)

BOOST_AUTO_TEST_CASE(rows_that_are_left_out_count_nowhere) {
  write("rows.tsv", "t\tv\naa\t1\nbb\toops\ncc\t3\n");
  write("skip.fold", R"(data {
  rows = table("rows.tsv", skip_bad = true)
  t = words(rows, column = "t")
  v = number(rows, column = "v")
}
model {
  y = dense(last(one_hot(t)), 1)
  loss = mean_squared_error(y, v)
  output y = y
}
train { epochs = 1 }
)");
  BOOST_TEST(has(succeeds("check skip.fold").out, "2 parameters of 4 numbers"));
  succeeds("train skip.fold --out run");
  const std::string shown = succeeds("predict run").out;
  BOOST_TEST(has(shown, "1: aa\n"), shown);
  BOOST_TEST(has(shown, "2: cc\n"), shown);
  BOOST_TEST(!has(shown, "bb"), shown);
  write("rows.tsv", "t\tv\naa\toops\nbb\t\n");
  const Ran none = unfold("check skip.fold");
  BOOST_TEST(none.code == 1);
  BOOST_TEST(has(none.err, "no row of the train part is left: all 2 are bad"), none.err);
}

// The rows that are left are split as if the others were not in the file.
BOOST_AUTO_TEST_CASE(a_run_on_rows_that_are_left_is_that_on_a_file_of_them) {
  std::string good = "review\tsentiment\n", bad = good;
  for (int i = 0; i < 12; ++i) {
    const std::string row = (i % 2 == 0 ? "good\t" : "bad\t") + std::to_string(i % 3) + "\n";
    good += row;
    bad += row + (i % 4 == 0 ? "odd\tmany\n" : "");
  }
  std::string text = read("good.fold");
  text.replace(text.find("reviews.tsv\""), 12, "rows.tsv\", valid = 0.25, skip_bad = true");
  write("skip.fold", text);
  const auto measured = [&](const std::string& rows, const std::string& run) {
    write("rows.tsv", rows);
    succeeds("train skip.fold --out " + run + " --set train.epochs=2");
    return succeeds("eval " + run).out;
  };
  const std::string whole = measured(good, "whole"), left = measured(bad, "left");
  BOOST_TEST(whole == left);
  BOOST_TEST(has(unfold("check skip.fold").err, "3 bad rows left out"));
}

BOOST_AUTO_TEST_SUITE_END()
