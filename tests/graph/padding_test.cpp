// The executor's oracle for padding: random graphs, each example of a padded batch against the
// graph that is built again for its own number of steps.

#include <boost/test/unit_test.hpp>

#include "graph/interpret.h"
#include "ops/ops.h"
#include "tests/support/feeds.h"
#include "tests/support/random_graph.h"

using namespace unfold;
using support::Feeds;
using support::random_graph;
using support::Results;

namespace {

// Longer than any plain dimension, so that no two are taken for each other.
constexpr std::int64_t padded_steps = 17;
const std::vector<std::int32_t> lengths{14, 11, 17, 13};

Graph graph_of(std::uint32_t seed, std::int64_t steps) {
  return random_graph(
      seed,
      {.operations = 25, .smooth = true, .gradients = true, .separate = true, .steps = steps});
}

// Whether the two are the same program: a draw may fit at one number of steps only.
bool same_operations(const Graph& a, const Graph& b) {
  if (a.size() != b.size()) return false;
  for (NodeId id = 0; id < a.size(); ++id)
    if (a.node(id).op != b.node(id).op || a.type(id).rank() != b.type(id).rank()) return false;
  return true;
}

// Calls f(i, real, own) for each element of a value: where it is, whether it is real for an example
// of this length, and where it is in the value of the graph of that many steps.
template <class F>
void for_each_element(const Type& type, std::int64_t length, const F& f) {
  for (std::int64_t i = 0; i < type.size(); ++i) {
    bool real = true;
    std::int64_t rest = i, own = 0, stride = 1;
    for (std::size_t d = type.dims.size(); d-- > 0;) {
      const Dim& dim = type.dims[d];
      const std::int64_t at = rest % dim.size;
      rest /= dim.size;
      own += at * stride;
      stride *= dim.ragged ? length : dim.size;
      real = real && !(dim.ragged && at >= length - dim.trim);
    }
    f(i, real, own);
  }
}

// The feed of one example on its own graph: what the batch holds for it.
Feeds alone(const Graph& whole, const Graph& own, Feeds& batch, std::size_t example) {
  Feeds out(own, 1);
  for (NodeId id = 0; id < whole.size(); ++id) {
    const OpDef& op = *whole.node(id).op;
    if (op.shape != nullptr || op.kernel != nullptr) continue;
    const Type& type = whole.type(id);
    const Symbol name = whole.attributes(id).text("name");
    const std::int64_t first = type.batched ? static_cast<std::int64_t>(example) * type.size() : 0;
    for_each_element(type, lengths[example], [&](std::int64_t i, bool real, std::int64_t at) {
      if (real) out[name].set(at, batch[name].at(first + i));
    });
  }
  return out;
}

void compare(double a, double b, const std::string& what) {
  BOOST_TEST(std::abs(a - b) <= 1e-12 * std::max({1.0, std::abs(a), std::abs(b)}),
             what << " is " << a << " in the batch, " << b << " alone");
}

void check(std::uint32_t seed, const Graph& whole, const std::vector<Graph>& own) {
  const auto batch = static_cast<std::int64_t>(lengths.size());
  Feeds feeds(whole, batch, seed);
  feeds.set("length(time(x))", Tensor::of<std::int32_t>({batch}, lengths));
  const Results together = support::execute(whole, feeds.feed(), 3, 1);
  Results sums;
  for (std::size_t e = 0; e < lengths.size(); ++e) {
    Feeds mine = alone(whole, own[e], feeds, e);
    Feed feed = mine.feed();
    feed.key.first_example = static_cast<std::int64_t>(e);
    for (const auto& [name, apart] : interpret_outputs(own[e], feed, DType::f64)) {
      const Type& type = whole.type(whole.output(name));
      const std::string what = "seed " + std::to_string(seed) + ": " + name.str();
      const Tensor& found = together.at(name);
      const std::int64_t first = static_cast<std::int64_t>(e) * type.size();
      if (name == Symbol("loss") || name.str().starts_with("grad:")) {
        Tensor& sum = sums.try_emplace(name, DType::f64, apart.dims()).first->second;
        for (std::int64_t i = 0; i < sum.size(); ++i) sum.set(i, sum.at(i) + apart.at(i));
        continue;
      }
      for_each_element(type, lengths[e], [&](std::int64_t i, bool real, std::int64_t at) {
        if (real) compare(found.at((type.batched ? first : 0) + i), apart.at(at), what);
      });
    }
  }
  for (const auto& [name, sum] : sums)
    for (std::int64_t i = 0; i < sum.size(); ++i)
      compare(together.at(name).at(i), sum.at(i),
              "seed " + std::to_string(seed) + ": " + name.str());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(padding)

BOOST_AUTO_TEST_CASE(each_example_of_a_random_graph_is_as_at_its_own_length) {
  int compared = 0, with_time = 0;
  for (std::uint32_t seed = 0; seed < 150; ++seed) {
    const Graph whole = graph_of(seed, padded_steps);
    std::vector<Graph> own;
    for (const std::int32_t length : lengths) own.push_back(graph_of(seed, length));
    if (!std::ranges::all_of(own, [&](const Graph& g) { return same_operations(whole, g); }))
      continue;
    check(seed, whole, own);
    ++compared;
    for (const Output& o : whole.outputs)
      with_time += !whole.type(o.node).dims.empty() && whole.type(o.node).dims[0].is_time();
  }
  BOOST_TEST(compared > 100);
  BOOST_TEST(with_time > 50);
}

BOOST_AUTO_TEST_SUITE_END()
