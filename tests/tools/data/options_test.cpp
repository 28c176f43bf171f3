#include "tools/data/options.h"

#include "helpers.h"

BOOST_AUTO_TEST_SUITE(data_options)

using namespace unfold;
using namespace unfold::data;
using namespace unfold::test;

namespace {

const std::vector<OptionSpec> specs = {
    {"rate", OptionType::number, 0.5, "how fast", 0, 1},
    {"size", OptionType::whole, std::nullopt, "how many", 1, 100},
    {"lower", OptionType::flag, false, "lower case"},
    {"columns", OptionType::strings, std::nullopt, "which"},
    {"valid", OptionType::part, std::nullopt, "validation"},
};

std::string error_with(std::vector<std::pair<std::string, Value>> arguments) {
  return error_of([&] { read_settings(call("f", arguments), specs); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_positions_and_standard_values) {
  const Settings settings = read_settings(
      call("f", {{"", 0.25}, {"columns", text("a")}, {"valid", text("b.tsv")}}), specs);
  BOOST_TEST(settings.number("rate") == 0.25);
  BOOST_TEST(!settings.has("size"));
  BOOST_TEST(!settings.flag("lower"));
  BOOST_TEST(settings.given("rate"));
  BOOST_TEST(!settings.given("lower"));
  BOOST_CHECK(settings.strings("columns") == std::vector<std::string>{"a"});
  BOOST_TEST(settings.string("valid") == "b.tsv");
  BOOST_CHECK(settings.where("columns") == place(20));
  BOOST_CHECK(settings.where("lower") == place(1));
}

BOOST_AUTO_TEST_CASE(mistakes_are_told_at_the_argument) {
  BOOST_TEST(error_with({{"rate", 0.5}, {"lowr", true}}) ==
             "test.fold:3:20: f has no option `lowr`; the nearest is `lower`");
  BOOST_TEST(
      error_with({{"zzzzzz", 1.0}}) ==
      "test.fold:3:10: f has no option `zzzzzz`; it takes rate, size, lower, columns, valid");
  BOOST_TEST(error_with({{"rate", 1.5}}) ==
             "test.fold:3:10: option `rate` of f must be a number from 0 to 1, not 1.5");
  BOOST_TEST(error_with({{"size", 2.5}}) ==
             "test.fold:3:10: option `size` of f must be a whole number from 1 to 100, not 2.5");
  BOOST_TEST(error_with({{"lower", 1.0}}) ==
             "test.fold:3:10: option `lower` of f must be true or false, not a number (1)");
  BOOST_TEST(error_with({{"columns", true}}) ==
             "test.fold:3:10: option `columns` of f must be a list of strings, not true or false "
             "(true)");
  BOOST_TEST(error_with({{"valid", 1.5}}) ==
             "test.fold:3:10: option `valid` of f must be a share under 1, a whole number of "
             "examples or the name of a file, not 1.5");
  BOOST_TEST(error_with({{"rate", 0.5}, {"rate", 0.5}}) ==
             "test.fold:3:20: option `rate` of f is given twice");
  BOOST_TEST(error_with({{"", 0.5}, {"rate", 0.5}}) ==
             "test.fold:3:20: option `rate` of f is given twice");
}

BOOST_AUTO_TEST_CASE(nearest_is_a_slip_of_the_pen_or_nothing) {
  const std::vector<std::string> names = {"review", "sentiment", "id"};
  BOOST_TEST(nearest_name("reviw", names) == "review");
  BOOST_TEST(nearest_name("Review", names) == "review");
  BOOST_TEST(nearest_name("sentimnet", names) == "sentiment");
  BOOST_TEST(nearest_name("date", names) == "");
}

BOOST_AUTO_TEST_CASE(every_source_and_reader_describes_its_options) {
  for (const SourceKind& kind : source_kinds()) {
    BOOST_TEST(!kind.doc.empty());
    for (const std::string& reader : kind.readers) BOOST_TEST(find_reader(reader) != nullptr);
    for (const OptionSpec& option : kind.options) BOOST_TEST(!option.doc.empty());
  }
  BOOST_TEST(describe_options(find_source_kind("sine")->options) ==
             "  length     50         steps\n"
             "  train      10000      training examples\n"
             "  valid      1000       validation examples\n"
             "  test       1000       test examples\n"
             "  seed       -          which examples are made; standard: the seed of the run\n");
}

BOOST_AUTO_TEST_SUITE_END()
