#include "tools/inspect/bench_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tools/train/part_data.h"

namespace unfold {

namespace {

constexpr std::size_t most_batches = 8;

Tensor made_up_values(const data::FieldType& type, std::int64_t batch, std::int64_t steps,
                      std::mt19937_64& random) {
  Dims dims{batch};
  if (type.has_time()) dims.push_back(steps);
  if (type.width > 0) dims.push_back(type.width);
  Tensor out(type.dtype(), dims);
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.set(i, type.is_ids() ? static_cast<double>(random() % static_cast<std::uint64_t>(type.ids))
                             : static_cast<double>(random() % 1'000'000) / 1e6);
  return out;
}

}  // namespace

data::Batch made_up_batch(const Program& program, const TrainSettings& settings,
                          std::int64_t steps) {
  const std::int64_t size = settings.batch;
  std::mt19937_64 random(program.seed());
  data::Batch batch;
  batch.size = size;
  batch.examples.resize(static_cast<std::size_t>(size));
  std::iota(batch.examples.begin(), batch.examples.end(), std::int64_t{0});
  for (const data::FieldSpec& field : program.data().fields) {
    batch.inputs.emplace(field.name, made_up_values(field.type, size, steps, random));
    if (program.data().is_text(field)) {
      batch.inputs.emplace(fmt::format("next({})", field.name),
                           made_up_values(field.type, size, steps, random));
      batch.first = batch.first && settings.truncate == 0;
    }
    if (!field.type.has_time()) continue;
    batch.steps[field.type.axis] = steps;
    batch.lengths.insert_or_assign(
        field.type.axis,
        Tensor::of<std::int32_t>(
            {size}, std::vector(static_cast<std::size_t>(size), static_cast<std::int32_t>(steps))));
  }
  return batch;
}

namespace {

data::BatchOrder in_order(std::int64_t examples, std::int64_t batch) {
  data::BatchOrder out;
  for (std::int64_t i = 0; i < examples; ++i) {
    if (i % batch == 0) out.emplace_back();
    out.back().push_back(i);
  }
  return out;
}

std::vector<data::Batch> of_table(const Program& program, const TrainSettings& settings,
                                  bool mixed) {
  const data::Source& source = only_source(program);
  const auto fields = program.data().fields_of(source.spec);
  const data::Examples examples = data::read_examples(source, fields, data::Part::train);
  auto order = mixed ? in_order(examples.size(), settings.batch)
                     : data::training_batches(examples, settings.batch, program.seed(), 0);
  order.resize(std::min(order.size(), most_batches));
  const data::Buckets buckets(examples, settings.batch);
  std::vector<data::Batch> out;
  for (const auto& which : order) out.push_back(data::make_batch(examples, which, buckets));
  return out;
}

}  // namespace

std::vector<data::Batch> bench_batches(const Program& program, const TrainSettings& settings,
                                       const BenchShape& shape) {
  TrainSettings cut = settings;
  if (shape.batch) cut.batch = *shape.batch;
  if (shape.steps) return {made_up_batch(program, cut, *shape.steps)};
  std::vector<data::Batch> out;
  if (only_source(program).is_text()) {
    const PartData pieces(program, data::Part::train, cut);
    out.push_back(pieces.at(0));
    out[0].first = !(cut.truncate > 0 && pieces.batches() > 1);
  } else {
    out = of_table(program, cut, shape.mixed);
  }
  if (out.empty()) throw Error("the training part of the data is empty");
  return out;
}

}  // namespace unfold
