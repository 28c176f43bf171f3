#include "tests/ops/check_op.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include "graph/interpret.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "tests/ops/run_sample.h"

namespace unfold::check {

namespace {

void check_text(const Graph& g, const Sample& sample) {
  bool used = false;
  for (NodeId id = 0; id < g.size(); ++id) used = used || g.node(id).op->name == sample.op;
  BOOST_TEST(used, "the sample does not use the operation");
  BOOST_CHECK_NO_THROW(verify(g));
  const std::string text = print(g);
  BOOST_TEST(print(parse(text, find_op)) == text);
}

// The numbers of example b alone.
Example example_of(const Graph& g, const Data& data, std::int64_t b) {
  Example e;
  for (NodeId id = 0; id < g.size(); ++id) {
    const OpDef& op = *g.node(id).op;
    if (op.shape != nullptr || op.kernel != nullptr) continue;
    const std::string& name = g.attributes(id).text("name");
    const std::int64_t each = g.type(id).size(), from = g.type(id).batched ? b * each : 0;
    Numbers& values = e.given[name];
    values.clear();
    for (std::int64_t i = 0; i < each; ++i) values.push_back(data.tensors.at(name).at(from + i));
  }
  return e;
}

void check_formula(const Graph& g, const Sample& sample, const Data& data, const Tensor& y) {
  const Type type = g.type(g.output("y"));
  for (std::int64_t b = 0; b < (type.batched ? data.batch : 1); ++b) {
    const Numbers expected = sample.naive(example_of(g, data, b));
    BOOST_TEST_REQUIRE(static_cast<std::int64_t>(expected.size()) == type.size());
    for (std::int64_t i = 0; i < type.size(); ++i) {
      const double e = expected[static_cast<std::size_t>(i)], found = y.at(b * type.size() + i);
      const bool near =
          std::abs(e - found) <= 1e-12 * std::max({1.0, std::abs(e), std::abs(found)});
      BOOST_TEST(near, "example " << b << ", element " << i << ": " << found << ", not " << e);
    }
  }
}

Numbers evaluated(const std::function<Value(Graph&)>& build, DType precision) {
  Graph g;
  g.outputs = {{"y", build(g).id}};
  const Tensor y = interpret_outputs(g, Feed{}, precision).at("y");
  Numbers out;
  for (std::int64_t i = 0; i < y.size(); ++i) out.push_back(y.at(i));
  return out;
}

}  // namespace

void check_values(const Sample& sample) {
  Graph g;
  g.outputs = {{"y", sample.build(g, sample_steps).id}};
  check_text(g, sample);
  for (const std::int64_t batch : {1, 3}) {
    const Data data = draw(g, sample, batch), data_f32 = data.to(DType::f32);
    const Results slow = interpret_outputs(g, data.feed(), DType::f64);
    const Results slow_f32 = interpret_outputs(g, data_f32.feed(), DType::f32);
    if (sample.naive) check_formula(g, sample, data, slow.at("y"));
    for (const int shards : {1, 2, 3, 5}) {
      require_near(execute(g, data, DType::f64, shards, 1), slow, 1e-12, "f64");
      require_near(execute(g, data, DType::f32, shards, 1), slow_f32, 1e-5, "f32");
    }
  }
}

void check(const Sample& sample) {
  BOOST_TEST_CONTEXT(sample.op << ", " << sample.what) {
    check_values(sample);
    check_gradients(sample);
    check_padding(sample);
  }
}

void check(const std::vector<Sample>& samples) {
  for (const Sample& sample : samples) check(sample);
}

Value real(Graph& g, Symbol name, std::vector<Dim> dims) {
  return input(g, name, real_type(std::move(dims), true));
}
Value shared(Graph& g, Symbol name, std::vector<Dim> dims) {
  return parameter(g, name, std::move(dims));
}
Value ids(Graph& g, Symbol name, std::vector<Dim> dims) {
  return input(g, name, index_type(std::move(dims), true));
}

std::vector<Dim> sizes(const Dims& sizes) {
  std::vector<Dim> out;
  for (const std::int64_t size : sizes) out.push_back(plain(size));
  return out;
}

Dim ragged(std::int64_t steps, Symbol axis) { return {steps, axis, true, 0, {}}; }
Dim full(std::int64_t steps, Symbol axis) { return {steps, axis, false, 0, {}}; }

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    return e.message;
  }
  return "";
}

Numbers evaluate(const std::function<Value(Graph&)>& build) { return evaluated(build, DType::f64); }
Numbers evaluate_f32(const std::function<Value(Graph&)>& build) {
  return evaluated(build, DType::f32);
}

Value numbers(Graph& g, const Dims& dims, const Numbers& values) {
  return constant(g, Tensor::of<double>(dims, values), sizes(dims));
}

}  // namespace unfold::check
