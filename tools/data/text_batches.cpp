#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

#include "tools/data/batches.h"
#include "tools/data/random.h"

namespace unfold::data {

namespace {

constexpr std::int64_t longest_sequence = 10000;

std::int64_t pieces_of(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

}  // namespace

TextBatches::TextBatches(const Stream& stream, TextCut cut, const Location& where)
    : stream_(&stream), cut_(cut) {
  assert(cut.batch > 0 && (cut.truncate == 0 || cut.length == 0));
  const auto symbols = std::ssize(stream.ids);
  const char* unit = stream.field.words ? "words" : "characters";
  if (cut.truncate == 0) cut_.batch = cut.length == 0 ? 1 : cut.batch;
  const std::int64_t streams = cut.truncate > 0 ? cut.batch : 1;
  if (symbols < streams + 1) {
    throw Error(fmt::format("the text has {} {}; {} stream{} need{} at least {}", symbols, unit,
                            streams, streams == 1 ? "" : "s", streams == 1 ? "s" : "", streams + 1),
                where);
  }
  per_stream_ = (symbols - 1) / streams;
  if (cut.truncate == 0 && cut.length == 0 && per_stream_ > longest_sequence) {
    throw Error(fmt::format("one sequence of {} steps is too long: `truncate = n` cuts the text in "
                            "pieces that carry the state on, `length = n` in independent ones",
                            per_stream_),
                where);
  }
  if (cut.length > 0) {
    pieces_.resize(static_cast<std::size_t>(per_stream_ / cut.length));
    std::iota(pieces_.begin(), pieces_.end(), std::int64_t{0});
    short_ = per_stream_ % cut.length;
  }
}

void TextBatches::shuffle(std::uint64_t seed, std::uint64_t epoch) {
  std::ranges::sort(pieces_);
  Random(seed, Purpose::epoch_order, epoch).shuffle(std::span(pieces_));
}

std::int64_t TextBatches::size() const {
  if (cut_.length > 0) return pieces_of(std::ssize(pieces_), cut_.batch) + (short_ > 0 ? 1 : 0);
  return cut_.truncate > 0 ? pieces_of(per_stream_, cut_.truncate) : 1;
}

Batch TextBatches::at(std::int64_t k) const {
  assert(k >= 0 && k < size());
  return cut_.length > 0 ? independent(k) : consecutive(k);
}

Batch TextBatches::consecutive(std::int64_t k) const {
  const std::int64_t piece = cut_.truncate > 0 ? cut_.truncate : per_stream_;
  std::vector<std::int64_t> starts;
  for (std::int64_t s = 0; s < cut_.batch; ++s) starts.push_back(s * per_stream_ + k * piece);
  Batch batch = gather(starts, std::min(piece, per_stream_ - k * piece));
  batch.examples.resize(starts.size());
  std::iota(batch.examples.begin(), batch.examples.end(), std::int64_t{0});
  batch.first = k == 0;
  return batch;
}

Batch TextBatches::independent(std::int64_t k) const {
  const bool last_short = short_ > 0 && k == size() - 1;
  std::vector<std::int64_t> which;
  if (last_short) {
    which.push_back(std::ssize(pieces_));
  } else {
    const std::int64_t end = std::min((k + 1) * cut_.batch, std::ssize(pieces_));
    which.assign(pieces_.begin() + k * cut_.batch, pieces_.begin() + end);
  }
  std::vector<std::int64_t> starts;
  for (const std::int64_t piece : which) starts.push_back(piece * cut_.length);
  Batch batch = gather(starts, last_short ? short_ : cut_.length);
  batch.examples = which;
  return batch;
}

Batch TextBatches::gather(std::span<const std::int64_t> starts, std::int64_t steps) const {
  Batch batch;
  batch.size = std::ssize(starts);
  Tensor ids(DType::i32, {batch.size, steps});
  Tensor following(DType::i32, {batch.size, steps});
  Tensor lengths(DType::i32, {batch.size});
  auto to = ids.as<std::int32_t>().begin();
  auto to_following = following.as<std::int32_t>().begin();
  for (const std::int64_t start : starts) {
    const auto from = stream_->ids.begin() + start;
    to = std::copy_n(from, steps, to);
    to_following = std::copy_n(from + 1, steps, to_following);
  }
  std::ranges::fill(lengths.as<std::int32_t>(), static_cast<std::int32_t>(steps));
  const FieldSpec& field = stream_->field;
  batch.inputs.emplace(field.name, std::move(ids));
  batch.inputs.emplace(fmt::format("next({})", field.name), std::move(following));
  batch.lengths.emplace(field.type.axis, std::move(lengths));
  batch.steps[field.type.axis] = steps;
  return batch;
}

}  // namespace unfold::data
