#pragma once

// What every operation is held to, by one call: a test gives samples, the checker does the rest.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ops/ops.h"

namespace unfold::check {

using Numbers = std::vector<double>;

/// What one example reads, by the name of the source; a shared source is the same for all.
struct Example {
  std::map<std::string, Numbers> given;
  const Numbers& operator[](const std::string& name) const { return given.at(name); }
};

/// One use of an operation. Its sources are filled with numbers drawn from `low` to `high`, ids
/// from -1 to `ids` - 1, lengths from 1 to the axis' size.
struct Sample {
  std::string op;    ///< name of the record that the use is a sample of
  std::string what;  ///< tells the samples of an operation apart
  /// The use on a new graph. `steps` is the size of its ragged axes: another number of steps is
  /// asked for when each example is run by itself.
  std::function<Value(Graph&, std::int64_t steps)> build;
  /// The result for one example by a formula of the test's own.
  std::function<Numbers(const Example&)> naive = {};
  double low = -2, high = 2;
  std::int64_t ids = 4;
  double garbage = 1e6;        ///< what padding is filled with where it must not matter
  bool differentiable = true;  ///< false where the gradient is not the derivative on purpose
};

/// Sources for samples: real numbers (shared ones are parameters), ids.
Value real(Graph& g, Symbol name, std::vector<Dim> dims);
Value shared(Graph& g, Symbol name, std::vector<Dim> dims);
Value ids(Graph& g, Symbol name, std::vector<Dim> dims);
/// Plain dimensions of these sizes.
std::vector<Dim> sizes(const Dims& sizes);
/// A time axis on which lengths differ, or do not.
Dim ragged(std::int64_t steps, Symbol axis = "t");
Dim full(std::int64_t steps, Symbol axis = "t");

/// Checks, for batches of 1 and 3: the formula; that the graph verifies and its text reads back;
/// the executor against the interpreter in both precisions, for 1, 2, 3 and 5 shards; the same bits
/// for any number of threads; first and second derivatives against differences; that padding
/// changes nothing. A failure names the sample.
void check(const Sample& sample);
void check(const std::vector<Sample>& samples);

/// The message of the Error that `act` throws; empty if it throws none.
std::string error_of(const std::function<void()>& act);
/// The result for one example of a graph on which nothing is fed.
Numbers evaluate(const std::function<Value(Graph&)>& build);
/// The same with every number rounded to single precision on the way.
Numbers evaluate_f32(const std::function<Value(Graph&)>& build);
/// Shared numbers written in the test.
Value numbers(Graph& g, const Dims& sizes, const Numbers& values);

}  // namespace unfold::check
