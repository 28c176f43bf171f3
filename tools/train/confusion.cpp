#include "tools/train/confusion.h"

#include <fmt/format.h>

#include <algorithm>

namespace unfold {

namespace {

constexpr std::size_t widest_matrix = 20;

double ratio(std::int64_t part, std::int64_t all) {
  return all == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(all);
}

void count(const Tensor& output, const Tensor& right, Confusion& c) {
  const auto classes = static_cast<std::int64_t>(c.classes.size());
  for (std::int64_t i = 0; i < right.size() && (i + 1) * classes <= output.size(); ++i) {
    std::int64_t best = 0;
    for (std::int64_t k = 1; k < classes; ++k)
      if (output.at(i * classes + k) > output.at(i * classes + best)) best = k;
    ++c.counts[static_cast<std::size_t>(right.at(i))][static_cast<std::size_t>(best)];
  }
}

}  // namespace

double Confusion::precision(std::size_t c) const {
  std::int64_t answered = 0;
  for (const auto& row : counts) answered += row[c];
  return ratio(counts[c][c], answered);
}

double Confusion::recall(std::size_t c) const {
  std::int64_t all = 0;
  for (const std::int64_t n : counts[c]) all += n;
  return ratio(counts[c][c], all);
}

double Confusion::f1(std::size_t c) const {
  const double p = precision(c), r = recall(c);
  return p + r == 0 ? 0 : 2 * p * r / (p + r);
}

std::optional<Confusion> confusion_of(const Program& program, Predictor& predictor,
                                      const data::Examples& examples) {
  for (const OutputInfo& o : predictor.outputs()) {
    const data::FieldSpec* field = program.data().field(o.field);
    if (field == nullptr ||
        (field->type.kind != data::FieldKind::label && field->type.kind != data::FieldKind::labels))
      continue;
    const bool there = std::any_of(examples.fields.begin(), examples.fields.end(),
                                   [&](const data::FieldSpec& f) { return f.name == field->name; });
    if (!there) continue;
    Confusion c{o.name, field->vocabulary.symbols(), {}};
    c.counts.assign(c.classes.size(), std::vector<std::int64_t>(c.classes.size()));
    const auto predictions = predictor.run(examples);
    const auto& right = examples.values[examples.index(field->name)];
    for (std::size_t i = 0; i < predictions.size(); ++i)
      count(predictions[i].at(o.name), right[i], c);
    return c;
  }
  return std::nullopt;
}

std::string print(const Confusion& c) {
  std::size_t width = 9;
  for (const std::string& name : c.classes) width = std::max(width, name.size());
  std::string text;
  if (c.classes.size() <= widest_matrix) {
    text +=
        fmt::format("{:>{}}  answers of `{}`, a row for each right class\n", "", width, c.output);
    for (std::size_t i = 0; i < c.classes.size(); ++i) {
      text += fmt::format("{:>{}}", c.classes[i], width);
      for (const std::int64_t n : c.counts[i]) text += fmt::format(" {:>5}", n);
      text += "\n";
    }
  }
  text += fmt::format("{:>{}}  precision  recall     f1\n", "class", width);
  for (std::size_t i = 0; i < c.classes.size(); ++i)
    text += fmt::format("{:>{}}  {:>9.4f}  {:>6.4f} {:>6.4f}\n", c.classes[i], width,
                        c.precision(i), c.recall(i), c.f1(i));
  return text;
}

}  // namespace unfold
