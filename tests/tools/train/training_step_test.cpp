#include "tools/train/training_step.h"

#include <boost/test/unit_test.hpp>

#include "tests/tools/train/scratch.h"
#include "tools/train/trainer.h"

using namespace unfold;

namespace {

// 15 characters to predict. `loss`: of the states h and, step by step, l.
struct Text {
  Text(const std::string& loss, const std::string& length) {
    scratch.write("abc.txt", "abacabadabacaba\n");
    path = scratch.write("abc.fold", R"(
data {
  corpus = text("abc.txt")
  w = characters(corpus)
}
model {
  x = one_hot(w)
  y = next(w)
  param W : [5, vocab(w)] = glorot
  param U : [5, 5] = glorot
  param V : [width(x), 5] = glorot
  for t in x {
    h[t] = tanh(x[t] @ V + h[t-1] @ U)
    l[t] = cross_entropy(h[t] @ W, y[t])
  }
)" + loss + R"(
}
train { optimizer = sgd(rate = 1); epochs = 1; batch = 1; seed = 1; shards = 1; length = )" +
                                         length + "}\n");
  }

  Model load() const {
    LoadOptions options;
    options.open_data = true;
    return load_model(path, options);
  }

  /// What training says.
  std::string error() const {
    return error_of([&] {
      const RunDir run = RunDir::create(scratch.path("run"));
      Trainer(load(), run, {}).run();
    });
  }

  Scratch scratch;
  std::string path;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(training_step)

// With one step the state before it is 0, and so is what the recurrent weights would learn.
BOOST_AUTO_TEST_CASE(a_gradient_that_a_shorter_piece_has_not_is_not_that_of_the_longer_before_it) {
  const Text text("  loss = cross_entropy(h @ W, y)", "7");
  Model model = text.load();
  Diagnostics diagnostics;
  const TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  const PartData data(*model.program, data::Part::train, settings);
  BOOST_TEST_REQUIRE(data.batches() == 3);
  BOOST_TEST_REQUIRE(data.at(2).steps.begin()->second == 1);
  Scheduler scheduler(1);
  TrainingStep step(model, settings, scheduler, 1);
  const auto numbers = [&](std::size_t i) {
    const auto values = model.parameters[i].value.as<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  BOOST_TEST_REQUIRE(model.parameters[1].name == "U");
  const auto first = numbers(1);
  step.update(data.at(0), 0, 1);
  const auto after_long = numbers(1), other = numbers(0);
  BOOST_TEST((after_long != first));
  step.update(data.at(2), 1, 1);
  BOOST_TEST((numbers(1) == after_long));
  BOOST_TEST((numbers(0) != other));
}

BOOST_AUTO_TEST_CASE(a_loss_that_depends_on_the_number_of_steps_is_refused_for_several) {
  const std::string wanted =
      "`loss` is another expression for another number of steps, so sequences of different lengths "
      "have none together; take it of the whole sequence at once, outside the loop";
  BOOST_TEST(Text("  loss = mean(l)", "6").error() == wanted);
  BOOST_TEST(Text("  loss = sum(l)", "6").error() == wanted);
  BOOST_TEST(Text("  loss = mean(l)", "5").error() == "");  // 15 is 3 times 5
  BOOST_TEST(Text("  loss = cross_entropy(h @ W, y)", "6").error() == "");
}

BOOST_AUTO_TEST_CASE(a_metric_too_where_it_is_measured) {
  const Text text("  loss = cross_entropy(h @ W, y)\n  metric steps = exp(mean(l))", "6");
  BOOST_TEST(text.error() == "");  // there is no validation part
  const Model model = text.load();
  Diagnostics diagnostics;
  const TrainSettings settings = read_train_settings(model.program->train(), diagnostics);
  const PartData data(*model.program, data::Part::train, settings);
  Scheduler scheduler(1);
  BOOST_TEST(error_of([&] {
               Evaluation(model, settings, scheduler, 1).run(data, model.parameters);
             }).starts_with("`steps` is another expression"));
}

BOOST_AUTO_TEST_SUITE_END()
