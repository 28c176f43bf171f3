#include "tools/train/compiled.h"

#include <boost/test/unit_test.hpp>

#include "tests/tools/train/scratch.h"

using namespace unfold;

BOOST_AUTO_TEST_SUITE(compiled)

// Runs that share what is made of parameters do not take memory at the same time.
BOOST_AUTO_TEST_CASE(memory_is_planned_for_a_batch_and_lookups_for_all_runs) {
  const Scratch scratch;
  scratch.write("abc.txt", "abacabadabacaba\n");
  Model model = load_model(scratch.write("abc.fold", R"(
data { corpus = text("abc.txt"); w = characters(corpus) }
model {
  h = rnn(one_hot(w), units = 50)
  loss = cross_entropy(dense(h, vocab(w)), next(w))
}
)"),
                           {});
  model.memory = std::int64_t{40} << 20;  // some megabytes beside what is always left free
  Scheduler scheduler(1);
  std::vector<std::int64_t> segments, batches;
  const auto make = [&](const auto& steps, bool, const PassOptions& passes) {
    segments.push_back(passes.segment);
    batches.push_back(passes.batch);
    BuildOptions options;
    options.steps = steps;
    Graph graph = build(model, options).model.graph;
    return optimise_forward(std::move(graph), passes);
  };
  const auto plan = [&](const PlanUse& use) {
    segments.clear();
    batches.clear();
    PlanCache(make, model, scheduler, 1, use).get({{text_axis(*model.program).str(), 100}}, false);
  };
  plan({.batch = 2, .runs = 256, .parameters_stay = true});
  BOOST_TEST(segments == std::vector<std::int64_t>{0});
  BOOST_TEST(batches == std::vector<std::int64_t>{512});
  plan({.batch = 512, .parameters_stay = true});
  BOOST_TEST(segments.size() > 1U);  // does not fit
  BOOST_TEST(batches.front() == 512);
}

BOOST_AUTO_TEST_SUITE_END()
