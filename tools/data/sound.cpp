#include "tools/data/sound.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace unfold::data {

namespace {

constexpr std::int64_t most_steps = 10'000'000, most_numbers = 1'000'000'000;

class FieldCheck {
 public:
  explicit FieldCheck(const FieldSpec& spec) : spec_(spec), type_(spec.type) {}

  void run(std::span<const SourceSpec> sources) const {
    const auto source = std::ranges::find(sources, spec_.source, &SourceSpec::name);
    require(source != sources.end(), fmt::format("has no source `{}`", spec_.source));
    const Reader* reader = find_reader(spec_.reader);
    const auto& offered = find_source_kind(source->kind)->readers;
    require(
        reader != nullptr && (reader->of_field || std::ranges::count(offered, spec_.reader) > 0),
        fmt::format("has the reader `{}`, which {} does not offer", spec_.reader, source->kind));
    require(!spec_.columns.empty(), "has no column");
    require(type_.kind == kind_of(), "has a kind that its reader does not make");
    sizes();
    if (type_.is_ids() || counts()) symbols();
  }

 private:
  void require(bool fits, const std::string& what) const {
    if (!fits) throw Error(fmt::format("the field `{}` {}", spec_.name, what));
  }

  bool counts() const { return spec_.reader == "counts" || spec_.reader == "tfidf"; }
  bool of_task() const { return spec_.reader == "input" || spec_.reader == "target"; }

  /// A task makes fields of any kind, other readers of one.
  FieldKind kind_of() const {
    if (spec_.reader == "words" || spec_.reader == "characters") return FieldKind::symbols;
    if (spec_.reader == "class") return FieldKind::label;
    return of_task() ? type_.kind : FieldKind::numbers;
  }

  void sizes() const {
    const bool ids = type_.kind == FieldKind::symbols || type_.kind == FieldKind::label ||
                     type_.kind == FieldKind::labels;
    const bool timed = type_.kind != FieldKind::label && type_.kind != FieldKind::numbers;
    require(type_.has_time() == timed, "has a time axis that does not go with its kind");
    require(type_.steps >= 0 && type_.steps <= (of_task() ? most_steps : 0),
            fmt::format("has {} steps", type_.steps));
    const std::int64_t width = type_.width;
    require(
        ids ? width == 0 && type_.ids > 0 : width > 0 && width <= most_numbers && type_.ids == 0,
        fmt::format("has {} numbers and {} symbols", width, type_.ids));
    if (spec_.reader == "number" || spec_.reader == "numbers")
      require(width == static_cast<std::int64_t>(spec_.columns.size()),
              fmt::format("has {} numbers of {} columns", width, spec_.columns.size()));
  }

  void symbols() const {
    const std::int64_t expected = counts() ? type_.width : type_.ids,
                       size = spec_.vocabulary.size();
    require(size == expected, fmt::format("has {} symbols, its vocabulary {}", expected, size));
    const auto holds = [&](bool asked, std::string_view symbol) {
      require(!asked || spec_.vocabulary.find(symbol),
              fmt::format("has no {} in its vocabulary", symbol));
    };
    holds(spec_.unknown, unknown_symbol);
    holds(spec_.start, start_symbol);
    holds(spec_.end, end_symbol);
    const auto weights = static_cast<std::int64_t>(spec_.weights.size());
    require(weights == (spec_.reader == "tfidf" ? size : 0) &&
                std::ranges::all_of(spec_.weights, [](float w) { return std::isfinite(w); }),
            fmt::format("has {} weights for {} symbols", weights, size));
  }

  const FieldSpec& spec_;
  const FieldType& type_;
};

}  // namespace

void require_sound(std::span<const FieldSpec> fields, std::span<const SourceSpec> sources) {
  for (const SourceSpec& source : sources)
    if (find_source_kind(source.kind) == nullptr)
      throw Error(fmt::format("there is no source of the kind `{}`", source.kind));
  for (const FieldSpec& field : fields) FieldCheck(field).run(sources);
}

}  // namespace unfold::data
