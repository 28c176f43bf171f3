#include "models/shapes.h"

#include <fmt/format.h>

#include "graph/error.h"

namespace unfold {

Dim width_of(std::string_view layer, Value x) {
  const Type& type = x.type();
  if (!type.known) return plain(Dim::unknown);
  if (type.kind != Kind::real)
    throw Error(
        fmt::format("{}: needs real numbers, got ids {}; embedding or one_hot makes real "
                    "numbers of them",
                    layer, describe(type)));
  if (type.dims.empty())
    throw Error(fmt::format("{}: needs vectors [.., n], got a single number", layer));
  return type.dims.back();
}

Dim labelled_units(Dim units) {
  if (units.label.empty()) units.label = "units";
  return units;
}

std::vector<Dim> joined_dims(const Dim& units, const Dim& inputs) {
  const bool known = inputs.size != Dim::unknown && units.size != Dim::unknown;
  return {plain(known ? units.size + inputs.size : Dim::unknown), units};
}

Initialiser joined_start(const Dim& units, const Dim& inputs) {
  return init::ByRows{{{units.size, init::Orthogonal{}}, {inputs.size, init::Glorot{}}}};
}

}  // namespace unfold
