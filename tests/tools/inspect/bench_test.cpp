// What `unfold bench` runs on and counts. Nothing here depends on how fast it is.

#include "tools/inspect/bench.h"

#include <boost/test/unit_test.hpp>

#include "ops/ops.h"
#include "tests/tools/inspect/small_program.h"

using namespace unfold;
using unfold::testing::SmallProgram;

namespace {

TrainSettings settings_of(const Model& model) {
  Diagnostics diagnostics;
  return read_train_settings(model.program->train(), diagnostics);
}

std::vector<data::Batch> batches(const BenchShape& shape) {
  const Model model = SmallProgram(SmallProgram::sentiment).load();
  return bench_batches(*model.program, settings_of(model), shape);
}

const TimeRow& row(const std::vector<TimeRow>& rows, const std::string& name) {
  for (const TimeRow& r : rows)
    if (r.name == name) return r;
  BOOST_FAIL("no row " << name);
  throw Error("unreachable");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(benchmarks)

BOOST_AUTO_TEST_CASE(made_up_batches_have_the_size_and_steps_asked_for) {
  const auto made = batches({.batch = 5, .steps = 7});
  BOOST_TEST_REQUIRE(made.size() == 1u);
  const data::Batch& batch = made[0];
  BOOST_TEST(batch.size == 5);
  BOOST_TEST(batch.first);
  const Tensor& ids = batch.inputs.at("review");
  BOOST_TEST((ids.dims() == Dims{5, 7}));
  for (const std::int32_t id : ids.as<std::int32_t>()) BOOST_TEST((id >= 0 && id < 5));
  for (const std::int32_t n : batch.lengths.at("time(review)").as<std::int32_t>())
    BOOST_TEST(n == 7);
  BOOST_TEST((batch.inputs.at("sentiment").dims() == Dims{5, 1}));
}

BOOST_AUTO_TEST_CASE(a_table_gives_its_training_batches_or_its_rows_as_they_are) {
  const auto by_length = batches({.batch = 2});  // lengths 3, 3, 4 and 1
  BOOST_TEST_REQUIRE(by_length.size() == 2u);
  std::int64_t steps = 0;
  for (const data::Batch& batch : by_length) steps += batch.steps.at("time(review)");
  BOOST_TEST(steps == 7);
  const auto mixed = batches({.batch = 2, .mixed = true});
  BOOST_TEST_REQUIRE(mixed.size() == 2u);
  BOOST_TEST((mixed[0].examples == std::vector<std::int64_t>{0, 1}));
  BOOST_TEST((mixed[1].examples == std::vector<std::int64_t>{2, 3}));
  BOOST_TEST(batches({}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(times_and_work_are_added_up_by_operation_layer_and_line) {
  Graph g;
  g.current.site = {"encoder", "h", "a.fold", 3, 1};
  const Value x = input(g, "x", real_type({plain(2)}, true));
  const Value w = parameter(g, "w", {plain(2), plain(3)});
  const Value h = matmul(x, w);
  g.current.site = {{}, "y", "a.fold", 4, 1};
  g.current.backward = true;
  const Value y = tanh(h) + exp(w);
  g.outputs.push_back({"y", y.id});
  const Plan plan = make_plan(g, DType::f32);

  Profile profile;
  profile.seconds.assign(2, {});
  for (const Phase& phase : plan.phases)
    for (const Call& call : phase.calls)
      for (std::size_t shard = 0; shard < 2; ++shard)
        profile.seconds[shard].push_back(g.node(call.node).op == &matmul_op ? 1 : 0.25);
  TimeTable table;
  table.add(plan, profile, 10, 50);

  BOOST_TEST(table.operations().front().name == "matmul");
  BOOST_TEST(row(table.operations(), "matmul").forward == 2);
  BOOST_TEST(row(table.operations(), "matmul").backward == 0);
  BOOST_TEST(row(table.operations(), "matmul").work == 2 * 2 * 3 * 50);
  BOOST_TEST(row(table.operations(), "matmul").calls == 10);
  // exp(w) is shared, once a run; tanh and add are not of one shape.
  BOOST_TEST(row(table.operations(), "fused").work == 6 * 10 + 3 * 50 + 6 * 50);
  BOOST_TEST(row(table.layers(), "encoder").seconds() == 2);
  BOOST_TEST(row(table.layers(), "y").backward == 1.5);
  BOOST_TEST(row(table.lines(), "a.fold:4").calls == 30);
  BOOST_TEST(row(table.lines(), "a.fold:4").where.line == 4u);
  BOOST_TEST(table.seconds() == 3.5);
  double work = 0;
  for (const TimeRow& r : table.operations()) work += r.work;
  BOOST_TEST(work_of_runs(g, 10, 50) == work);
}

BOOST_AUTO_TEST_CASE(a_result_counts_real_steps_and_training_moves_the_parameters) {
  Model model = SmallProgram(SmallProgram::sentiment).load();
  const Tensor before = model.parameters[0].value;
  BenchOptions options;
  options.shape.batch = 2;
  options.threads = 1;
  options.window = 0;
  const BenchResult trained = bench(model, options, 0);
  BOOST_TEST(trained.batches == 2);
  BOOST_TEST(trained.examples == 2);
  BOOST_TEST(trained.tokens == 5.5);
  BOOST_TEST(trained.most_steps == 4);
  BOOST_TEST(trained.threads == 1);
  BOOST_TEST(trained.plan_bytes > 0);
  BOOST_TEST(trained.profiled_steps == 2);
  BOOST_TEST((model.parameters[0].value == before) == false);
  BOOST_TEST(row(trained.times.operations(), "fused").calls > 0);

  const Tensor after = model.parameters[0].value;
  options.inference = true;
  const BenchResult inferred = bench(model, options, 0);
  BOOST_TEST(inferred.work < trained.work);
  BOOST_TEST((model.parameters[0].value == after));
  for (const TimeRow& r : inferred.times.operations()) BOOST_TEST(r.backward == 0);
}

BOOST_AUTO_TEST_SUITE_END()
