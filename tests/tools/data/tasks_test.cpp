#include <array>
#include <cmath>
#include <sstream>

#include "helpers.h"

BOOST_AUTO_TEST_SUITE(data_tasks)

using namespace unfold;
using namespace unfold::data;
using namespace unfold::test;

namespace {

const Folder folder;

std::vector<FieldSpec> both(const Source& source) {
  return {define_field("input(s)", call("input"), source),
          define_field("target(s)", call("target"), source)};
}

Examples examples_of(const Call& how, Part part = Part::train) {
  const Source source = open(folder, how);
  return read_examples(source, both(source), part);
}

/// Follows the Reber grammar from its B to its E; returns how many symbols were used, 0 if it is
/// left.
std::size_t follow_reber(const std::string& s, std::size_t from) {
  const std::array<std::string, 6> symbols = {"TP", "SX", "TV", "XS", "PV", "E"};
  const std::array<std::array<std::size_t, 2>, 6> next = {
      {{1, 2}, {1, 3}, {2, 4}, {2, 5}, {3, 5}, {6, 6}}};
  if (s[from] != 'B') return 0;
  std::size_t state = 0, i = from + 1;
  for (; state != 6; ++i) {
    if (i >= s.size()) return 0;
    const std::size_t move = symbols[state].find(s[i]);
    if (move == std::string::npos) return 0;
    state = next[state][move];
  }
  return i - from;
}

}  // namespace

BOOST_AUTO_TEST_CASE(adding_sums_the_marked_numbers) {
  const Examples examples =
      examples_of(call("adding", {{"length", 9.0}, {"train", 200.0}, {"valid", 3.0}}));
  BOOST_TEST(examples.size() == 200);
  BOOST_TEST(examples.fields[0].type.axis == "time(s)");
  BOOST_TEST(examples.fields[0].type.full);
  BOOST_TEST(examples.fields[0].type.steps == 9);
  for (std::int64_t i = 0; i < examples.size(); ++i) {
    const auto x = numbers(examples.values[0][static_cast<std::size_t>(i)]);
    double sum = 0, left = 0, right = 0;
    for (std::size_t t = 0; t < 9; ++t) {
      BOOST_REQUIRE(x[2 * t] >= 0);
      BOOST_REQUIRE(x[2 * t] < 1);
      sum += x[2 * t] * x[2 * t + 1];
      (t < 4 ? left : right) += x[2 * t + 1];
    }
    BOOST_REQUIRE(left == 1);
    BOOST_REQUIRE(right == 1);
    BOOST_REQUIRE_SMALL(sum - examples.values[1][static_cast<std::size_t>(i)].at(0), 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(tasks_depend_on_the_seed_alone) {
  const auto inputs = [](double train, double seed, Part part) {
    return values_of(
        examples_of(call("adding", {{"length", 4.0}, {"train", train}, {"seed", seed}}), part));
  };
  BOOST_CHECK(inputs(5, 1, Part::valid) == inputs(9, 1, Part::valid));
  BOOST_CHECK(inputs(5, 1, Part::train) != inputs(5, 2, Part::train));
  BOOST_CHECK(inputs(1000, 1, Part::train) != inputs(1, 1, Part::test));
  const auto print = [&](double seed) {
    return open(folder, call("parity", {{"seed", seed}})).spec.fingerprints;
  };
  BOOST_CHECK(print(1) == print(1));
  BOOST_CHECK(print(1) != print(2));
}

BOOST_AUTO_TEST_CASE(copy_memory_recalls_its_symbols) {
  const Examples examples = examples_of(
      call("copy_memory", {{"symbols", 3.0}, {"length", 2.0}, {"delay", 4.0}, {"train", 20.0}}));
  BOOST_TEST(examples.fields[1].type.ids == 4);
  BOOST_TEST(examples.fields[1].type.axis == "time(s)");
  BOOST_CHECK((examples.values[0][0].dims() == Dims{8, 5}));
  for (std::size_t i = 0; i < 20; ++i) {
    const Tensor& x = examples.values[0][i];
    const auto y = numbers(examples.values[1][i]);
    std::vector<std::int64_t> codes;
    for (std::int64_t t = 0; t < 8; ++t) {
      for (std::int64_t c = 0; c < 5; ++c) {
        if (x.at(5 * t + c) == 1) codes.push_back(c);
      }
    }
    BOOST_REQUIRE(codes.size() == 8u);
    BOOST_REQUIRE((codes[0] >= 1 && codes[0] <= 3));
    BOOST_CHECK((std::vector<std::int64_t>(codes.begin() + 2, codes.end()) ==
                 std::vector<std::int64_t>{0, 0, 0, 4, 0, 0}));
    BOOST_CHECK((y == std::vector<double>{0, 0, 0, 0, 0, 0, static_cast<double>(codes[0]),
                                          static_cast<double>(codes[1])}));
  }
}

BOOST_AUTO_TEST_CASE(reber_strings_follow_the_grammar) {
  for (const bool embedded : {false, true}) {
    const Source source =
        open(folder, call("reber", {{"embedded", embedded}, {"train", 500.0}, {"valid", 0.0}}));
    const FieldSpec spec = define_field("char", call("characters"), source);
    BOOST_TEST(spec.type.ids == 7);
    BOOST_TEST(!source.has(Part::valid));
    const Examples examples = read_examples(source, std::span(&spec, 1), Part::train);
    for (const Tensor& value : examples.values[0]) {
      const std::string s = decode(spec, value.as<std::int32_t>());
      if (!embedded) {
        BOOST_REQUIRE(follow_reber(s, 0) == s.size());
        continue;
      }
      BOOST_REQUIRE(s.front() == 'B');
      BOOST_REQUIRE(s.back() == 'E');
      BOOST_REQUIRE(s[1] == s[s.size() - 2]);
      BOOST_REQUIRE((s[1] == 'T' || s[1] == 'P'));
      BOOST_REQUIRE(follow_reber(s, 2) == s.size() - 4);
    }
  }
}

BOOST_AUTO_TEST_CASE(temporal_order_names_the_order) {
  const Examples examples =
      examples_of(call("temporal_order", {{"length", 40.0}, {"train", 100.0}}));
  for (std::size_t i = 0; i < 100; ++i) {
    std::string order;
    for (std::int64_t t = 0; t < 40; ++t) {
      for (std::int64_t c = 4; c < 6; ++c) {
        if (examples.values[0][i].at(8 * t + c) == 1) order += c == 4 ? 'X' : 'Y';
      }
    }
    const auto label = static_cast<std::int64_t>(examples.values[1][i].at(0));
    BOOST_REQUIRE(order == examples.fields[1].vocabulary.symbol(label));
  }
}

BOOST_AUTO_TEST_CASE(parity_and_sine) {
  const Examples parity =
      examples_of(call("parity", {{"length", 12.0}, {"shortest", 5.0}, {"train", 100.0}}));
  BOOST_TEST(!parity.fields[0].type.full);
  for (std::size_t i = 0; i < 100; ++i) {
    double ones = 0;
    for (const double bit : numbers(parity.values[0][i])) ones += bit;
    BOOST_REQUIRE(std::fmod(ones, 2) == parity.values[1][i].at(0));
  }
  const Examples sine = examples_of(call("sine", {{"length", 30.0}, {"train", 2.0}}));
  const auto x = numbers(sine.values[0][0]), y = numbers(sine.values[1][0]);
  for (std::size_t t = 0; t + 1 < 30; ++t) BOOST_REQUIRE(x[t + 1] == y[t]);
  BOOST_TEST(error_of([] {
               examples_of(call("parity", {{"length", 5.0}, {"shortest", 6.0}}));
             }) == "test.fold:3:20: shortest = 6 is more than length = 5");
}

BOOST_AUTO_TEST_CASE(written_tasks_read_back) {
  for (const char* kind : {"adding", "copy_memory", "temporal_order", "parity", "sine"}) {
    const Source source = open(folder, call(kind, {{"train", 3.0}}));
    const std::vector<FieldSpec> fields = both(source);
    std::ostringstream out;
    write_task(out, source, Part::train);
    folder.write("task.tsv", out.str());
    const Rows rows = read_rows(source.spec, fields, folder.file("task.tsv"));
    const Examples again = encode_rows(source.spec, rows, fields);
    const Examples made = read_examples(source, fields, Part::train);
    BOOST_TEST_CONTEXT(kind) BOOST_CHECK(again.values == made.values);
  }
  const Source source = open(folder, call("reber", {{"train", 2.0}}));
  const FieldSpec spec = define_field("char", call("characters"), source);
  std::ostringstream out;
  write_task(out, source, Part::train);
  folder.write("task.tsv", out.str());
  const Rows rows = read_rows(source.spec, std::span(&spec, 1), folder.file("task.tsv"));
  BOOST_CHECK(encode_rows(source.spec, rows, std::span(&spec, 1)).values ==
              read_examples(source, std::span(&spec, 1), Part::train).values);
}

BOOST_AUTO_TEST_CASE(bad_numbers_in_a_written_task) {
  const Source source = open(folder, call("adding", {{"length", 2.0}}));
  const FieldSpec input = both(source)[0];
  const auto error = [&](const char* cell) {
    return error_of([&] { encode(input, cell, {"a.tsv", 2, 1}); });
  };
  BOOST_TEST(error("0.5 0 | 0.5 1") == "no error");
  BOOST_TEST(error("0.5 0 | x 1") == "a.tsv:2:9: \"x\" is not a number in column `input`");
  BOOST_TEST(error("0.5 0 | 0.5") == "a.tsv:2:12: this step has 1 numbers, not 2");
  BOOST_TEST(error("0.5 0") == "a.tsv:2:1: `input(s)` has 2 steps in every example, here 1");
  BOOST_TEST(error("") == "a.tsv:2:1: an empty sequence: no numbers in column `input`");
}

BOOST_AUTO_TEST_SUITE_END()
