#include <boost/test/unit_test.hpp>

#include "graph/autodiff.h"
#include "ops/build.h"
#include "tests/ops/run_sample.h"
#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

using Apply = std::function<Value(Value)>;

// An operation on a sequence [t, 2], on axes whose lengths differ and on full ones.
void add(std::vector<Sample>& out, const std::string& op, const std::string& what, Apply apply,
         std::function<Numbers(const Numbers&)> formula) {
  out.push_back({.op = op,
                 .what = what,
                 .build =
                     [=](Graph& g, std::int64_t) {
                       return apply(real(g, "x", {full(3), plain(2)}));
                     },
                 .naive = [=](const Example& e) { return formula(e["x"]); }});
  if (op == "at" || op == "constant") return;
  out.push_back(
      {.op = op, .what = what + ", lengths differ", .build = [=](Graph& g, std::int64_t steps) {
         return apply(real(g, "x", {ragged(steps), plain(2)}) * shared(g, "w", sizes({2})));
       }});
}

Attributes one_step_of_3(std::int64_t back) {
  return {
      {"back", back}, {"size", std::int64_t{3}}, {"axis", "t"}, {"ragged", false}, {"label", ""}};
}

// What the graph of one batched input "x" [t, 1] gives for examples of these lengths.
Numbers run(const Apply& apply, const std::vector<std::int32_t>& lengths, const Numbers& x) {
  const auto batch = static_cast<std::int64_t>(lengths.size());
  const std::int64_t steps = static_cast<std::int64_t>(x.size()) / batch;
  Graph g;
  g.outputs = {{"y", apply(real(g, "x", {ragged(steps)})).id}};
  const Data data{batch,
                  {{"x", Tensor::of<double>({batch, steps}, x)},
                   {"length(t)", Tensor::of<std::int32_t>({batch}, lengths)}}};
  const Tensor y = execute(g, data, DType::f64, 1, 1).at("y");
  Numbers out;
  for (std::int64_t i = 0; i < y.size(); ++i) out.push_back(y.at(i));
  return out;
}

}  // namespace

std::vector<Sample> time_samples() {
  using N = const Numbers&;
  std::vector<Sample> out;
  add(out, "reverse", "steps in reverse", reverse,
      [](N x) { return Numbers{x[4], x[5], x[2], x[3], x[0], x[1]}; });
  add(
      out, "shift", "the step before", [](Value x) { return shift(x, -1); },
      [](N x) { return Numbers{0, 0, x[0], x[1], x[2], x[3]}; });
  add(
      out, "shift", "the next step but one", [](Value x) { return shift(x, 2); },
      [](N x) { return Numbers{x[4], x[5], x[4], x[5], x[4], x[5]}; });
  add(
      out, "shift", "there and back", [](Value x) { return shift(shift(x, 1), -1) * x; },
      [](N x) { return Numbers{0, 0, x[2] * x[2], x[3] * x[3], x[4] * x[4], x[5] * x[5]}; });
  add(
      out, "reverse", "of steps of which the last is not real",
      [](Value x) { return reverse(shift(x, 1)); },
      [](N x) { return Numbers{x[4], x[5], x[2], x[3], x[4], x[5]}; });
  add(out, "at", "the first step", first, [](N x) { return Numbers{x[0], x[1]}; });
  add(out, "at", "the last step", last, [](N x) { return Numbers{x[4], x[5]}; });
  add(
      out, "constant", "sum of steps of which the last is not real",
      [](Value x) { return sum(shift(x, 1), {0}); },
      [](N x) {
        return Numbers{x[2] + x[4], x[3] + x[5]};
      });
  add(
      out, "at", "the last real step of steps of which the last is not real",
      [](Value x) { return last(shift(x, 1)); },
      [](N x) {
        return Numbers{x[4], x[5]};
      });
  out.push_back(
      {.op = "take_step", .what = "the last real step", .build = [](Graph& g, std::int64_t steps) {
         return last(real(g, "x", {ragged(steps), plain(2)}) * shared(g, "w", sizes({2})));
       }});
  out.push_back({.op = "take_step",
                 .what = "of a shared sequence, by ids that may lie outside",
                 .build =
                     [](Graph& g, std::int64_t) {
                       return take_step(shared(g, "x", sizes({3, 2})), ids(g, "i", {}));
                     },
                 .naive =
                     [](const Example& e) {
                       const auto i = static_cast<std::size_t>(e["i"][0]);
                       return i < 3 ? Numbers{e["x"][2 * i], e["x"][2 * i + 1]} : Numbers{0, 0};
                     }});
  out.push_back(
      {.op = "put_step",
       .what = "by ids that may lie outside",
       .build =
           [](Graph& g, std::int64_t) {
             return build(put_step_op, {real(g, "x", {}), ids(g, "i", {})}, one_step_of_3(0));
           },
       .naive =
           [](const Example& e) {
             Numbers y(3);
             const auto i = static_cast<std::size_t>(e["i"][0]);
             if (i < 3) y[i] = e["x"][0];
             return y;
           }});
  out.push_back({.op = "step_mask",
                 .what = "as a factor",
                 .build =
                     [](Graph& g, std::int64_t steps) {
                       return real(g, "x", {ragged(steps)}) * step_mask(g, ragged(steps));
                     },
                 .naive =
                     [](const Example& e) {
                       Numbers y = e["x"];
                       for (std::size_t t = 0; t < 4; ++t) y[t] *= double(t) < e["length(t)"][0];
                       return y;
                     }});
  return out;
}

BOOST_AUTO_TEST_SUITE(time_axes)

BOOST_AUTO_TEST_CASE(values_rules_and_padding) { check(time_samples()); }

BOOST_AUTO_TEST_CASE(within_each_examples_own_length) {
  const Numbers x{1, 2, 3, 9, 4, 5, 9, 9};
  const auto last_of = [&](const Apply& f) {
    return run([&](Value v) { return last(f(v)); }, {3, 2}, x);
  };
  BOOST_TEST(run(reverse, {3, 2}, x) == (Numbers{3, 2, 1, 9, 5, 4, 9, 9}),
             boost::test_tools::per_element());
  BOOST_TEST(last_of([](Value v) { return v; }) == (Numbers{3, 5}),
             boost::test_tools::per_element());
  BOOST_TEST(last_of([](Value v) { return shift(v, 1); }) == (Numbers{3, 5}),
             boost::test_tools::per_element());
  BOOST_TEST(run([](Value v) { return mean(shift(v, 1)); }, {3, 2}, x) == (Numbers{2.5, 5}),
             boost::test_tools::per_element());
  const auto after_last = [](Value v) { return take_step(v, length(*v.graph, "t")); };
  BOOST_TEST(run(after_last, {3, 2}, x) == (Numbers{0, 0}), boost::test_tools::per_element());
  BOOST_TEST(run([&](Value v) { return after_last(shift(shift(v, 1), -2)); }, {3, 2}, x) ==
                 (Numbers{0, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(run([](Value v) { return where_reached(v.type().dims[0], 2, first(v), last(v) * 10); },
                 {3, 2}, x) == (Numbers{1, 50}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_no_step_is_real_the_first_and_the_last_are_zero) {
  const auto follows = [](const Apply& f) { return [&f](Value v) { return f(shift(v, 1)); }; };
  for (const Apply& end : {Apply(first), Apply(last)}) {
    BOOST_TEST(run(follows(end), {1, 2}, {1, 9, 4, 5}) == (Numbers{0, 5}),
               boost::test_tools::per_element());
    BOOST_TEST(run(follows(end), {1, 1}, {3, 4}) == (Numbers{0, 0}),
               boost::test_tools::per_element());
    Graph g;
    const Value whole = real(g, "x", {{1, "t", false, 0, {}}});
    BOOST_CHECK_NO_THROW(end(shift(whole, 1)));
    const Value symbols = ids(g, "i", {ragged(2)});
    g.outputs = {{"y", end(shift(symbols, 1)).id}};
    const Data data{1,
                    {{"i", Tensor::of<std::int32_t>({1, 2}, std::vector<std::int32_t>{2, 2})},
                     {"length(t)", Tensor::of<std::int32_t>({1}, std::vector<std::int32_t>{1})}}};
    BOOST_TEST(execute(g, data, DType::f64, 1, 1).at("y").at(0) == -1);
  }
}

// An axis of one step meets sizes of 1 that are no axis.
BOOST_AUTO_TEST_CASE(axis_of_a_single_step) {
  Graph g;
  const Value a = shared(g, "a", sizes({1, 3})), b = shared(g, "b", sizes({3, 2}));
  const Value x = real(g, "x", {ragged(1), plain(2)});
  const Value loss = batch_sum(sum(x * matmul(a, b)));
  const auto d = gradients(loss, {{a, b}}, core_ops());
  g.outputs = {{"a", d[0].id}, {"b", d[1].id}};
  const Data data{2,
                  {{"a", Tensor::of<double>({1, 3}, {1, 2, 3})},
                   {"b", Tensor::of<double>({3, 2}, {1, 0, 0, 1, 1, 1})},
                   {"x", Tensor::of<double>({2, 1, 2}, {5, 6, 10, 20})},
                   {"length(t)", Tensor::of<std::int32_t>({2}, {1, 1})}}};
  const Results y = execute(g, data, DType::f64, 2, 1);
  BOOST_TEST(y.at("a").as<double>() == (Numbers{15, 26, 41}), boost::test_tools::per_element());
  BOOST_TEST(y.at("b").as<double>() == (Numbers{15, 26, 30, 52, 45, 78}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(errors) {
  Graph g;
  const Value x = real(g, "x", {});
  for (const auto& [name, apply] :
       {std::pair<std::string, Value (*)(Value)>{"first", first},
        {"last", last},
        {"reverse", reverse},
        {"shift", [](Value v) { return shift(v, 1); }},
        {"take_step", [](Value v) { return take_step(v, ids(*v.graph, "i", {})); }}})
    BOOST_TEST(error_of([&, f = apply] { f(x); }) ==
               name + ": needs a sequence, got a single number");
  BOOST_TEST(error_of([&] { take_step(real(g, "s", sizes({3})), x); }) ==
             "take_step: needs ids of symbols or classes, got real numbers []");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
