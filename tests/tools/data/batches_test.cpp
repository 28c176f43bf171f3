#include "tools/data/batches.h"

#include <algorithm>
#include <set>

#include "helpers.h"

BOOST_AUTO_TEST_SUITE(data_batches)

using namespace unfold;
using namespace unfold::data;
using namespace unfold::test;

namespace {

/// Sequences of the given lengths: example i holds 100 i + 1, 100 i + 2, …
Examples sequences(const std::vector<std::int64_t>& lengths) {
  Examples examples;
  FieldSpec field;
  field.name = "x";
  field.type.kind = FieldKind::sequence;
  field.type.axis = "time(x)";
  field.type.width = 1;
  examples.fields = {field};
  examples.values.resize(1);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    Tensor value(DType::f32, {lengths[i], 1});
    for (std::int64_t t = 0; t < lengths[i]; ++t) {
      value.set(t, static_cast<double>(100 * static_cast<std::int64_t>(i) + t + 1));
    }
    examples.values[0].push_back(std::move(value));
  }
  return examples;
}

Stream stream_of(std::int64_t n) {
  Stream stream;
  stream.field.name = "char";
  stream.field.type.axis = "time(char)";
  for (std::int64_t i = 0; i < n; ++i) stream.ids.push_back(static_cast<std::int32_t>(i));
  return stream;
}

using Rows2 = std::vector<double>;

}  // namespace

BOOST_AUTO_TEST_CASE(padding_repeats_the_last_real_value) {
  const Examples examples = sequences({3, 1, 2});
  const std::vector<std::int64_t> which = {0, 1, 2};
  const Batch batch = make_batch(examples, which);
  BOOST_TEST(batch.size == 3);
  BOOST_TEST(batch.steps.at("time(x)") == 3);
  BOOST_CHECK((batch.inputs.at("x").dims() == Dims{3, 3, 1}));
  BOOST_CHECK(numbers(batch.inputs.at("x")) == (Rows2{1, 2, 3, 101, 101, 101, 201, 202, 202}));
  BOOST_CHECK(numbers(batch.lengths.at("time(x)")) == (Rows2{3, 1, 2}));
  BOOST_CHECK(batch.examples == which);
}

BOOST_AUTO_TEST_CASE(few_numbers_of_steps_occur) {
  BOOST_TEST(bucket_steps(1) == 1);
  BOOST_TEST(bucket_steps(15) == 15);
  BOOST_TEST(bucket_steps(17) == 18);
  BOOST_TEST(bucket_steps(33) == 36);
  BOOST_TEST(bucket_steps(100) == 104);
  std::set<std::int64_t> between;
  for (std::int64_t n = 1; n <= 4096; ++n) {
    const std::int64_t steps = bucket_steps(n);
    BOOST_REQUIRE(steps >= n);
    BOOST_REQUIRE(steps == bucket_steps(steps));
    BOOST_REQUIRE(static_cast<double>(steps - n) < 0.125 * static_cast<double>(n));
    if (n > 2048) between.insert(steps);
  }
  BOOST_TEST(between.size() == 8u);
}

BOOST_AUTO_TEST_CASE(training_batches_hold_all_examples_in_an_order_of_the_epoch) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t i = 0; i < 5003; ++i) lengths.push_back(1 + i * 7919 % 60);
  const Examples examples = sequences(lengths);
  const auto batches = training_batches(examples, 32, 1, 4);
  BOOST_TEST(batches.size() == 157u);
  std::vector<std::int64_t> all;
  std::int64_t real = 0, padded = 0;
  for (const auto& batch : batches) {
    all.insert(all.end(), batch.begin(), batch.end());
    const Batch made = make_batch(examples, batch);
    for (const std::int64_t i : batch) real += lengths[static_cast<std::size_t>(i)];
    padded += made.size * made.steps.at("time(x)");
  }
  BOOST_TEST(static_cast<double>(padded - real) < 0.1 * static_cast<double>(padded));
  BOOST_TEST(!std::ranges::is_sorted(all));
  std::ranges::sort(all);
  for (std::int64_t i = 0; i < 5003; ++i) BOOST_REQUIRE(all[static_cast<std::size_t>(i)] == i);
  BOOST_CHECK(batches == training_batches(examples, 32, 1, 4));
  BOOST_CHECK(batches != training_batches(examples, 32, 1, 5));
  BOOST_CHECK(batches != training_batches(examples, 32, 2, 4));
}

BOOST_AUTO_TEST_CASE(evaluation_batches_join_like_lengths) {
  using Groups = std::vector<std::vector<std::int64_t>>;
  Examples examples = sequences({3, 1, 2, 1, 3});
  BOOST_CHECK((evaluation_batches(examples, 2) == Groups{{1, 3}, {2, 0}, {4}}));
  examples.fields[0].type.full = true;
  BOOST_CHECK((evaluation_batches(examples, 2) == Groups{{1, 3}, {2}, {0, 4}}));
}

BOOST_AUTO_TEST_CASE(a_text_in_streams) {
  // 11 symbols, 2 streams: 5 predicted in each; pieces of 2, 2 and 1 steps.
  const Stream stream = stream_of(11);
  const TextBatches batches(stream, {2, 2, 0}, {});
  BOOST_TEST(batches.size() == 3);
  BOOST_TEST(batches.predicted() == 10);
  const Batch one = batches.at(0);
  BOOST_CHECK(numbers(one.inputs.at("char")) == (Rows2{0, 1, 5, 6}));
  BOOST_CHECK(numbers(one.inputs.at("next(char)")) == (Rows2{1, 2, 6, 7}));
  BOOST_CHECK(numbers(one.lengths.at("time(char)")) == (Rows2{2, 2}));
  BOOST_TEST(one.first);
  const Batch last = batches.at(2);
  BOOST_CHECK(numbers(last.inputs.at("char")) == (Rows2{4, 9}));
  BOOST_CHECK(numbers(last.inputs.at("next(char)")) == (Rows2{5, 10}));
  BOOST_TEST(last.steps.at("time(char)") == 1);
  BOOST_TEST(!last.first);
}

BOOST_AUTO_TEST_CASE(a_text_in_independent_pieces) {
  const Stream stream = stream_of(12);  // 11 predicted: 3 whole pieces of 3 and one of 2
  TextBatches batches(stream, {2, 0, 3}, {});
  BOOST_TEST(batches.size() == 3);
  BOOST_CHECK(numbers(batches.at(0).inputs.at("char")) == (Rows2{0, 1, 2, 3, 4, 5}));
  BOOST_CHECK(numbers(batches.at(1).inputs.at("char")) == (Rows2{6, 7, 8}));
  BOOST_CHECK(numbers(batches.at(2).inputs.at("next(char)")) == (Rows2{10, 11}));
  BOOST_TEST(batches.at(2).first);
  const Stream longer = stream_of(1001);
  TextBatches shuffled(longer, {10, 0, 10}, {});
  const auto order = [&](std::uint64_t epoch) {
    shuffled.shuffle(1, epoch);
    std::vector<std::int64_t> pieces;
    for (std::int64_t k = 0; k < shuffled.size(); ++k) {
      const Batch batch = shuffled.at(k);
      pieces.insert(pieces.end(), batch.examples.begin(), batch.examples.end());
    }
    return pieces;
  };
  const auto first = order(1);
  BOOST_CHECK(order(2) != first);
  BOOST_CHECK(order(1) == first);
  BOOST_TEST(std::set<std::int64_t>(first.begin(), first.end()).size() == 100u);
}

BOOST_AUTO_TEST_CASE(a_text_as_one_sequence) {
  const Stream stream = stream_of(5);
  const TextBatches batches(stream, {8, 0, 0}, {});
  BOOST_TEST(batches.size() == 1);
  BOOST_CHECK(numbers(batches.at(0).inputs.at("char")) == (Rows2{0, 1, 2, 3}));
  const Stream tall = stream_of(10002);
  BOOST_TEST(
      error_of([&] { TextBatches(tall, {}, place(4)); }) ==
      "test.fold:3:4: one sequence of 10001 steps is too long: `truncate = n` cuts the text in "
      "pieces that carry the state on, `length = n` in independent ones");
  BOOST_TEST(error_of([&] {
               TextBatches(stream, {50, 10, 0}, place(4));
             }) == "test.fold:3:4: the text has 5 characters; 50 streams need at least 51");
}

BOOST_AUTO_TEST_SUITE_END()
