#include "tools/train/part_data.h"

#include <algorithm>
#include <numeric>

namespace unfold {

PartData::PartData(const Program& program, data::Part part, const TrainSettings& settings)
    : settings_(settings) {
  const data::Source& source = only_source(program);
  if (!source.has(part)) return;
  const std::vector<data::FieldSpec> fields = program.data().fields_of(source.spec);
  if (source.is_text()) {
    if (fields.size() != 1) throw Error("a text is read by one field", source.where);
    stream_ = std::make_unique<data::Stream>(data::read_stream(source, fields[0], part));
    cut_text(part == data::Part::train, source.where);
    return;
  }
  examples_ = data::read_examples(source, fields, part);
  cut_examples();
}

PartData::PartData(data::Examples examples, const TrainSettings& settings)
    : settings_(settings), examples_(std::move(examples)) {
  cut_examples();
}

PartData::PartData(data::Stream stream, const TrainSettings& settings)
    : settings_(settings), stream_(std::make_unique<data::Stream>(std::move(stream))) {
  cut_text(false, {});
}

void PartData::cut_examples() {
  order_ = data::evaluation_batches(examples_, settings_.batch);
  buckets_ = data::Buckets(examples_, settings_.batch);
}

// A short text is evaluated in fewer streams; training on it is an error, which says so.
void PartData::cut_text(bool training, const Location& where) {
  data::TextCut cut{settings_.batch, settings_.truncate, settings_.length};
  if (!training)
    cut.batch =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(stream_->ids.size()) - 1, 1, cut.batch);
  pieces_.emplace(*stream_, cut, where);
}

void PartData::shuffle(std::uint64_t seed, std::uint64_t epoch) {
  if (pieces_)
    pieces_->shuffle(seed, epoch);
  else
    order_ = data::training_batches(examples_, settings_.batch, seed, epoch);
}

std::int64_t PartData::batches() const {
  return pieces_ ? pieces_->size() : static_cast<std::int64_t>(order_.size());
}

data::Batch PartData::at(std::int64_t k) const {
  return pieces_ ? pieces_->at(k)
                 : data::make_batch(examples_, order_[static_cast<std::size_t>(k)], buckets_);
}

double PartData::padding() const {
  data::Padding padding;
  for (const auto& which : order_) padding.add(examples_, which, buckets_);
  return padding.share();
}

std::int64_t token_count(const data::Batch& batch) {
  std::int64_t most = batch.size;
  for (const auto& [axis, lengths] : batch.lengths) {
    const auto values = lengths.as<std::int32_t>();
    most = std::max(most, std::accumulate(values.begin(), values.end(), std::int64_t{0}));
  }
  return most;
}

void check_data(const Program& program, const TrainSettings& settings, Diagnostics& diagnostics) {
  const DataBlock& block = program.data();
  if (block.sources.empty() || block.fields.empty()) return;
  try {
    const data::Source& source = only_source(program);
    const auto fields = block.fields_of(source.spec);
    for (const data::Part part : data::all_parts) {
      if (source.is_text()) PartData(program, part, settings);
      if (source.is_text()) continue;
      for (Error& error : data::bad_examples(source, fields, part, Diagnostics::limit))
        diagnostics.add(std::move(error));
    }
  } catch (const Error& error) {
    diagnostics.add(error);
  }
}

const data::Source& only_source(const Program& program) {
  const DataBlock& data = program.data();
  const data::Source* only = nullptr;
  for (const data::Source& s : data.sources) {
    const bool read =
        std::any_of(data.fields.begin(), data.fields.end(),
                    [&](const data::FieldSpec& f) { return f.source == s.spec.name; });
    if (!read) continue;
    if (only != nullptr)
      throw Error("the fields of a program come from one source; this one reads " +
                      only->spec.name + " and " + s.spec.name,
                  s.where);
    only = &s;
  }
  if (only == nullptr) throw Error("the program reads no data: its data block has no field");
  return *only;
}

}  // namespace unfold
