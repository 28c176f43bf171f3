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

/// Pairs of sequences of the given lengths.
Examples pairs(const std::vector<std::int64_t>& sources, const std::vector<std::int64_t>& targets) {
  Examples examples = sequences(sources);
  Examples others = sequences(targets);
  others.fields[0].name = "y";
  others.fields[0].type.axis = "time(y)";
  examples.fields.push_back(others.fields[0]);
  examples.values.push_back(std::move(others.values[0]));
  return examples;
}

/// `count` lengths, evenly from `first` to `last`, in no order.
std::vector<std::int64_t> from_to(std::int64_t first, std::int64_t last, std::int64_t count) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t i = 0; i < count; ++i)
    lengths.push_back(first + i * 7919 % count * (last - first) / (count - 1));
  return lengths;
}

/// What the batches of some epochs come to.
struct Training {
  Padding padding;
  std::set<std::map<std::string, std::int64_t>> plans;
};

Training train(const Examples& examples, std::int64_t batch, std::uint64_t epochs) {
  Training result;
  const Buckets buckets(examples, batch);
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch)
    for (const auto& which : training_batches(examples, batch, 1, epoch)) {
      const Batch made = make_batch(examples, which, buckets);
      result.padding.add(made);
      result.plans.insert(made.steps);
    }
  return result;
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

BOOST_AUTO_TEST_CASE(batches_are_padded_to_the_smallest_bucket_that_holds_them) {
  const Examples examples = sequences({3, 9, 4, 12});
  const Buckets buckets(examples, 2);
  BOOST_CHECK(buckets.fit({3}) == (std::vector<std::int64_t>{4}));
  BOOST_CHECK(buckets.fit({4}) == (std::vector<std::int64_t>{4}));
  BOOST_CHECK(buckets.fit({5}) == (std::vector<std::int64_t>{12}));
  BOOST_CHECK(buckets.fit({13}) == (std::vector<std::int64_t>{13}));
  BOOST_CHECK(Buckets().fit({5}) == (std::vector<std::int64_t>{5}));
  const Batch batch = make_batch(examples, std::vector<std::int64_t>{1, 0}, buckets);
  BOOST_TEST(batch.steps.at("time(x)") == 12);
  Padding padding;
  padding.add(batch);
  BOOST_TEST(padding.real == 12);
  BOOST_TEST(padding.computed == 24);
  BOOST_TEST(padding.share() == 0.5);
  BOOST_TEST(Padding().share() == 0);
}

BOOST_AUTO_TEST_CASE(nothing_is_padded_on_a_full_axis) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t i = 0; i < 300; ++i) lengths.push_back(1 + i / 2);
  Examples examples = sequences(lengths);
  examples.fields[0].type.full = true;
  const Training training = train(examples, 2, 1);
  BOOST_TEST(training.padding.share() == 0);
  BOOST_TEST(training.plans.size() == 150u);
}

BOOST_AUTO_TEST_CASE(training_batches_hold_all_examples_in_an_order_of_the_epoch) {
  const Examples examples = sequences(from_to(1, 60, 5003));
  const auto batches = training_batches(examples, 32, 1, 4);
  BOOST_TEST(batches.size() == 157u);
  std::vector<std::int64_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  BOOST_TEST(!std::ranges::is_sorted(all));
  std::ranges::sort(all);
  for (std::int64_t i = 0; i < 5003; ++i) BOOST_REQUIRE(all[static_cast<std::size_t>(i)] == i);
  BOOST_CHECK(batches == training_batches(examples, 32, 1, 4));
  BOOST_CHECK(batches != training_batches(examples, 32, 1, 5));
  BOOST_CHECK(batches != training_batches(examples, 32, 2, 4));
  // Short and long ones in turn, and others together in each epoch.
  std::vector<std::int64_t> longest;
  for (const auto& batch : batches) longest.push_back(longest_of(examples, batch)[0]);
  BOOST_TEST(!std::ranges::is_sorted(longest));
  const auto sorted = [](std::vector<std::int64_t> batch) {
    std::ranges::sort(batch);
    return batch;
  };
  std::set<std::vector<std::int64_t>> met;
  for (const auto& batch : batches) met.insert(sorted(batch));
  for (const auto& batch : training_batches(examples, 32, 1, 5))
    BOOST_TEST(!met.contains(sorted(batch)));
}

BOOST_AUTO_TEST_CASE(padding_is_little_and_plans_are_few) {
  const auto check = [](const Examples& examples, std::int64_t batch) {
    const Training training = train(examples, batch, 3);
    BOOST_TEST(training.padding.share() < 0.1);
    BOOST_TEST(training.plans.size() <= Buckets::most);
    BOOST_TEST(training.plans.size() == Buckets(examples, batch).size());
  };
  check(sequences(from_to(5, 100, 640)), 64);   // an epoch of 10 batches
  check(sequences(from_to(5, 100, 2000)), 64);  // less than one pool of 50
  check(sequences(from_to(5, 100, 3300)), 64);  // a little more than one pool
  check(sequences(from_to(1, 1000, 8000)), 16);
  std::vector<std::int64_t> few_long;
  for (const std::int64_t u : from_to(1, 1000, 6000)) few_long.push_back(3 + u * u * u / 4'000'000);
  check(sequences(few_long), 32);
}

BOOST_AUTO_TEST_CASE(padding_is_little_where_two_sequences_of_an_example_differ) {
  std::vector<std::int64_t> sources = from_to(5, 60, 6400), targets;
  const std::vector<std::int64_t> more = from_to(0, 3, 6400);
  for (std::size_t i = 0; i < sources.size(); ++i) targets.push_back(sources[i] + more[i]);
  const Examples examples = pairs(sources, targets);
  const Training training = train(examples, 32, 3);
  BOOST_TEST(training.padding.share() < 0.1);
  BOOST_TEST(training.plans.size() <= Buckets::most);
  // Independent lengths: 8 batches of the one, each in 8 of the other.
  std::ranges::rotate(targets, targets.begin() + 3203);
  BOOST_TEST(train(pairs(sources, targets), 32, 3).padding.share() < 0.2);
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
