#include "tools/inspect/few_examples.h"

#include <algorithm>

#include "tools/train/part_data.h"

namespace unfold {

namespace {

constexpr std::int64_t piece_steps = 5;

data::Batch pieces(const data::Source& source, const data::FieldSpec& field) {
  const data::Stream stream = data::read_stream(source, field, data::Part::train);
  const std::int64_t symbols = static_cast<std::int64_t>(stream.ids.size());
  const std::int64_t streams = std::clamp<std::int64_t>(symbols / (2 * piece_steps), 1, 3);
  const std::int64_t steps = std::min(piece_steps, std::max<std::int64_t>(symbols - 1, 1));
  return data::TextBatches(stream, {streams, steps, 0}, source.where).at(0);
}

std::int64_t total_length(const data::Examples& examples, std::int64_t i) {
  std::int64_t total = 0;
  for (const std::string& axis : examples.axes()) total += examples.length(axis, i);
  return total;
}

}  // namespace

data::Batch few_examples(const Program& program) {
  const data::Source& source = only_source(program);
  const auto fields = program.data().fields_of(source.spec);
  if (source.is_text()) return pieces(source, fields.front());
  const data::Examples examples = data::read_examples(source, fields, data::Part::train);
  if (examples.size() == 0) throw Error("the training part holds no example", source.where);
  std::vector<std::int64_t> order(static_cast<std::size_t>(examples.size()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  std::vector<std::int64_t> lengths;
  for (const std::int64_t i : order) lengths.push_back(total_length(examples, i));
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return lengths[static_cast<std::size_t>(a)] < lengths[static_cast<std::size_t>(b)];
  });
  if (order.size() > 3) order = {order.front(), order[order.size() / 4], order[order.size() / 2]};
  return data::make_batch(examples, order);
}

}  // namespace unfold
