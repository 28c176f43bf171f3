#include "tools/train/optimizer.h"

#include <fmt/format.h>

#include <cassert>
#include <cmath>

#include "graph/error.h"
#include "tools/train/stretches.h"

namespace unfold {

namespace {

/// The elements of one parameter, its gradient and its slots.
template <class T>
struct Elements {
  std::size_t count;
  T* value;
  const T* gradient;
  T* slots[2];
};

/// One update: its rate, its number from 1, what gradients are multiplied by, and the options.
struct Step {
  double rate;
  double number;
  double clip;
  const OptionValues& options;

  double option(const char* name) const { return options.find(name)->second; }
};

template <class T>
void sgd(const Step& step, const Elements<T>& e) {
  const T rate = static_cast<T>(step.rate);
  const T momentum = static_cast<T>(step.option("momentum"));
  T* __restrict p = e.value;
  T* __restrict velocity = e.slots[0];
  const T* __restrict gradient = e.gradient;
  const T clip = static_cast<T>(step.clip);
  if (momentum == 0) {
    for (std::size_t i = 0; i < e.count; ++i) p[i] -= rate * (clip * gradient[i]);
  } else if (step.option("nesterov") != 0) {
    for (std::size_t i = 0; i < e.count; ++i) {
      const T g = clip * gradient[i];
      velocity[i] = momentum * velocity[i] + g;
      p[i] -= rate * (g + momentum * velocity[i]);
    }
  } else {
    for (std::size_t i = 0; i < e.count; ++i) {
      const T g = clip * gradient[i];
      velocity[i] = momentum * velocity[i] + g;
      p[i] -= rate * velocity[i];
    }
  }
}

template <class T>
void rmsprop(const Step& step, const Elements<T>& e) {
  const T rate = static_cast<T>(step.rate), epsilon = static_cast<T>(step.option("epsilon"));
  const T keep = static_cast<T>(step.option("decay"));
  const T add = static_cast<T>(1 - step.option("decay"));
  T* __restrict p = e.value;
  T* __restrict square = e.slots[0];
  const T* __restrict gradient = e.gradient;
  const T clip = static_cast<T>(step.clip);
  for (std::size_t i = 0; i < e.count; ++i) {
    const T g = clip * gradient[i];
    square[i] = keep * square[i] + add * g * g;
    p[i] -= rate * g / (std::sqrt(square[i]) + epsilon);
  }
}

template <class T>
void adagrad(const Step& step, const Elements<T>& e) {
  const T rate = static_cast<T>(step.rate), epsilon = static_cast<T>(step.option("epsilon"));
  T* __restrict p = e.value;
  T* __restrict sum = e.slots[0];
  const T* __restrict gradient = e.gradient;
  const T clip = static_cast<T>(step.clip);
  for (std::size_t i = 0; i < e.count; ++i) {
    const T g = clip * gradient[i];
    sum[i] += g * g;
    p[i] -= rate * g / (std::sqrt(sum[i]) + epsilon);
  }
}

/// `shrink` is what the parameter is multiplied by first, 1 for none.
template <class T>
void adam_with(const Step& step, const Elements<T>& e, double shrink) {
  const double beta1 = step.option("beta1"), beta2 = step.option("beta2");
  const T keep1 = static_cast<T>(beta1), add1 = static_cast<T>(1 - beta1);
  const T keep2 = static_cast<T>(beta2), add2 = static_cast<T>(1 - beta2);
  const T size = static_cast<T>(step.rate / (1 - std::pow(beta1, step.number)));
  const T unbias = static_cast<T>(1 / std::sqrt(1 - std::pow(beta2, step.number)));
  const T epsilon = static_cast<T>(step.option("epsilon")), left = static_cast<T>(shrink);
  T* __restrict p = e.value;
  T* __restrict mean = e.slots[0];
  T* __restrict square = e.slots[1];
  const T* __restrict gradient = e.gradient;
  const T clip = static_cast<T>(step.clip);
  for (std::size_t i = 0; i < e.count; ++i) {
    const T g = clip * gradient[i];
    mean[i] = keep1 * mean[i] + add1 * g;
    square[i] = keep2 * square[i] + add2 * g * g;
    p[i] = left * p[i] - size * mean[i] / (std::sqrt(square[i]) * unbias + epsilon);
  }
}

template <class T>
void adam(const Step& step, const Elements<T>& e) {
  adam_with(step, e, 1);
}

template <class T>
void adamw(const Step& step, const Elements<T>& e) {
  adam_with(step, e, 1 - step.rate * step.option("decay"));
}

/// An optimizer's loops and the tensors it keeps for each parameter. In the order of the choices.
struct Rule {
  std::vector<std::string> slots;
  void (*f32)(const Step&, const Elements<float>&);
  void (*f64)(const Step&, const Elements<double>&);
  /// Whether elements without a gradient stay as they are, and so does what is kept for them.
  bool (*rests)(const OptionValues&) = [](const OptionValues&) { return false; };
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {{"velocity"},
       sgd<float>,
       sgd<double>,
       [](const OptionValues& o) { return o.at("momentum") == 0; }},
      {{"square"}, rmsprop<float>, rmsprop<double>},
      {{"sum"},
       adagrad<float>,
       adagrad<double>,
       [](const OptionValues& o) { return o.at("epsilon") > 0; }},
      {{"mean", "square"}, adam<float>, adam<double>},
      {{"mean", "square"}, adamw<float>, adamw<double>},
  };
  return all;
}

const Rule& rule_of(const std::string& name) {
  const auto& choices = optimizer_choices();
  return rules()[&find_choice(choices, name, "optimizer") - choices.data()];
}

TrainOption rate_option(double initial) {
  return {.name = "rate", .initial = initial, .low = 0, .low_open = true, .doc = "learning rate"};
}

TrainOption epsilon_option(double initial) {
  return {.name = "epsilon",
          .initial = initial,
          .low = 0,
          .doc = "added to the square root, so that nothing is divided by zero"};
}

TrainOption share_option(const char* name, double initial, const char* doc) {
  return {.name = name, .initial = initial, .low = 0, .high = 1, .high_open = true, .doc = doc};
}

std::vector<TrainOption> adam_options() {
  return {rate_option(0.001),
          share_option("beta1", 0.9, "what the running mean of gradients keeps at an update"),
          share_option("beta2", 0.999, "what the running mean of their squares keeps"),
          epsilon_option(1e-8)};
}

std::vector<TrainOption> adamw_options() {
  std::vector<TrainOption> options = adam_options();
  options.push_back({.name = "decay",
                     .initial = 0.01,
                     .low = 0,
                     .doc = "parameters shrink by the factor 1 - rate * decay at each update"});
  return options;
}

}  // namespace

const std::vector<TrainChoice>& optimizer_choices() {
  using Type = TrainOption::Type;
  static const std::vector<TrainChoice> all = {
      {"sgd",
       "Stochastic gradient descent, with momentum: v = momentum * v + g, p = p - rate * v.",
       {rate_option(0.01),
        share_option("momentum", 0, "what the velocity keeps at an update"),
        {.name = "nesterov",
         .type = Type::boolean,
         .doc = "look ahead: p = p - rate * (g + momentum * v)"}}},
      {"rmsprop",
       "Each element's step is divided by the root of a running mean of its squared gradients "
       "(Tieleman & Hinton 2012).",
       {rate_option(0.01), share_option("decay", 0.99, "what the running mean keeps at an update"),
        epsilon_option(1e-8)}},
      {"adagrad",
       "Each element's step is divided by the root of the sum of its squared gradients (Duchi et "
       "al. 2011).",
       {rate_option(0.01), epsilon_option(1e-10)}},
      {"adam",
       "Running means of gradients and of their squares, corrected for their start at zero (Kingma "
       "& Ba 2015).",
       adam_options()},
      {"adamw", "Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019).",
       adamw_options()},
  };
  return all;
}

Optimizer::Optimizer(const std::string& name, const OptionValues& given,
                     const std::vector<TrainedParameter>& parameters)
    : name_(name),
      options_(complete_options(find_choice(optimizer_choices(), name, "optimizer"), given)) {
  if (name == "sgd" && options_.at("nesterov") != 0 && options_.at("momentum") == 0) {
    throw Error("sgd: nesterov needs a momentum greater than 0");
  }
  const bool keeps_nothing = name == "sgd" && options_.at("momentum") == 0;
  for (const TrainedParameter& parameter : parameters) parameter_names_.push_back(parameter.name);
  for (const std::string& slot : rule_of(name).slots) {
    if (keeps_nothing) break;
    slots_.push_back({slot, {}});
    for (const TrainedParameter& p : parameters) {
      slots_.back().values.push_back(p.frozen ? Tensor() : Tensor(p.value.dtype(), p.value.dims()));
    }
  }
}

void Optimizer::update(std::vector<TrainedParameter>& parameters,
                       const std::vector<Gradient>& gradients, Scheduler& scheduler, double factor,
                       double clip) {
  assert(parameters.size() == parameter_names_.size() && gradients.size() == parameters.size());
  ++updates_;
  const Rule& rule = rule_of(name_);
  const bool all = !rule.rests(options_);
  const Step step{rate() * factor, static_cast<double>(updates_), clip, options_};
  const auto apply = [&]<class T>(const Chunk& chunk,
                                  void (*loop)(const Step&, const Elements<T>&)) {
    const std::size_t i = chunk.tensor;
    Tensor& value = parameters[i].value;
    assert(gradients[i].values.dtype() == value.dtype());
    assert(gradients[i].by_rows() || gradients[i].values.dims() == value.dims());
    for_each_stretch<T>(
        gradients[i], chunk, all, [&](std::int64_t begin, std::int64_t end, const T* gradient) {
          Elements<T> e{
              static_cast<std::size_t>(end - begin), value.as<T>().data() + begin, gradient, {}};
          for (std::size_t s = 0; s < slots_.size(); ++s)
            e.slots[s] = slots_[s].values[i].template as<T>().data() + begin;
          loop(step, e);
        });
  };
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    sizes.push_back(
        parameters[i].frozen || gradients[i].values.size() == 0 ? 0 : parameters[i].value.size());
  for_each_chunk(scheduler, chunks_of(sizes), [&](const Chunk& chunk, std::size_t) {
    if (parameters[chunk.tensor].value.dtype() == DType::f64) {
      apply(chunk, rule.f64);
    } else {
      apply(chunk, rule.f32);
    }
  });
}

NamedTensors Optimizer::state() const {
  NamedTensors result;
  for (const Slot& slot : slots_) {
    for (std::size_t i = 0; i < slot.values.size(); ++i) {
      if (slot.values[i].size() > 0) result[slot.name + "/" + parameter_names_[i]] = slot.values[i];
    }
  }
  return result;
}

void Optimizer::restore(std::int64_t updates, const NamedTensors& state) {
  std::size_t used = 0;
  for (Slot& slot : slots_) {
    for (std::size_t i = 0; i < slot.values.size(); ++i) {
      if (slot.values[i].size() == 0) continue;
      const std::string key = slot.name + "/" + parameter_names_[i];
      const auto found = state.find(key);
      if (found == state.end() || found->second.dims() != slot.values[i].dims() ||
          found->second.dtype() != slot.values[i].dtype()) {
        throw Error(
            fmt::format("the saved state has no fitting '{}', which {} needs: a run goes on "
                        "with the optimizer it began with",
                        key, name_));
      }
      slot.values[i] = found->second;
      ++used;
    }
  }
  if (used != state.size()) {
    throw Error(
        fmt::format("the saved state has {} tensors, {} as it is set now keeps {}: a run goes "
                    "on with the optimizer it began with",
                    state.size(), name_, used));
  }
  updates_ = updates;
}

}  // namespace unfold
