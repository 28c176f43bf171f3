#include "tools/train/decode.h"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <set>

#include "graph/interpret.h"
#include "graph/passes/drop_dead_nodes.h"
#include "tests/tools/train/scratch.h"
#include "tools/train/evaluate.h"
#include "tools/train/settings.h"

using namespace unfold;

namespace {

const char* rows =
    "from\tto\nab\tba\nabc\tcba\na\ta\nccab\tbacc\nbb\tbbb\ncab\tb\nbca\tacbb\naabbcc\tccbbaa\n";

const std::string data_block = R"(
data {
  pairs = table("pairs.tsv")
  src = characters(pairs, column = "from")
  tgt = characters(pairs, column = "to", start = true, end = true)
}
)";

// The last state of an encoder starts the decoder, which also looks back at two earlier symbols and
// attends to all of the encoder's states.
const std::string attending = data_block + R"(
model {
  e = bidirectional(gru, embedding(src, 3), units = 4)
  keys = dense(e, 5)
  y = embedding(tgt, 3)
  param W : [13 + 8 + 5, 5] = normal(1)
  for t in y {
    init h = tanh(dense(last(e), 5))
    scores = keys @ h[t-1]
    seen   = softmax(scores, over = time(src)) @ e
    h[t] = tanh(concat(concat(y[t], y[t-1], y[t-2], [0.1, 0.2, 0.3, 0.4]), seen, h[t-1]) @ W)
  }
  param V : [5, vocab(tgt)] = normal(2)
  logits = h @ V
  loss = cross_entropy(logits, next(tgt))
  metric right = 100 * exact(tgt)
  sample next(tgt) from logits
}
train { batch = 3; seed = 9 }
)";

struct Setup {
  explicit Setup(const std::string& program) : scheduler(2) {
    scratch.write("pairs.tsv", rows);
    model = load_model(scratch.write("pairs.fold", program), {});
    const DataBlock& data = model.program->data();
    examples = data::read_examples(data.sources[0], data.fields, data::Part::train);
  }

  data::Batch batch() const {
    std::vector<std::int64_t> all(static_cast<std::size_t>(examples.size()));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    return data::make_batch(examples, all);
  }

  Scratch scratch;
  Model model;
  Scheduler scheduler;
  data::Examples examples;
};

Tensor as_batch(const Tensor& one) {
  Dims dims = one.dims();
  dims.insert(dims.begin(), 1);
  return Tensor::of(dims, std::vector<std::int32_t>(one.as<std::int32_t>().begin(),
                                                    one.as<std::int32_t>().end()));
}

// Logits of what follows the symbols so far, from the whole sequence at once.
std::vector<double> following(const Setup& s, std::size_t example,
                              const std::vector<std::int32_t>& so_far) {
  const auto steps = static_cast<std::int64_t>(so_far.size());
  const Tensor src = as_batch(s.examples.values[0][example]);
  const Tensor tgt = Tensor::of({1, steps}, so_far);
  const Tensor src_length = Tensor::of<std::int32_t>({1}, {static_cast<int>(src.size())});
  const Tensor tgt_length = Tensor::of<std::int32_t>({1}, {static_cast<int>(steps)});
  BuildOptions options;
  options.training = false;
  options.steps = {{"time(src)", src.size()}, {"time(tgt)", steps}};
  Graph graph = build(s.model, options).model.graph;
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("sample")); });
  std::vector<Tensor> values;
  for (const TrainedParameter& p : s.model.parameters) values.push_back(p.value.to(DType::f64));
  Feed feed;
  feed.tensors = {{"src", &src},
                  {"tgt", &tgt},
                  {"length(time(src))", &src_length},
                  {"length(time(tgt))", &tgt_length}};
  for (std::size_t i = 0; i < values.size(); ++i)
    feed.tensors[s.model.parameters[i].name] = &values[i];
  const Tensor all = interpret_outputs(drop_dead_nodes(graph), feed, DType::f64).at("sample");
  const std::int64_t size = all.dims().back();
  std::vector<double> last;
  for (std::int64_t i = 0; i < size; ++i) last.push_back(all.at((steps - 1) * size + i));
  return last;
}

// Greedy decoding as it is defined: the whole network again for each symbol.
std::vector<std::int32_t> decoded_slowly(const Setup& s, std::size_t example, std::size_t most) {
  const data::Vocabulary& symbols = s.examples.fields[1].vocabulary;
  const std::int32_t start = *symbols.find("<start>"), end = *symbols.find("<end>");
  std::vector<std::int32_t> ids{start};
  while (ids.back() != end && ids.size() <= most) {
    const std::vector<double> logits = following(s, example, ids);
    std::int32_t best = start == 0 ? 1 : 0;
    for (std::int32_t i = 0; i < symbols.size(); ++i)
      if (i != start &&
          logits[static_cast<std::size_t>(i)] > logits[static_cast<std::size_t>(best)])
        best = i;
    ids.push_back(best);
  }
  ids.erase(ids.begin());
  return ids;
}

std::string refused(const std::string& program) {
  return error_of([&] { const Setup s(program); });
}

std::string without(std::string text, const std::string& part, const std::string& other = "") {
  const std::size_t at = text.find(part);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), other);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decoding)

BOOST_AUTO_TEST_CASE(step_by_step_is_what_the_whole_network_says) {
  Setup s(attending);
  Decoder decoder(s.model, s.scheduler, 2);
  BOOST_TEST(decoder.field().name == "tgt");
  BOOST_REQUIRE(decoder.context().size() == 1U);
  BOOST_TEST(decoder.context()[0].name == "src");
  const std::vector<std::int64_t> most{7, 1, 5, 7, 7, 3, 7, 0};
  const auto found = decoder.run(s.batch(), s.model.parameters, most);
  std::set<std::vector<std::int32_t>> different;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto expected = decoded_slowly(s, i, static_cast<std::size_t>(most[i]));
    BOOST_TEST(found[i] == expected, boost::test_tools::per_element());
    different.insert(expected);
  }
  BOOST_TEST(different.size() >= 4U);  // the input matters
}

BOOST_AUTO_TEST_CASE(a_batch_is_decoded_as_its_examples_one_at_a_time) {
  Setup s(attending);
  Decoder decoder(s.model, s.scheduler, 2);
  const std::vector<std::string> all = decoder.texts(s.examples, s.model.parameters, 9);
  for (std::size_t i = 0; i < all.size(); ++i) {
    data::Examples one = s.examples;
    for (auto& values : one.values) values = {values[i]};
    BOOST_TEST(decoder.texts(one, s.model.parameters, 9).at(0) == all[i]);
  }
}

BOOST_AUTO_TEST_CASE(exact_counts_sequences_without_a_mistake) {
  Setup s(attending);
  Decoder decoder(s.model, s.scheduler, 1);
  const auto expected_of = [&](std::size_t i) {
    const auto target = s.examples.values[1][i].as<std::int32_t>();
    return decoded_slowly(s, i, target.size() - 1) ==
           std::vector<std::int32_t>(target.begin() + 1, target.end());
  };
  // What the untrained network says becomes some examples' own target.
  for (const std::size_t i : {0U, 3U, 6U}) {
    auto ids = decoded_slowly(s, i, 6);
    ids.insert(ids.begin(), *s.examples.fields[1].vocabulary.find("<start>"));
    s.examples.values[1][i] = Tensor::of({std::ssize(ids)}, ids);
  }
  const Tensor found = decoder.exact(s.batch(), s.model.parameters);
  double right = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(found.size()); ++i) {
    BOOST_TEST(found.at(static_cast<std::int64_t>(i)) == (expected_of(i) ? 1 : 0));
    right += found.at(static_cast<std::int64_t>(i));
  }
  BOOST_TEST(right >= 3);
  BOOST_TEST(right < 8);
  // In batches of three, and with the rest of the metric's expression applied once.
  Diagnostics none;
  const TrainSettings settings = read_train_settings(s.model.program->train(), none);
  const PartData part(s.examples, settings);
  BOOST_TEST(part.batches() == 3);
  Evaluation evaluation(s.model, settings, s.scheduler, 2);
  BOOST_TEST(evaluation.run(part, s.model.parameters).at("right") == 100 * right / 8,
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_sequence_without_an_end_is_compared_as_far_as_it_goes) {
  Setup s(without(attending, ", end = true"));
  Decoder decoder(s.model, s.scheduler, 1);
  const auto found = decoder.run(s.batch(), s.model.parameters, std::vector<std::int64_t>(8, 4));
  for (std::size_t i = 0; i < found.size(); ++i) {
    BOOST_TEST(found[i].size() == 4U);
    auto ids = found[i];
    ids.insert(ids.begin(), *s.examples.fields[1].vocabulary.find("<start>"));
    s.examples.values[1][i] = Tensor::of({std::ssize(ids)}, ids);
  }
  const Tensor exact = decoder.exact(s.batch(), s.model.parameters);
  for (std::int64_t i = 0; i < exact.size(); ++i) BOOST_TEST(exact.at(i) == 1);
}

BOOST_AUTO_TEST_CASE(what_can_be_decoded) {
  BOOST_TEST(decodes(Setup(attending).model));
  BOOST_TEST(
      !decodes(Setup(without(attending, "sample next", "output y = logits\nsample next")).model));
  const std::string aside = "  aside = last(reverse(y))\n  logits = ";
  BOOST_TEST(decodes(Setup(without(attending, "  logits = ", aside)).model));
  const Setup unstarted(
      without(without(attending, "start = true, "), "metric right = 100 * exact(tgt)"));
  const std::vector<Error> why = why_no_steps(unstarted.model);
  BOOST_TEST_REQUIRE(why.size() == 1U);
  BOOST_TEST(why[0].message.starts_with("what tgt begins with is not known"), why[0].message);
  BOOST_TEST(why[0].where.line > 0U);
  BOOST_TEST(why_no_steps(Setup(attending).model).empty());
  const std::string alone = data_block + R"(
model {
  logits = dense(rnn(one_hot(tgt), 4), vocab(tgt))
  loss = cross_entropy(logits, next(tgt))
  sample next(tgt) from logits
}
)";
  BOOST_TEST(!decodes(Setup(alone).model));
}

BOOST_AUTO_TEST_CASE(programs_that_cannot_be_decoded) {
  BOOST_TEST(refused(without(attending, "sample next(tgt) from logits")) ==
             "exact: to decode tgt, the program must say what its symbols are drawn from: sample "
             "next(tgt) from …");
  BOOST_TEST(refused(without(attending, "start = true, ")) ==
             "exact: decoding tgt begins with <start>, which its sequences do not have: "
             "characters(…, start = true)");
  BOOST_TEST(refused(without(attending, "exact(tgt)", "exact(logits)")) ==
             "exact: needs a field of symbols of the data block");
  BOOST_TEST(refused(without(attending, "loss = ", "loss = exact(tgt) + ")) ==
             "exact: whole sequences are decoded for metrics only, not for the loss or an output");
  BOOST_TEST(
      refused(without(attending, "y = embedding(tgt, 3)", "y = reverse(embedding(tgt, 3))"))
          .find("reverse: needs the whole of time(tgt), but the network sees one piece of it "
                "at a time; its symbols follow one another, because the program samples "
                "next(tgt)") == 0);
  BOOST_TEST(refused(without(attending, "y[t-1]", "y[t+1]")).find("one piece of it at a time") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
