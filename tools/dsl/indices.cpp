// The evaluator's indices: timesteps of a recurrence, elements and slices of values.

#include <fmt/format.h>

#include <cmath>

#include "tools/dsl/evaluator.h"
#include "tools/dsl/loop.h"

namespace unfold {

Thing Evaluator::index(const syntax::Index& e, Span span) {
  // The first index may be a timestep of a recurrence that is being unrolled.
  const auto& first = e.items.front();
  if (first.kind == syntax::IndexItem::Kind::at)
    for (auto l = loops_.rbegin(); l != loops_.rend(); ++l)
      if ((*l)->mentions_step(*first.begin)) return index_step(**l, e, span);
  const Thing base = evaluate_one(*e.base);
  if (base.nothing()) return {};
  try {
    return index_value(e, value_of(base), 0, span);
  } catch (const Error& error) {
    return fail(span, error.message, {note_of(*e.base, base, "the value")});
  }
}

Thing Evaluator::index_step(Loop& loop, const syntax::Index& e, Span span) {
  const syntax::Expression& written = *e.items.front().begin;
  const auto step = timestep(written);
  if (!step) return {};
  const double distance = *step - static_cast<double>(loop.step());
  if (distance != std::floor(distance) || std::abs(distance) > largest_distance)
    return fail(written.span,
                fmt::format("a timestep must be {0}, {0}-1, {0}+1 and so on, at most {1} "
                            "steps away; here it is {2} at {0} = {3}",
                            loop.variable(), largest_distance, *step, loop.step()));
  const auto* name = std::get_if<syntax::Name>(&e.base->node);
  const bool is_state = name != nullptr && loop.defines(name->text);
  if (is_state && distance == 0 && loop.moves_with_step(written))
    return fail(written.span,
                fmt::format("a step looks back as far at every step, {0}[{1}-1], {0}[{1}-2] and so "
                            "on (or ahead, {0}[{1}+1]); where this looks depends on {1}",
                            name->text, loop.variable()));
  const Thing base = is_state ? Thing() : evaluate_one(*e.base);
  if (!is_state && base.nothing()) return {};
  try {
    const int offset = static_cast<int>(distance);
    const Thing at_step =
        is_state ? loop.state(name->text, offset, span) : loop.at(value_of(base), offset, span);
    if (e.items.size() == 1 || at_step.nothing()) return at_step;
    return index_value(e, value_of(at_step), 1, span);
  } catch (const Error& error) {
    std::vector<Note> notes = error.notes;
    if (!is_state) notes.push_back(note_of(*e.base, base, "the value"));
    return fail(span, error.message, std::move(notes));
  }
}

// The index that an expression says for a dimension; negative ones count from its end.
std::optional<std::int64_t> Evaluator::bound(const syntax::Expression& e, const Dim& dim) {
  const auto n = number(e, "an index");
  if (!n) return std::nullopt;
  if (*n != std::floor(*n) || std::abs(*n) > static_cast<double>(largest_size))
    throw Error(fmt::format("an index must be a whole number, this is {}", *n));
  if (*n < 0 && dim.ragged)
    throw Error(
        fmt::format("an index from the end of {}, whose length differs from example to "
                    "example: last(…) is each example's own last step",
                    describe(dim)));
  return static_cast<std::int64_t>(*n) + (*n < 0 ? dim.size : 0);
}

// Applies the indices from `first` on to the dimensions of `base`.
Thing Evaluator::index_value(const syntax::Index& e, Value base, std::size_t first, Span span) {
  using Item = syntax::IndexItem::Kind;
  std::int64_t dim = 0;
  const std::size_t written = e.items.size() - first;
  const std::string whole = describe(base.type());
  for (std::size_t i = first; i < e.items.size(); ++i) {
    const syntax::IndexItem& item = e.items[i];
    if (!base.type().known) return {base, span};
    const std::int64_t rank = base.type().rank();
    if (item.kind == Item::rest) {
      dim = rank - static_cast<std::int64_t>(e.items.size() - i - 1);
      if (dim < 0) throw Error(fmt::format("{} indices for {}", written - 1, whole));
      continue;
    }
    if (dim >= rank)
      throw Error(fmt::format("{} {} for {}", written, written == 1 ? "index" : "indices", whole));
    const Dim cut = base.type().dims[static_cast<std::size_t>(dim)];
    if (item.kind == Item::slice && !item.begin && !item.end) {
      ++dim;
      continue;
    }
    const auto begin = item.begin ? bound(*item.begin, cut) : 0;
    const auto end = item.end ? bound(*item.end, cut) : cut.size;
    if (!begin || !end) return {};
    const int d = static_cast<int>(dim);
    if (cut.is_time() && cut.ragged) {
      if (item.kind != Item::at || *begin != 0 || d != 0)
        throw Error(
            fmt::format("an index into {}, whose length differs from example to example: "
                        "first(…), last(…) and `for` reach real steps only",
                        describe(cut)));
      base = unfold::first(base);
      continue;
    }
    base = item.kind == Item::at ? at(base, *begin, d) : slice(base, d, *begin, *end);
    if (item.kind == Item::slice) ++dim;
  }
  return {base, span};
}

}  // namespace unfold
