// Padding: an example in a batch gives what it gives by itself at its own length.

#include <boost/test/unit_test.hpp>

#include "graph/interpret.h"
#include "tests/ops/run_sample.h"

namespace unfold::check {

namespace {

// Calls f(i, real) for each element of a value of this type, `real` telling whether all of its
// steps come before `length`, less what is trimmed.
template <class F>
void for_each_element(const Type& type, std::int64_t length, const F& f) {
  Dims at(type.dims.size());
  for (std::int64_t i = 0; i < type.size(); ++i) {
    bool real = true;
    std::int64_t rest = i;
    for (std::size_t d = type.dims.size(); d-- > 0;) {
      const Dim& dim = type.dims[d];
      at[d] = rest % dim.size;
      rest /= dim.size;
      real = real && !(dim.ragged && at[d] >= length - dim.trim);
    }
    f(i, real);
  }
}

std::int64_t length_of(const Data& data, std::int64_t example) {
  for (const auto& [name, tensor] : data.tensors)
    if (name.str().starts_with("length(")) return static_cast<std::int64_t>(tensor.at(example));
  return 0;
}

// Fills the padding of every source with garbage.
Data spoiled(Graph& g, const Sample& sample, Data data) {
  for (const Value& v : real_sources(g)) {
    if (!v.type().batched) continue;
    Tensor& t = data.tensors.at(name_of(v));
    for (std::int64_t b = 0; b < data.batch; ++b)
      for_each_element(v.type(), length_of(data, b), [&](std::int64_t i, bool real) {
        if (!real) t.set(b * v.type().size() + i, sample.garbage);
      });
  }
  return data;
}

// The real elements of one example of a tensor, in order; of a shared one, what the example sees.
Numbers real_part(const Tensor& t, const Type& type, std::int64_t example, std::int64_t length) {
  Numbers out;
  for_each_element(type, length, [&](std::int64_t i, bool real) {
    if (real) out.push_back(t.at((type.batched ? example * type.size() : 0) + i));
  });
  return out;
}

// What example b reads, on a graph whose axes have the example's own length.
Data alone(const Graph& whole, const Graph& own, const Data& data, std::int64_t b) {
  Data out{1, {}, b};
  for (NodeId id = 0; id < whole.size(); ++id) {
    const OpDef& op = *whole.node(id).op;
    if (op.shape != nullptr || op.kernel != nullptr) continue;
    const Symbol name = whole.attributes(id).text("name");
    const Tensor& from = data.tensors.at(name);
    Type untrimmed = whole.type(id);
    for (Dim& d : untrimmed.dims) d.trim = 0;
    const Numbers values = real_part(from, untrimmed, b, length_of(data, b));
    for (NodeId k = 0; k < own.size(); ++k) {
      const OpDef& source = *own.node(k).op;
      if (source.shape != nullptr || source.kernel != nullptr) continue;
      if (!(Symbol(own.attributes(k).text("name")) == name)) continue;
      Dims dims = own.type(k).sizes();
      if (own.type(k).batched) dims.insert(dims.begin(), 1);
      Tensor& t = out.tensors[name] = Tensor(from.dtype(), dims);
      BOOST_TEST_REQUIRE(t.size() == static_cast<std::int64_t>(values.size()));
      for (std::int64_t i = 0; i < t.size(); ++i) t.set(i, values[static_cast<std::size_t>(i)]);
    }
  }
  return out;
}

void compare(const Numbers& expected, const Numbers& found, const std::string& what) {
  BOOST_TEST_REQUIRE(expected.size() == found.size(), what);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double scale = std::max({1.0, std::abs(expected[i]), std::abs(found[i])});
    BOOST_TEST(
        std::abs(expected[i] - found[i]) <= 1e-12 * scale,
        what << "[" << i << "] is " << found[i] << " in the batch, " << expected[i] << " alone");
  }
}

bool has_lengths(const Graph& g) {
  for (NodeId id = 0; id < g.size(); ++id)
    for (const Dim& d : g.type(id).dims)
      if (d.ragged) return true;
  return false;
}

}  // namespace

void check_padding(const Sample& sample) {
  {
    Graph g;
    if (sample.build(g, sample_steps).type().kind == Kind::index || !has_lengths(g)) return;
  }
  Graph g = with_gradients(sample, sample_steps, false);
  // Lengths are fed even where no node asks for them: the checker itself does.
  Graph asking = g;
  asking.outputs.push_back({"length", length(asking, "t").id});
  const Data data = spoiled(g, sample, draw(asking, sample, 3));
  const Results together = execute(asking, data, DType::f64, 2, 1);
  std::map<Symbol, Numbers> shared_sums;
  for (std::int64_t b = 0; b < data.batch; ++b) {
    const std::int64_t steps = length_of(data, b);
    const Graph own = with_gradients(sample, steps, false);
    const Data given = alone(g, own, data, b);
    const Results apart = execute(own, given, DType::f64, 1, 1);
    for (const Output& o : own.outputs) {
      const Type type = own.type(o.node), whole = g.type(g.output(o.name));
      const Numbers values = real_part(apart.at(o.name), type, 0, steps);
      if (whole.batched) {
        compare(values, real_part(together.at(o.name), whole, b, steps), o.name.str());
        continue;
      }
      Numbers& total = shared_sums[o.name];
      total.resize(std::max(total.size(), values.size()));
      for (std::size_t i = 0; i < values.size(); ++i) total[i] += values[i];
    }
  }
  for (const auto& [name, total] : shared_sums)
    if (name.str() != "y")
      compare(total, real_part(together.at(name), g.type(g.output(name)), 0, sample_steps),
              name.str());
}

}  // namespace unfold::check
