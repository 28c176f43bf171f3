#include "graph/feed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cassert>
#include <cstring>

namespace unfold {

void repeat_last_step(Tensor& sequence, const Tensor& lengths) {
  assert(sequence.rank() >= 2 && lengths.size() == sequence.dims()[0]);
  const std::int64_t batch = sequence.dims()[0], steps = sequence.dims()[1];
  if (batch * steps == 0) return;
  const std::size_t bytes = sequence.bytes() / static_cast<std::size_t>(batch * steps);
  auto* data = static_cast<std::byte*>(sequence.data());
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto length = static_cast<std::int64_t>(lengths.at(b));
    assert(length >= 1 && length <= steps);
    const std::byte* last = data + static_cast<std::size_t>(b * steps + length - 1) * bytes;
    for (std::int64_t t = length; t < steps; ++t)
      std::memcpy(data + static_cast<std::size_t>(b * steps + t) * bytes, last, bytes);
  }
}

const Tensor* bound(const Graph& graph, NodeId source, const Feed& feed, DType precision) {
  if (graph.node(source).op->kernel != nullptr) return nullptr;
  const Symbol name = graph.attributes(source).text("name");
  const auto found = feed.tensors.find(name);
  if (found == feed.tensors.end())
    throw Error(fmt::format("nothing was given for '{}'", name.str()));
  const Type& type = graph.type(source);
  Dims expected = type.sizes();
  if (type.batched) expected.insert(expected.begin(), feed.batch);
  const Tensor& t = *found->second;
  const DType dtype = type.kind == Kind::index ? DType::i32 : precision;
  if (t.dims() != expected)
    throw Error(fmt::format("'{}' was given [{}], it is [{}]", name.str(),
                            fmt::join(t.dims(), ", "), fmt::join(expected, ", ")));
  if (t.dtype() != dtype)
    throw Error(fmt::format("'{}' was given numbers of another type than the run's", name.str()));
  return &t;
}

}  // namespace unfold
