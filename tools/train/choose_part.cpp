#include "tools/train/choose_part.h"

namespace unfold {

data::Part evaluation_part(const data::Source& source) {
  if (source.has(data::Part::test)) return data::Part::test;
  return source.has(data::Part::valid) ? data::Part::valid : data::Part::train;
}

}  // namespace unfold
