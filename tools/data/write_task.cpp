#include <fmt/format.h>
#include <fmt/ostream.h>

#include <ostream>

#include "tools/data/examples.h"

namespace unfold::data {

namespace {

void write_cell(std::ostream& out, const FieldType& type, const Vocabulary& classes,
                const Tensor& value) {
  for (std::int64_t i = 0; i < value.size(); ++i) {
    if (i > 0)
      out << (type.kind == FieldKind::sequence && type.width > 1 && i % type.width == 0 ? " | "
                                                                                        : " ");
    if (type.is_ids()) {
      out << classes.symbol(static_cast<std::int64_t>(value.at(i)));
    } else {
      fmt::print(out, "{}", value.as<float>()[static_cast<std::size_t>(i)]);
    }
  }
}

}  // namespace

void write_task(std::ostream& out, const Source& source, Part part) {
  if (!source.is_task()) {
    out << source.rows.columns()[0] << '\n';
    for (const std::int64_t row : source.selected[static_cast<std::size_t>(part)]) {
      out << source.rows.cell(row, 0) << '\n';
    }
    return;
  }
  const Task& task = source.task;
  out << "input\ttarget\n";
  for (std::int64_t i = 0; i < source.size(part); ++i) {
    const TaskExample example = task.make(part, i);
    write_cell(out, task.input, task.classes, example.input);
    out << '\t';
    write_cell(out, task.target, task.classes, example.target);
    out << '\n';
  }
}

}  // namespace unfold::data
