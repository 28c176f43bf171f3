#include "tools/inspect/forecast.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/gemm.h"
#include "tools/inspect/bench_batches.h"
#include "tools/inspect/time_table.h"
#include "tools/train/memory.h"
#include "tools/train/training_step.h"

namespace unfold {

namespace {

// Those by rows are there as they were computed and once more as sums.
std::int64_t gradient_bytes(const Plan& plan, std::int64_t batch) {
  std::int64_t numbers = 0;
  for (const Output& o : plan.graph.outputs) {
    const Type& type = plan.graph.type(o.node);
    if (plan.graph.place(o.node).backward) numbers += type.size() * (type.batched ? 2 * batch : 1);
  }
  return numbers * static_cast<std::int64_t>(size_of(plan.precision));
}

// The libraries behind products take their memory when the first one is made.
void make_a_product() {
  constexpr std::int64_t n = 32;
  const Tensor factor(DType::f32, {n, n});
  Tensor product(DType::f32, {n, n});
  const Matrix<const float> matrix{factor.as<float>().data(), n};
  for (const bool transposed : {false, true})  // a forward and a backward one
    gemm<float>(transposed, false, n, n, n, matrix, matrix, {product.as<float>().data(), n}, false);
}

}  // namespace

Forecast forecast(Model& model, const ForecastShape& shape) {
  Diagnostics diagnostics;
  TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  if (shape.batch) settings.batch = *shape.batch;
  const bool timed = std::ranges::any_of(model.program->data().fields,
                                         [](const auto& f) { return f.type.has_time(); });
  if (timed && !shape.steps)
    throw UsageError("what a batch takes depends on its steps: give --steps N");
  const data::Batch batch = made_up_batch(*model.program, settings, shape.steps.value_or(1));
  Scheduler scheduler;  // plans depend on how many threads there are
  Forecast out;
  out.steps = timed ? *shape.steps : 0;
  out.batch = settings.batch;
  out.shards = shards_for(model, settings);
  TrainingStep step(model, settings, scheduler, out.shards);
  const Plan& plan = step.compiled(batch).plan;
  out.arena_bytes = plan.bytes(batch.size, out.shards);
  out.work = work_of_runs(plan.graph, 1, batch.size);
  make_a_product();
  if (const std::int64_t compiled = resident_memory().now; compiled > 0)
    out.resident_bytes = compiled + out.arena_bytes + gradient_bytes(plan, batch.size);
  return out;
}

std::string to_text(const Forecast& f) {
  const std::string steps = f.steps > 0 ? fmt::format(" of {} steps", f.steps) : "";
  const auto megabytes = [](std::int64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  std::string text = fmt::format(
      "training on {} examples{}, in {} shard{}: {:.2f} MB for values and gradients, {:.4g} "
      "million floating-point operations an update\n",
      f.batch, steps, f.shards, f.shards == 1 ? "" : "s", megabytes(f.arena_bytes), f.work / 1e6);
  if (f.resident_bytes > 0)
    text += fmt::format("about {:.0f} MB of memory for the whole process, data files apart\n",
                        megabytes(f.resident_bytes));
  return text;
}

}  // namespace unfold
