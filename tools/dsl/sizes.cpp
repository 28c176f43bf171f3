// Functions about data and sizes: fields, one-hot vectors, what comes next, how many there are.

#include <fmt/format.h>

#include "models/losses.h"
#include "tools/dsl/function_rows.h"

namespace unfold {

namespace {

using rows::value;

const data::FieldSpec* field_of(Evaluator& e, const Thing& thing) {
  const auto* f = thing.as<FieldRef>();
  return f == nullptr ? nullptr : &e.program().data().fields[f->index];
}

Thing one_hot_of(Evaluator& e, const Arguments& a) {
  const Value ids = value(e, a, "ids");
  const data::FieldSpec* field = field_of(e, a.get("ids").thing);
  if (a.has("n")) return {one_hot(ids, a.size("n")), {}};
  if (field == nullptr)
    throw Error(
        "one_hot: how many ids there are is known for a field of the data block only; say "
        "one_hot(ids, n)");
  return {one_hot(ids, plain(field->type.ids, field->type.size_name)), {}};
}

Thing gathered(Evaluator& e, const Arguments& a) {
  const Value table = value(e, a, "table"), ids = value(e, a, "ids");
  if (ids.type().known && ids.type().kind != Kind::index)
    a.fail("ids", fmt::format("`ids` are real numbers {}, no ids", describe(ids.type())));
  if (table.type().known && (table.type().kind != Kind::real || table.type().rank() != 2))
    a.fail("table",
           fmt::format("the table must be [rows, width], it is {}{}",
                       table.type().kind == Kind::real ? "" : "ids ", describe(table.type())));
  return {gather(table, ids), {}};
}

Thing next_of(Evaluator& e, const Arguments& a) {
  const Thing& s = a.get("s").thing;
  const data::FieldSpec* field = field_of(e, s);
  if (field != nullptr && !field->type.has_time())
    throw Error(fmt::format("next: {} has no time axis", field->name));
  // In a piece what follows is data of its own; who decodes step by step has none and drops it.
  if (field != nullptr &&
      (e.program().data().is_text(*field) || e.graph().pieces_of == Symbol(field->type.axis)))
    return {e.field_value(s.as<FieldRef>()->index, true), {}};
  const Value sequence = e.value_of(s);
  const Type& type = sequence.type();
  if (type.known && !type.dims.empty()) e.require_whole(type.dims[0], "next");
  return {shift(sequence, 1), {}};
}

Thing exact_of(Evaluator& e, const Arguments& a) {
  const auto* field = a.get("s").thing.as<FieldRef>();
  if (field == nullptr) a.fail("s", "needs a field of symbols of the data block");
  return {reduced(e.exact_value(field->index), {}), {}};
}

// --- sizes

Thing width_of(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  const Type& type = x.type();
  if (!type.known) return {Number{Number::unknown}, {}};
  if (type.dims.empty() || (type.rank() == 1 && type.dims[0].is_time()))
    throw Error(
        fmt::format("width: needs vectors, this is {}{}", describe(type),
                    type.kind == Kind::index ? "; embedding or one_hot makes vectors of ids" : ""));
  const Dim& last = type.dims.back();
  return {Number{last.size == Dim::unknown ? Number::unknown : static_cast<double>(last.size),
                 last.label},
          {}};
}

Thing time_of(Evaluator& e, const Arguments& a) {
  const Value x = value(e, a, "x");
  if (!x.type().known) return {Number{Number::unknown}, {}};
  const std::int64_t dim = e.time_dimension(x);
  const Dim axis = x.type().dims[static_cast<std::size_t>(dim)];
  return {Number{static_cast<double>(axis.size), axis.axis, axis}, {}};
}

template <bool labels>
Thing ids_of(Evaluator& e, const Arguments& a) {
  const data::FieldSpec* field = field_of(e, a.get("f").thing);
  const bool of_labels = field != nullptr && (field->type.kind == data::FieldKind::label ||
                                              field->type.kind == data::FieldKind::labels);
  if (field == nullptr || !field->type.is_ids() || of_labels != labels)
    a.fail("f",
           fmt::format("needs a field of {} of the data block{}", labels ? "classes" : "symbols",
                       field == nullptr || !field->type.is_ids() ? ""
                       : of_labels ? "; classes(…) counts those of " + field->name
                                   : "; vocab(…) counts those of " + field->name));
  return {Number{static_cast<double>(field->type.ids), field->type.size_name}, {}};
}

// A generated task's fields are used inside the model: input(task), target(task).
template <auto reader>
Thing task_field(Evaluator& e, const Arguments& a) {
  const auto* source = a.get("task").thing.as<SourceRef>();
  if (source == nullptr) a.fail("task", "needs a generated task of the data block");
  return {FieldRef{e.program().data().task_field(source->index, reader())}, {}};
}

}  // namespace

std::vector<Function> rows::sizes_and_fields() {
  const std::vector<FormalArgument> x{need("x")};
  return {
      {"one_hot", "1 at the id's place, 0 elsewhere", {need("ids"), may("n")}, false, one_hot_of},
      {"next",
       "the sequence one step earlier: what comes after each step",
       {need("s")},
       false,
       next_of},
      {"width", "size of the last dimension", x, false, width_of},
      {"time", "number of steps", x, false, time_of},
      {"vocab", "number of symbols of a field", {need("f")}, false, ids_of<false>},
      {"classes", "number of classes of a field", {need("f")}, false, ids_of<true>},
      {"input",
       "what a generated task shows",
       {need("task")},
       false,
       task_field<[] { return "input"; }>},
      {"target",
       "what a generated task asks for",
       {need("task")},
       false,
       task_field<[] { return "target"; }>},
      {"exact",
       "in a metric: the share of sequences that are decoded without a mistake, greedily from "
       "<start> until <end> (or as far as they go) by what `sample next(s)` draws from",
       {need("s")},
       false,
       exact_of},
      {"gather",
       "a row of the table for each id, zeros for none",
       {need("table"), need("ids")},
       false,
       gathered},
  };
}

}  // namespace unfold
