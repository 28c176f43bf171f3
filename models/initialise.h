#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "graph/tensor.h"

namespace unfold {

/// Ways to choose the first value of a parameter. Where one depends on the fans of a shape: a
/// matrix [a, b] has fan_in a and fan_out b, more dimensions count to the fan_in, and a vector [n],
/// whose elements each scale one unit, has fan_in = fan_out = n.
namespace init {

struct Zeros {};
struct Ones {};
struct Constant {
  double value = 0;
};
/// Uniform on [low, high).
struct Uniform {
  double low = 0, high = 1;
};
/// Normal with mean 0.
struct Normal {
  double deviation = 1;
};
/// Uniform within +-sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010).
struct Glorot {};
/// Normal with deviation sqrt(2 / fan_in) (He et al. 2015).
struct He {};
/// Orthonormal rows or columns, whichever are fewer, uniformly distributed (Saxe et al. 2014).
struct Orthogonal {};
/// `scale` on the diagonal, zero elsewhere (Le et al. 2015).
struct Identity {
  double scale = 1;
};
/// Exactly these values.
struct Literal {
  Tensor value;
};

struct RowBlock;
/// Blocks of rows from the top down, each started by itself as a matrix of its own.
struct ByRows {
  std::vector<RowBlock> blocks;
};

}  // namespace init

using Initialiser =
    std::variant<init::Zeros, init::Ones, init::Constant, init::Uniform, init::Normal, init::Glorot,
                 init::He, init::Orthogonal, init::Identity, init::Literal, init::ByRows>;

struct init::RowBlock {
  std::int64_t rows = 0;
  Initialiser initialiser;
};

/// As a program writes it: `rows(64: orthogonal, 32: glorot)`; a literal is shown by its shape.
std::string to_string(const Initialiser& initialiser);

/// Throws an Error that names `parameter` if `initialiser` cannot fill a tensor of shape `dims`.
void check_initialiser(const Initialiser& initialiser, const Dims& dims,
                       const std::string& parameter);

/// The first value of `parameter`, f32 or f64. It depends on nothing but the arguments: the random
/// numbers are keyed by seed and name, so a parameter more or less changes no other.
/// Throws what `check_initialiser` throws.
Tensor initialise(const Initialiser& initialiser, const Dims& dims, DType type, std::uint64_t seed,
                  const std::string& parameter);

}  // namespace unfold
