#include "tools/train/optimizer.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>

#include "graph/error.h"

using namespace unfold;

namespace {

/// One scalar under an optimizer: what the formulae of PyTorch say, written as plainly as possible.
struct Scalar {
  double p = 0, a = 0, b = 0;  // the parameter and what is kept about it
  int t = 0;
};
using Formula = std::function<void(Scalar&, double g, double rate)>;

double gradient_of(double p, int t, std::int64_t i) {
  return std::sin(p * 3 + static_cast<double>(i)) + 0.1 * t;
}

std::vector<TrainedParameter> two_parameters(DType type) {
  Tensor w(type, {3, 5}), b(type, {3});
  for (std::int64_t i = 0; i < w.size(); ++i) w.set(i, 0.3 * static_cast<double>(i) - 1);
  for (std::int64_t i = 0; i < b.size(); ++i) b.set(i, 0.7 - static_cast<double>(i));
  return {{"W", w}, {"b", b}};
}

std::vector<Gradient> gradients_of(const std::vector<TrainedParameter>& parameters, int t) {
  std::vector<Gradient> gradients;
  for (const TrainedParameter& p : parameters) {
    Tensor g(p.value.dtype(), p.value.dims());
    for (std::int64_t i = 0; i < g.size(); ++i) g.set(i, gradient_of(p.value.at(i), t, i));
    gradients.push_back(g);
  }
  return gradients;
}

Scheduler scheduler(2);

void train(Optimizer& optimizer, std::vector<TrainedParameter>& parameters, int from, int to) {
  for (int t = from; t < to; ++t) {
    optimizer.update(parameters, gradients_of(parameters, t), scheduler, t % 3 == 0 ? 0.5 : 1);
  }
}

/// Largest difference from the formula after ten updates at changing rates.
double difference(const std::string& name, const OptionValues& options, DType type,
                  const Formula& formula) {
  std::vector<TrainedParameter> parameters = two_parameters(type);
  const std::vector<TrainedParameter> start = parameters;
  Optimizer optimizer(name, options, parameters);
  train(optimizer, parameters, 0, 10);
  double worst = 0;
  for (std::size_t k = 0; k < start.size(); ++k) {
    for (std::int64_t i = 0; i < start[k].value.size(); ++i) {
      Scalar s{start[k].value.at(i)};
      for (int t = 0; t < 10; ++t) {
        ++s.t;
        formula(s, gradient_of(s.p, t, i), optimizer.rate() * (t % 3 == 0 ? 0.5 : 1));
      }
      worst = std::max(worst, std::abs(s.p - parameters[k].value.at(i)));
    }
  }
  return worst;
}

void check_formula(const std::string& name, const OptionValues& options, const Formula& formula) {
  BOOST_TEST(difference(name, options, DType::f64, formula) < 1e-14);
  BOOST_TEST(difference(name, options, DType::f32, formula) < 1e-5);
}

Formula adam_formula(double b1, double b2, double epsilon, double decay) {
  return [=](Scalar& s, double g, double rate) {
    s.p -= rate * decay * s.p;
    s.a = b1 * s.a + (1 - b1) * g;
    s.b = b2 * s.b + (1 - b2) * g * g;
    const double mean = s.a / (1 - std::pow(b1, s.t)), square = s.b / (1 - std::pow(b2, s.t));
    s.p -= rate * mean / (std::sqrt(square) + epsilon);
  };
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.message;
  }
  return "";
}

std::string construction_error(const std::string& name, const OptionValues& options) {
  return message_of([&] { Optimizer(name, options, {}); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optimizer_suite)

BOOST_AUTO_TEST_CASE(sgd_follows_its_formula) {
  check_formula("sgd", {{"rate", 0.1}}, [](Scalar& s, double g, double rate) { s.p -= rate * g; });
  check_formula("sgd", {{"rate", 0.1}, {"momentum", 0.9}}, [](Scalar& s, double g, double rate) {
    s.a = s.t == 1 ? g : 0.9 * s.a + g;
    s.p -= rate * s.a;
  });
  check_formula("sgd", {{"rate", 0.1}, {"momentum", 0.8}, {"nesterov", 1}},
                [](Scalar& s, double g, double rate) {
                  s.a = s.t == 1 ? g : 0.8 * s.a + g;
                  s.p -= rate * (g + 0.8 * s.a);
                });
}

BOOST_AUTO_TEST_CASE(rmsprop_and_adagrad_follow_their_formulae) {
  check_formula("rmsprop", {}, [](Scalar& s, double g, double rate) {
    s.a = 0.99 * s.a + 0.01 * g * g;
    s.p -= rate * g / (std::sqrt(s.a) + 1e-8);
  });
  check_formula("rmsprop", {{"decay", 0.9}, {"epsilon", 0.1}}, [](Scalar& s, double g, double r) {
    s.a = 0.9 * s.a + 0.1 * g * g;
    s.p -= r * g / (std::sqrt(s.a) + 0.1);
  });
  check_formula("adagrad", {{"rate", 0.05}}, [](Scalar& s, double g, double rate) {
    s.a += g * g;
    s.p -= rate * g / (std::sqrt(s.a) + 1e-10);
  });
}

BOOST_AUTO_TEST_CASE(adam_and_adamw_follow_their_formulae) {
  check_formula("adam", {{"rate", 0.01}}, adam_formula(0.9, 0.999, 1e-8, 0));
  check_formula("adam", {{"rate", 0.01}, {"beta1", 0.8}, {"beta2", 0.95}, {"epsilon", 1e-3}},
                adam_formula(0.8, 0.95, 1e-3, 0));
  check_formula("adamw", {{"rate", 0.01}}, adam_formula(0.9, 0.999, 1e-8, 0.01));
  check_formula("adamw", {{"rate", 0.01}, {"decay", 0.3}}, adam_formula(0.9, 0.999, 1e-8, 0.3));
}

BOOST_AUTO_TEST_CASE(first_step_of_adam_is_the_rate) {
  std::vector<TrainedParameter> parameters = {{"p", Tensor::of<double>({2}, {1, 1})}};
  Optimizer optimizer("adam", {{"rate", 0.5}, {"epsilon", 0}}, parameters);
  optimizer.update(parameters, {Tensor::of<double>({2}, {1e-5, -300})}, scheduler);
  BOOST_TEST(std::abs(parameters[0].value.at(0) - 0.5) < 1e-12);
  BOOST_TEST(std::abs(parameters[0].value.at(1) - 1.5) < 1e-12);
}

BOOST_AUTO_TEST_CASE(resumed_training_gives_the_same_bits) {
  for (const TrainChoice& choice : optimizer_choices()) {
    for (const DType type : {DType::f32, DType::f64}) {
      const OptionValues options =
          choice.option("momentum") ? OptionValues{{"momentum", 0.9}} : OptionValues{};
      std::vector<TrainedParameter> straight = two_parameters(type);
      Optimizer whole(choice.name, options, straight);
      train(whole, straight, 0, 4);
      std::vector<TrainedParameter> resumed = straight;
      Optimizer second(choice.name, options, resumed);
      second.restore(4, whole.state());
      train(whole, straight, 4, 9);
      train(second, resumed, 4, 9);
      BOOST_TEST((straight[0].value == resumed[0].value), choice.name);
      BOOST_TEST((straight[1].value == resumed[1].value), choice.name);
      BOOST_TEST((whole.state() == second.state()), choice.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(frozen_parameters_stay_and_keep_nothing) {
  std::vector<TrainedParameter> parameters = two_parameters(DType::f32);
  parameters[0].frozen = true;
  const Tensor before = parameters[0].value, trained = parameters[1].value;
  Optimizer optimizer("adamw", {}, parameters);
  optimizer.update(parameters, {Tensor(), Tensor::of<float>({3}, {1, 1, 1})}, scheduler);
  BOOST_TEST((parameters[0].value == before));
  BOOST_TEST(!(parameters[1].value == trained));
  const NamedTensors state = optimizer.state();
  BOOST_TEST(state.size() == 2);
  BOOST_TEST(state.contains("mean/b"));
  BOOST_TEST(state.contains("square/b"));
}

BOOST_AUTO_TEST_CASE(errors_say_what_was_expected) {
  BOOST_TEST(construction_error("adman", {}) ==
             "there is no optimizer 'adman', only sgd, rmsprop, adagrad, adam, adamw");
  BOOST_TEST(construction_error("adam", {{"beta3", 1}}) ==
             "adam has no option 'beta3', only rate, beta1, beta2, epsilon");
  BOOST_TEST(construction_error("adam", {{"rate", 0}}) ==
             "adam: rate is 0, expected a number greater than 0");
  BOOST_TEST(construction_error("adam", {{"rate", NAN}}) ==
             "adam: rate is nan, expected a number greater than 0");
  BOOST_TEST(construction_error("adam", {{"beta1", 1}}) ==
             "adam: beta1 is 1, expected a number at least 0 and less than 1");
  BOOST_TEST(construction_error("sgd", {{"nesterov", 2}}) ==
             "sgd: nesterov is 2, expected true or false");
  BOOST_TEST(construction_error("sgd", {{"nesterov", 1}}) ==
             "sgd: nesterov needs a momentum greater than 0");
}

BOOST_AUTO_TEST_CASE(a_foreign_state_is_refused) {
  const auto restore = [](DType type, NamedTensors state) {
    Optimizer optimizer("rmsprop", {}, {{"b", Tensor(type, {3})}});
    return message_of([&] { optimizer.restore(1, state); });
  };
  const Tensor good(DType::f32, {3});
  BOOST_TEST(restore(DType::f32, {{"square/b", good}}) == "");
  BOOST_TEST(
      restore(DType::f64, {{"square/b", good}}) ==
      "the saved state has no fitting 'square/b', which rmsprop needs: a run goes on with the "
      "optimizer it began with");
  BOOST_TEST(
      restore(DType::f32, {{"square/c", good}}) ==
      "the saved state has no fitting 'square/b', which rmsprop needs: a run goes on with the "
      "optimizer it began with");
  BOOST_TEST(
      restore(DType::f32, {{"square/b", good}, {"mean/b", good}}) ==
      "the saved state has 2 tensors, rmsprop as it is set now keeps 1: a run goes on with the "
      "optimizer it began with");
}

BOOST_AUTO_TEST_SUITE_END()
