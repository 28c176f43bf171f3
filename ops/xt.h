#pragma once

// The thin layer between views and xtensor. Only kernel sources of this folder include it.

#include <xtensor/xadapt.hpp>
#include <xtensor/xnoalias.hpp>

#include "graph/op_def.h"

namespace unfold::xt1 {

/// A view's numbers as a one-dimensional xtensor expression.
template <class T>
auto flat(const View& v) {
  const auto size = static_cast<std::size_t>(v.size());
  return xt::adapt(v.as<T>(), size, xt::no_ownership(), std::array<std::size_t, 1>{size});
}

}  // namespace unfold::xt1
