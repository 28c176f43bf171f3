#include "graph/feed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

namespace unfold {

namespace {

const char* name_of(DType type) {
  switch (type) {
    case DType::f32: return "float32";
    case DType::f64: return "float64";
    case DType::i32: return "int32";
  }
  return "";
}

}  // namespace

void repeat_last_step(Tensor& sequence, const Tensor& lengths) {
  if (sequence.rank() < 2 || lengths.size() != sequence.dims()[0])
    throw Error(
        fmt::format("a sequence [batch, steps, ..] needs a length for each example, this is "
                    "[{}] with {} lengths",
                    fmt::join(sequence.dims(), ", "), lengths.size()));
  const std::int64_t batch = sequence.dims()[0], steps = sequence.dims()[1];
  if (batch * steps == 0) return;
  const std::size_t bytes = sequence.bytes() / static_cast<std::size_t>(batch * steps);
  auto* data = static_cast<std::byte*>(sequence.data());
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto length = static_cast<std::int64_t>(lengths.at(b));
    if (length < 1 || length > steps)
      throw Error(fmt::format("example {} has the length {}, of {} steps", b, length, steps));
    const std::byte* last = data + static_cast<std::size_t>(b * steps + length - 1) * bytes;
    for (std::int64_t t = length; t < steps; ++t)
      std::memcpy(data + static_cast<std::size_t>(b * steps + t) * bytes, last, bytes);
  }
}

const Tensor* bound(const Graph& graph, NodeId source, const Feed& feed, DType precision) {
  if (feed.batch < 0) throw Error(fmt::format("a batch of {} examples", feed.batch));
  if (graph.node(source).op->kernel != nullptr) return nullptr;
  const Symbol name = graph.attributes(source).text("name");
  const auto found = feed.tensors.find(name);
  if (found == feed.tensors.end() || found->second == nullptr)
    throw Error(fmt::format("nothing was given for '{}'", name.str()));
  const Type& type = graph.type(source);
  Dims expected = type.sizes();
  if (type.batched) expected.insert(expected.begin(), feed.batch);
  const Tensor& t = *found->second;
  if (t.dims() != expected)
    throw Error(fmt::format("'{}' was given [{}], it is [{}]{}", name.str(),
                            fmt::join(t.dims(), ", "), fmt::join(expected, ", "),
                            type.batched ? fmt::format(" in a batch of {}", feed.batch) : ""));
  if (const DType wanted = element_type(type, precision); t.dtype() != wanted)
    throw Error(fmt::format("'{}' was given {} numbers, the run's are {}", name.str(),
                            name_of(t.dtype()), name_of(wanted)));
  return &t;
}

}  // namespace unfold
