#include "graph/feed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace unfold {

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
