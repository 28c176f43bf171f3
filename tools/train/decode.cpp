#include "tools/train/decode.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/passes/drop_dead_nodes.h"
#include "ops/ops.h"

namespace unfold {

bool decodes(const Model& model) {
  BuildOptions options;
  options.training = false;
  BuiltModel built = build(model, options);
  const data::FieldSpec* field = model.program->data().field(built.sampled_field);
  if (field == nullptr || !field->start || !built.outputs.empty()) return false;
  Graph& graph = built.model.graph;
  std::erase_if(graph.outputs, [](const Output& o) { return !(o.name == Symbol("sample")); });
  const Graph needed = drop_dead_nodes(graph);
  for (NodeId id = 0; id < needed.size(); ++id)
    if (needed.node(id).op == &input_op && needed.attributes(id).text("name") != field->name)
      return true;
  return false;
}

Decoder::Decoder(const Model& model, Scheduler& scheduler, int shards, std::int64_t batch)
    : stepper_(model, scheduler, shards, batch) {
  if (!field().start)
    throw Error(
        fmt::format("decoding {0} begins with <start>, which its sequences do not have: "
                    "{1}(…, start = true)",
                    field().name, field().reader));
}

std::vector<std::vector<std::int32_t>> Decoder::run(const data::Batch& batch,
                                                    const std::vector<TrainedParameter>& parameters,
                                                    std::span<const std::int64_t> most) {
  const auto size = static_cast<std::size_t>(batch.size);
  const std::int32_t start = *field().vocabulary.find(data::start_symbol);
  const std::int32_t end =
      field().end ? *field().vocabulary.find(data::end_symbol) : std::int32_t{-1};
  std::vector<std::vector<std::int32_t>> out(size);
  std::vector<std::int32_t> last(size, start);
  const auto goes_on = [&](std::size_t b) {
    return last[b] != end && std::ssize(out[b]) < most[b];
  };
  stepper_.begin(batch, parameters);
  for (;;) {
    bool any = false;
    for (std::size_t b = 0; b < size; ++b) any = any || goes_on(b);
    if (!any) return out;
    stepper_.step(last);
    for (std::size_t b = 0; b < size; ++b) {
      if (!goes_on(b)) continue;
      const std::vector<double> logits = stepper_.logits(static_cast<std::int64_t>(b));
      last[b] = static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin());
      out[b].push_back(last[b]);
    }
  }
}

std::vector<std::string> Decoder::texts(const data::Examples& examples,
                                        const std::vector<TrainedParameter>& parameters,
                                        std::int64_t most) {
  std::vector<std::string> out(static_cast<std::size_t>(examples.size()));
  const data::Buckets buckets(examples, usual_batch);
  for (const auto& which : data::evaluation_batches(examples, usual_batch)) {
    const data::Batch batch = data::make_batch(examples, which, buckets);
    const auto decoded = run(batch, parameters, std::vector(which.size(), most));
    for (std::size_t b = 0; b < which.size(); ++b)
      out[static_cast<std::size_t>(which[b])] = data::decode(field(), decoded[b]);
  }
  return out;
}

Tensor Decoder::exact(const data::Batch& batch, const std::vector<TrainedParameter>& parameters) {
  const auto targets = batch.inputs.at(field().name).as<std::int32_t>();
  const auto lengths = batch.lengths.at(field().type.axis).as<std::int32_t>();
  const std::size_t steps = targets.size() / static_cast<std::size_t>(batch.size);
  std::vector<std::int64_t> most;
  for (const std::int32_t length : lengths) most.push_back(length - 1);
  const auto decoded = run(batch, parameters, most);
  Tensor out(DType::f32, {batch.size});
  for (std::size_t b = 0; b < decoded.size(); ++b) {
    const auto target = targets.subspan(b * steps + 1, static_cast<std::size_t>(most[b]));
    out.set(static_cast<std::int64_t>(b), std::ranges::equal(decoded[b], target) ? 1 : 0);
  }
  return out;
}

}  // namespace unfold
