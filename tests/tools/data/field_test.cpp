#include "tools/data/field.h"

#include <nlohmann/json.hpp>

#include "helpers.h"

BOOST_AUTO_TEST_SUITE(data_field)

using namespace unfold;
using namespace unfold::data;
using namespace unfold::test;

namespace {

struct Reviews {
  Reviews() {
    folder.write("reviews.tsv",
                 "review\tsentiment\nmovie was good\t1\nmovie was bad\t0\nmovie was not good\t0\n");
    source = open(folder, call("table", {{"", text("reviews.tsv")}}), "reviews");
  }
  Folder folder;
  Source source;
};

std::vector<std::string> strings(std::initializer_list<const char*> items) {
  return {items.begin(), items.end()};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(words_are_ordered_by_frequency_then_by_appearance, Reviews) {
  const FieldSpec review = define_field(
      "review", call("words", {{"column", text("review")}, {"unknown", false}}), source);
  BOOST_CHECK(review.vocabulary.symbols() == strings({"movie", "was", "good", "bad", "not"}));
  BOOST_TEST(review.type.axis == "time(review)");
  BOOST_TEST(review.type.size_name == "vocab(review)");
  BOOST_TEST(review.type.ids == 5);
  BOOST_TEST(!review.type.full);
  BOOST_CHECK(review.type.dtype() == DType::i32);
  const Examples examples = read_examples(source, std::span(&review, 1), Part::train);
  BOOST_CHECK(values_of(examples) ==
              (std::vector<std::vector<double>>{{0, 1, 2}, {0, 1, 3}, {0, 1, 4, 2}}));
}

BOOST_FIXTURE_TEST_CASE(numbers_counts_and_weights, Reviews) {
  const FieldSpec sentiment =
      define_field("y", call("number", {{"column", text("sentiment")}}), source);
  BOOST_TEST(sentiment.type.width == 1);
  const FieldSpec words = define_field("w", call("words", {{"column", text("review")}}), source);
  const FieldSpec counts = define_field("c", call("counts"), words, source);
  BOOST_TEST(counts.type.width == 6);
  BOOST_CHECK(numbers(encode(counts, "good good awful movie", place(1))) ==
              (std::vector<double>{1, 0, 2, 0, 0, 1}));
  const FieldSpec tfidf = define_field("t", call("tfidf"), words, source);
  const std::vector<double> weights = numbers(encode(tfidf, "movie bad", place(1)));
  const double common = 1 + std::log(4.0 / 4.0);
  const double rare = 1 + std::log(4.0 / 2.0);
  BOOST_TEST(weights[0] == common / std::hypot(common, rare), boost::test_tools::tolerance(1e-6));
  BOOST_TEST(weights[3] == rare / std::hypot(common, rare), boost::test_tools::tolerance(1e-6));
}

BOOST_FIXTURE_TEST_CASE(vocabulary_options, Reviews) {
  const auto define = [&](std::vector<std::pair<std::string, Value>> options) {
    options.push_back({"column", text("review")});
    return define_field("w", call("words", options), source);
  };
  BOOST_CHECK(define({{"min_count", 2.0}}).vocabulary.symbols() ==
              strings({"movie", "was", "good", "<unk>"}));
  const FieldSpec ends = define({{"start", true}, {"end", true}, {"unknown", false}});
  BOOST_CHECK(ends.vocabulary.symbols() ==
              strings({"movie", "was", "good", "bad", "not", "<start>", "<end>"}));
  const Tensor ids = encode(ends, "was  good ", place(1));
  BOOST_CHECK(numbers(ids) == (std::vector<double>{5, 1, 2, 6}));
  BOOST_TEST(decode(ends, ids.as<std::int32_t>()) == "was good");
  BOOST_CHECK(define({{"order", text("not movie was good bad")}}).vocabulary.symbols() ==
              strings({"not", "movie", "was", "good", "bad", "<unk>"}));
  BOOST_TEST(error_of([&] {
               define({{"min_count", 2.0}, {"unknown", false}});
             }) ==
             "test.fold:3:10: min_count = 2 leaves symbols out, which needs `unknown = true`");
}

BOOST_AUTO_TEST_CASE(characters_are_code_points_and_lower_case_knows_accents) {
  const Folder folder;
  folder.write("names.tsv", "name\nÉlan\nŻółć\n");
  const Source source = open(folder, call("table", {{"", text("names.tsv")}}));
  const FieldSpec spec = define_field("n", call("characters", {{"lower", true}}), source);
  BOOST_CHECK(spec.vocabulary.symbols() == strings({"é", "l", "a", "n", "ż", "ó", "ł", "ć"}));
  const Tensor ids = encode(spec, "ŻÉ", place(1));
  BOOST_CHECK(numbers(ids) == (std::vector<double>{4, 0}));
  BOOST_TEST(error_of([&] {
               encode(spec, "éläx", {"input 1", 1, 5});
             }) ==
             "input 1:1:7: character \"ä\" in column `name` is not in the vocabulary of `n`; the "
             "option `unknown = true` would take it as <unk>");
}

BOOST_FIXTURE_TEST_CASE(columns_must_be_there, Reviews) {
  BOOST_TEST(error_of([&] { define_field("w", call("words"), source); }) ==
             "test.fold:3:1: words needs the option `column`: the columns are review, sentiment");
  BOOST_TEST(
      error_of([&] {
        define_field("w", call("words", {{"column", text("reviw")}}), source);
      }) ==
      "test.fold:3:10: there is no column `reviw`; the nearest is `review`; note: the columns "
      "are review, sentiment");
  BOOST_TEST(error_of([&] { define_field("w", call("input"), source); }) ==
             "test.fold:3:1: `reviews` is a table source, which has no `input`: it offers words, "
             "characters, class, number, numbers");
}

BOOST_FIXTURE_TEST_CASE(cells_that_cannot_be_read, Reviews) {
  const FieldSpec y = define_field("y", call("number", {{"column", text("sentiment")}}), source);
  const FieldSpec w = define_field("w", call("words", {{"column", text("review")}}), source);
  const auto error = [&](const FieldSpec& spec, const char* cell) {
    return error_of([&] { encode(spec, cell, {"a.tsv", 4, 3}); });
  };
  BOOST_TEST(error(y, "12x") == "a.tsv:4:3: \"12x\" is not a number in column `sentiment`");
  BOOST_TEST(error(y, "nan") == "a.tsv:4:3: \"nan\" is not a finite number in column `sentiment`");
  BOOST_TEST(error(y, "-inf") ==
             "a.tsv:4:3: \"-inf\" is not a finite number in column `sentiment`");
  BOOST_TEST(error(y, "1e99") ==
             "a.tsv:4:3: \"1e99\" is not a finite number in column `sentiment`");
  BOOST_TEST(error(y, " ") == "a.tsv:4:3: a number is missing in column `sentiment`");
  BOOST_TEST(error(w, "  ") == "a.tsv:4:3: an empty sequence: no words in column `review`");
  BOOST_TEST(error(w, "ab\xff") == "a.tsv:1:3: byte 0xff is not UTF-8");
  BOOST_TEST(error(y, "1e999") ==
             "a.tsv:4:3: \"1e999\" is not a finite number in column `sentiment`");
  BOOST_CHECK(numbers(encode(y, " +2.5e1 ", {})) == std::vector<double>{25});
  BOOST_CHECK(numbers(encode(y, "1e-999", {})) == std::vector<double>{0});
}

BOOST_FIXTURE_TEST_CASE(specs_survive_json, Reviews) {
  const FieldSpec words =
      define_field("w", call("words", {{"column", text("review")}, {"end", true}}), source);
  const FieldSpec tfidf = define_field("t", call("tfidf"), words, source);
  for (const FieldSpec& spec : {words, tfidf}) {
    const std::string stored = nlohmann::json(spec).dump();
    const auto again = nlohmann::json::parse(stored).get<FieldSpec>();
    BOOST_TEST(nlohmann::json(again).dump() == stored);
    BOOST_CHECK(encode(again, "movie was awful", {}) == encode(spec, "movie was awful", {}));
  }
  const auto again = nlohmann::json::parse(nlohmann::json(source.spec).dump()).get<SourceSpec>();
  BOOST_CHECK(again.columns == source.spec.columns);
  BOOST_CHECK(again.fingerprints == source.spec.fingerprints);
  BOOST_CHECK(again.format == RowFormat::tsv);
}

BOOST_AUTO_TEST_SUITE_END()
