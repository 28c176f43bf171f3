#include "models/initialise.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "graph/error.h"
#include "graph/hash.h"
#include "graph/philox.h"

namespace unfold {

namespace {

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Match(Cases...) -> Match<Cases...>;

/// Random numbers of one parameter by the position of the element.
class Source {
 public:
  Source(std::uint64_t seed, const std::string& parameter) : key_(fnv1a(parameter)), seed_(seed) {}

  double uniform(std::int64_t element) const {
    const auto words = draw(element);
    return unit_interval(words[0], words[1]);
  }

  double normal(std::int64_t element) const {  // Box & Muller 1958
    const auto words = draw(element);
    const double radius = std::sqrt(-2 * std::log(1 - unit_interval(words[0], words[1])));
    return radius * std::cos(2 * std::numbers::pi * unit_interval(words[2], words[3]));
  }

 private:
  std::array<std::uint32_t, 4> draw(std::int64_t element) const {
    const auto e = static_cast<std::uint64_t>(element);
    return philox(key_,
                  {static_cast<std::uint32_t>(e), static_cast<std::uint32_t>(e >> 32),
                   static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
  }

  std::uint64_t key_, seed_;
};

/// A run of rows of the parameter: `dims` is the shape of the run, `first` its first element.
struct Block {
  Dims dims;
  std::int64_t first = 0;

  std::int64_t size() const { return element_count(dims); }
  std::int64_t columns() const { return dims.empty() ? 1 : dims.back(); }
  std::int64_t fan_out() const { return columns(); }
  std::int64_t fan_in() const {
    return dims.size() < 2 ? columns() : size() / std::max<std::int64_t>(columns(), 1);
  }
};

double dot(const double* a, const double* b, std::int64_t n) {
  constexpr std::int64_t lanes = 8;  // independent sums, so that the loop can be vectorised
  double sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::int64_t k = 0; k < lanes; ++k) sums[k] += a[i + k] * b[i + k];
  }
  double total = 0;
  for (; i < n; ++i) total += a[i] * b[i];
  for (const double sum : sums) total += sum;
  return total;
}

/// Makes `count` vectors of length n, stored one after another, orthonormal: modified Gram-Schmidt,
/// each vector projected twice, because once leaves errors as large as the conditioning. Lengths
/// are positive, so gaussian vectors give the uniform distribution without a correction of signs.
void orthonormalise(std::vector<double>& vectors, std::int64_t count, std::int64_t n) {
  for (std::int64_t j = 0; j < count; ++j) {
    double* v = &vectors[j * n];
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t i = 0; i < j; ++i) {
        const double* q = &vectors[i * n];
        const double along = dot(q, v, n);
        for (std::int64_t k = 0; k < n; ++k) v[k] -= along * q[k];
      }
    }
    const double length = std::sqrt(dot(v, v, n));
    for (std::int64_t k = 0; k < n; ++k) v[k] /= length;
  }
}

void fill_orthogonal(Tensor& out, const Block& block, const Source& source) {
  const std::int64_t columns = block.columns(), rows = block.size() / columns;
  const bool tall = rows > columns;
  const std::int64_t count = std::min(rows, columns), n = std::max(rows, columns);
  std::vector<double> vectors(static_cast<std::size_t>(count * n));
  for (std::int64_t i = 0; i < count * n; ++i) vectors[i] = source.normal(block.first + i);
  orthonormalise(vectors, count, n);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      out.set(block.first + r * columns + c, vectors[tall ? c * n + r : r * n + c]);
    }
  }
}

template <class Value>
void fill_each(Tensor& out, const Block& block, Value value) {
  for (std::int64_t i = block.first; i < block.first + block.size(); ++i) out.set(i, value(i));
}

void fill(Tensor& out, const Block& block, const Initialiser& initialiser, const Source& source) {
  const auto constant = [&](double value) {
    fill_each(out, block, [=](std::int64_t) { return value; });
  };
  const auto uniform = [&](double low, double high) {
    fill_each(out, block, [&](auto i) { return low + (high - low) * source.uniform(i); });
  };
  const auto normal = [&](double deviation) {
    fill_each(out, block, [&](auto i) { return deviation * source.normal(i); });
  };
  const auto by_rows = [&](const init::ByRows& rows) {
    Block part = block;
    for (const init::RowBlock& each : rows.blocks) {
      part.dims[0] = each.rows;
      fill(out, part, each.initialiser, source);
      part.first += part.size();
    }
  };
  std::visit(
      Match{
          [&](const init::Zeros&) { constant(0); },
          [&](const init::Ones&) { constant(1); },
          [&](const init::Constant& c) { constant(c.value); },
          [&](const init::Uniform& u) { uniform(u.low, u.high); },
          [&](const init::Normal& n) { normal(n.deviation); },
          [&](const init::Glorot&) {
            const double limit =
                std::sqrt(6.0 / static_cast<double>(block.fan_in() + block.fan_out()));
            uniform(-limit, limit);
          },
          [&](const init::He&) { normal(std::sqrt(2.0 / static_cast<double>(block.fan_in()))); },
          [&](const init::Orthogonal&) { fill_orthogonal(out, block, source); },
          [&](const init::Identity& identity) {
            fill_each(out, block, [&](auto i) {
              const std::int64_t k = i - block.first;
              return k / block.columns() == k % block.columns() ? identity.scale : 0;
            });
          },
          [&](const init::Literal& literal) {
            fill_each(out, block, [&](auto i) { return literal.value.at(i - block.first); });
          },
          [&](const init::ByRows& rows) { by_rows(rows); },
      },
      initialiser);
}

[[noreturn]] void refuse(const std::string& parameter, const Dims& dims, const std::string& why) {
  throw Error(
      fmt::format("parameter '{}' of shape [{}]: {}", parameter, fmt::join(dims, ", "), why));
}

}  // namespace

std::string to_string(const Initialiser& initialiser) {
  return std::visit(
      Match{
          [](const init::Zeros&) -> std::string { return "zeros"; },
          [](const init::Ones&) -> std::string { return "ones"; },
          [](const init::Constant& c) { return fmt::format("constant({})", c.value); },
          [](const init::Uniform& u) { return fmt::format("uniform({}, {})", u.low, u.high); },
          [](const init::Normal& n) { return fmt::format("normal({})", n.deviation); },
          [](const init::Glorot&) -> std::string { return "glorot"; },
          [](const init::He&) -> std::string { return "he"; },
          [](const init::Orthogonal&) -> std::string { return "orthogonal"; },
          [](const init::Identity& i) { return fmt::format("identity({})", i.scale); },
          [](const init::Literal& l) {
            return fmt::format("literal [{}]", fmt::join(l.value.dims(), ", "));
          },
          [](const init::ByRows& rows) {
            std::vector<std::string> parts;
            for (const init::RowBlock& block : rows.blocks) {
              parts.push_back(fmt::format("{}: {}", block.rows, to_string(block.initialiser)));
            }
            return fmt::format("rows({})", fmt::join(parts, ", "));
          },
      },
      initialiser);
}

void check_initialiser(const Initialiser& initialiser, const Dims& dims,
                       const std::string& parameter) {
  const auto needs_matrix = [&] {
    if (dims.size() < 2) {
      refuse(parameter, dims,
             fmt::format("{} needs a matrix, two dimensions or more", to_string(initialiser)));
    }
  };
  if (std::holds_alternative<init::Orthogonal>(initialiser)) needs_matrix();
  if (std::holds_alternative<init::Identity>(initialiser)) needs_matrix();
  if (const auto* uniform = std::get_if<init::Uniform>(&initialiser)) {
    if (!(uniform->low <= uniform->high)) {
      refuse(parameter, dims, to_string(initialiser) + " has its bounds the wrong way round");
    }
  }
  if (const auto* normal = std::get_if<init::Normal>(&initialiser)) {
    if (!(normal->deviation >= 0)) {
      refuse(parameter, dims, to_string(initialiser) + " has a negative deviation");
    }
  }
  if (const auto* literal = std::get_if<init::Literal>(&initialiser)) {
    if (literal->value.dims() != dims) {
      refuse(parameter, dims,
             fmt::format("its values have shape [{}]", fmt::join(literal->value.dims(), ", ")));
    }
  }
  if (const auto* rows = std::get_if<init::ByRows>(&initialiser)) {
    std::int64_t total = 0;
    for (const init::RowBlock& block : rows->blocks) {
      total += block.rows;
      Dims part = dims;
      if (!part.empty()) part[0] = block.rows;
      check_initialiser(block.initialiser, part, parameter);
    }
    if (dims.empty() || total != dims[0]) {
      refuse(parameter, dims,
             fmt::format("{} fills {} rows, not {}", to_string(initialiser), total,
                         dims.empty() ? 1 : dims[0]));
    }
  }
}

Tensor initialise(const Initialiser& initialiser, const Dims& dims, DType type, std::uint64_t seed,
                  const std::string& parameter) {
  assert(type == DType::f32 || type == DType::f64);
  check_initialiser(initialiser, dims, parameter);
  Tensor result(type, dims);
  if (result.size() > 0) fill(result, Block{dims, 0}, initialiser, Source(seed, parameter));
  return result;
}

}  // namespace unfold
