#include "tools/train/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/philox.h"

namespace unfold {

namespace {

// One symbol from logits, by a number uniform in [0, 1).
std::int32_t draw(const std::vector<double>& logits, const GenerateOptions& options, double u) {
  std::vector<std::int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
  });
  if (options.temperature == 0) return order[0];
  if (options.top_k > 0 && options.top_k < static_cast<std::int64_t>(order.size()))
    order.resize(static_cast<std::size_t>(options.top_k));
  const double top = logits[static_cast<std::size_t>(order[0])];
  std::vector<double> weights;
  for (const std::int32_t s : order)
    weights.push_back(std::exp((logits[static_cast<std::size_t>(s)] - top) / options.temperature));
  double left = u * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i < order.size(); ++i)
    if ((left -= weights[i]) < 0) return order[i];
  return order.back();
}

}  // namespace

Generator::Generator(const Model& model, Scheduler& scheduler)
    : model_(model), stepper_(model, scheduler, 1, 1) {
  if (!stepper_.context().empty())
    throw Error(
        fmt::format("drawing {} one step at a time needs its own symbols only; the model also "
                    "reads {}",
                    field().name, stepper_.context().front().name));
}

// Logits of what follows `symbol`.
std::vector<double> Generator::step(std::int32_t symbol) {
  stepper_.step({&symbol, 1});
  return stepper_.logits(0);
}

std::string Generator::text_of(std::int32_t symbol, bool first) const {
  const std::string text = data::decode(field(), std::vector{symbol});
  return field().words && !first ? " " + text : text;
}

void Generator::run(const GenerateOptions& options,
                    const std::function<void(const std::string&)>& emit,
                    const std::function<bool()>& stop) {
  data::Batch one;
  one.size = 1;
  stepper_.begin(one, model_.parameters);
  std::vector<std::int32_t> prime;
  if (!options.prime.empty()) {
    const Tensor ids = data::encode(field(), options.prime, {"--prime", 1, 1, 1});
    prime.assign(ids.as<std::int32_t>().begin(), ids.as<std::int32_t>().end());
    if (field().end && !prime.empty()) prime.pop_back();
    emit(options.prime);
  } else {
    prime.push_back(field().vocabulary.find(field().start ? data::start_symbol : "\n").value_or(0));
  }
  std::vector<double> logits;
  for (const std::int32_t symbol : prime) logits = step(symbol);
  const std::optional<std::int32_t> end =
      field().end ? field().vocabulary.find(data::end_symbol) : std::nullopt;
  for (std::int64_t i = 0; i < options.length && !stop(); ++i) {
    const auto random = philox(options.seed, {static_cast<std::uint32_t>(i), 0, 0, 0});
    const std::int32_t symbol = draw(logits, options, unit_interval(random[0], random[1]));
    if (end && symbol == *end) break;
    emit(text_of(symbol, i == 0 && options.prime.empty()));
    if (i + 1 < options.length) logits = step(symbol);
  }
}

}  // namespace unfold
