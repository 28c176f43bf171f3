#include "tools/train/gradient.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "ops/ops.h"
#include "tests/tools/train/scratch.h"
#include "tools/train/clip.h"
#include "tools/train/optimizer.h"
#include "tools/train/trainer.h"

using namespace unfold;

namespace {

Scheduler& scheduler() {
  static Scheduler two(2);
  return two;
}

Tensor ids(Dims dims, const std::vector<std::int32_t>& values) {
  return Tensor::of<std::int32_t>(std::move(dims), values);
}

Tensor waves(DType type, Dims dims, double phase) {
  Tensor t(type, std::move(dims));
  for (std::int64_t i = 0; i < t.size(); ++i)
    t.set(i, std::sin(phase + 0.7 * static_cast<double>(i)));
  return t;
}

// What the parts add to a table, one number after the other.
Tensor added_up(std::span<const ScatteredRows> parts, const Dims& table) {
  Tensor sum(parts[0].rows.dtype(), table);
  for (const ScatteredRows& part : parts)
    for (std::int64_t k = 0; k < part.ids.size(); ++k)
      for (std::int64_t c = 0; c < table[1]; ++c) {
        const auto row = static_cast<std::int64_t>(part.ids.at(k));
        if (row < 0 || row >= table[0]) continue;
        const std::int64_t at = row * table[1] + c;
        sum.set(at, sum.at(at) + part.rows.at(k * table[1] + c));
      }
  return sum;
}

// A table of 40 rows: some meet, some are outside of it, none is row 39.
struct Parts {
  Parts(DType type, std::int64_t width)
      : table{40, width},
        rows_a(waves(type, {2, 3, width}, 1)),
        rows_b(waves(type, {4, width}, 2)) {}

  Dims table;
  Tensor rows_a, rows_b;
  Tensor ids_a = ids({2, 3}, {7, 0, 7, -1, 38, 7}), ids_b = ids({4}, {38, 40, 12, 0});
  std::vector<ScatteredRows> all{{rows_a, ids_a}, {rows_b, ids_b}};
};

// The next of 60 words, in pieces of three, two texts at a time. `also`: what else is in the loss.
std::string words_program(const std::string& optimizer, const std::string& also) {
  return R"(
data {
  corpus = text("words.txt")
  w = words(corpus)
}
model {
  y = next(w)
  param E : [vocab(w), 5] = normal(0.5)
  param U : [5, 5] = glorot
  param V : [5, vocab(w)] = glorot
  x = gather(E, w)
  for t in x { h[t] = tanh(x[t] + h[t-1] @ U) }
  loss = cross_entropy((h + x) @ V, y))" +
         also + R"(
}
train { optimizer = )" +
         optimizer +
         R"(; epochs = 2; batch = 2; seed = 3; shards = 2; truncate = 3; clip_norm = 0.3 }
)";
}

// The parameters after training, and how many of the gradients were kept by rows.
std::pair<std::vector<TrainedParameter>, std::size_t> trained(const std::string& program) {
  Scratch scratch;
  std::string text;
  for (int i = 0; i < 140; ++i) text += "w" + std::to_string((i * i + i / 7) % 60) + " ";
  for (int i = 0; i < 60; ++i) text += "w" + std::to_string(i) + " ";
  scratch.write("words.txt", text);
  LoadOptions options;
  options.open_data = true;
  Model model = load_model(scratch.write("words.fold", program), options);
  Diagnostics diagnostics;
  const TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  const PartData data(*model.program, data::Part::train, settings);
  TrainingStep step(model, settings, scheduler(), 2);
  for (std::int64_t i = 0; i < data.batches(); ++i) step.update(data.at(i), i, 1);
  std::size_t by_rows = 0;
  for (const auto& [name, tensor] : step.results()) by_rows += name.str().starts_with("rows:E:");
  return {model.parameters, by_rows};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradient_by_rows)

BOOST_AUTO_TEST_CASE(rows_that_meet_are_summed) {
  for (const DType type : {DType::f32, DType::f64})
    for (const std::int64_t width : {1, 5, 64, 150}) {
      const Parts parts(type, width);
      Gradient g;
      g.set_rows(parts.all, parts.table, scheduler());
      BOOST_TEST(g.by_rows());
      BOOST_TEST((g.dense(parts.table) == added_up(parts.all, parts.table)), width);
      BOOST_TEST(std::abs(global_norm({g}, scheduler()) -
                          global_norm({g.dense(parts.table)}, scheduler())) < 1e-6);
      // Less in the same memory.
      const std::span<const ScatteredRows> second(parts.all.data() + 1, 1);
      g.set_rows(second, parts.table, scheduler());
      BOOST_TEST((g.dense(parts.table) == added_up(second, parts.table)), width);
    }
}

BOOST_AUTO_TEST_CASE(norms_do_not_depend_on_earlier_batches) {
  const Parts parts(DType::f32, 5);
  const std::span<const ScatteredRows> second(parts.all.data() + 1, 1);
  Gradient used, fresh;
  used.set_rows(parts.all, parts.table, scheduler());
  used.set_rows(second, parts.table, scheduler());
  fresh.set_rows(second, parts.table, scheduler());
  BOOST_TEST(used.size() == 3 * 5);  // of four rows one is outside of the table
  BOOST_TEST(used.size() == fresh.size());
  BOOST_TEST(global_norm({used}, scheduler()) == global_norm({fresh}, scheduler()));
}

BOOST_AUTO_TEST_CASE(a_dense_one_is_what_it_is) {
  const Tensor t = waves(DType::f32, {3, 2}, 0);
  BOOST_TEST(!Gradient(t).by_rows());
  BOOST_TEST((Gradient(t).dense({3, 2}) == t));
}

BOOST_AUTO_TEST_CASE(every_optimizer_does_the_same_by_rows) {
  const std::vector<std::pair<const char*, OptionValues>> optimizers = {
      {"sgd", {}},     {"sgd", {{"momentum", 0.9}}},
      {"rmsprop", {}}, {"sgd", {{"momentum", 0.9}, {"nesterov", 1}}},
      {"adagrad", {}}, {"adagrad", {{"epsilon", 0.5}}},
      {"adam", {}},    {"adamw", {{"decay", 0.3}}}};
  for (const auto& [name, options] : optimizers)
    for (const DType type : {DType::f32, DType::f64})
      for (const std::int64_t width : {3, 5000}) {  // one is longer than a stretch of zeros
        const Parts parts(type, width);
        const Tensor start = waves(type, parts.table, 0.3);
        std::vector<TrainedParameter> by_rows{{"E", start}}, dense{{"E", start}};
        Optimizer a(name, options, by_rows), b(name, options, dense);
        std::vector<Gradient> g(1);
        for (std::size_t update = 0; update < 3; ++update) {
          g[0].set_rows(std::span(parts.all).first(update % 2 + 1), parts.table, scheduler());
          a.update(by_rows, g, scheduler(), 1, 0.7);
          b.update(dense, {g[0].dense(parts.table)}, scheduler(), 1, 0.7);
          BOOST_TEST((by_rows[0].value == dense[0].value), name << ", width " << width);
          BOOST_TEST((a.state() == b.state()), name << ", width " << width);
        }
        BOOST_TEST(!(by_rows[0].value == start));
      }
}

BOOST_AUTO_TEST_CASE(large_tables_that_are_only_scattered_into_are_kept_by_rows) {
  for (const std::int64_t size : {23, 24}) {
    Graph g;
    const Value table = parameter(g, "E", {plain(size), plain(2)});
    const Value w = input(g, "w", index_type({plain(3)}, true));
    const Value x = gather(table, w);
    g.outputs.push_back({"grad:E", batch_sum(scatter(x, w, plain(size))).id});
    g.outputs.push_back({"x", x.id});
    keep_rows_apart(g, 2);
    BOOST_TEST((g.output("grad:E") == no_node) == (size == 24));
    BOOST_TEST((g.output("rows:E:0") == x.id) == (size == 24));
    BOOST_TEST((g.output("ids:E:0") == w.id) == (size == 24));
    BOOST_TEST(g.output("x") == x.id);
  }
}

BOOST_AUTO_TEST_CASE(training_is_the_same_by_rows) {
  for (const char* optimizer : {"sgd(rate = 0.5)", "adam(rate = 0.01)"}) {
    const auto [by_rows, one] = trained(words_program(optimizer, ""));
    const auto [dense, none] = trained(words_program(optimizer, " + 1e-20 * sum(E)"));
    BOOST_TEST(one == 1U);
    BOOST_TEST(none == 0U);
    BOOST_TEST_REQUIRE(by_rows.size() == 3U);
    for (std::size_t p = 0; p < by_rows.size(); ++p)
      for (std::int64_t i = 0; i < by_rows[p].value.size(); ++i)
        BOOST_TEST(std::abs(by_rows[p].value.at(i) - dense[p].value.at(i)) < 1e-5);
  }
}

BOOST_AUTO_TEST_SUITE_END()
