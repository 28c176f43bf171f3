#pragma once

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "tools/train/model.h"

namespace unfold::testing {

/// A program and its data in a directory of their own, gone at the end.
class SmallProgram {
 public:
  explicit SmallProgram(const std::string& model) {
    std::string name = (std::filesystem::temp_directory_path() / "unfold-inspect-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    root_ = name;
    std::ofstream(root_ / "reviews.tsv") << "review\tsentiment\nmovie was good\t1\nmovie was "
                                            "bad\t0\nmovie was not good\t0\nbad\t0\n";
    std::ofstream(root_ / "small.fold") << R"(data {
  reviews   = table("reviews.tsv")
  review    = words(reviews, column = "review", unknown = false)
  sentiment = number(reviews, column = "sentiment")
}
model {
)" << model << "}\ntrain { optimizer = sgd(rate = 0.1) }\n";
  }
  ~SmallProgram() { std::filesystem::remove_all(root_); }
  SmallProgram(const SmallProgram&) = delete;
  SmallProgram& operator=(const SmallProgram&) = delete;

  Model load(DType precision = DType::f32) const {
    LoadOptions options;
    options.precision = precision;
    return load_model((root_ / "small.fold").string(), options);
  }

  /// The lecture's network: 27 numbers in the recurrent layer, 4 in the output.
  static constexpr const char* sentiment = R"(  x = one_hot(review)
  h = rnn(x, units = 3)
  p = dense(last(h), 1)
  loss = binary_cross_entropy(p, sentiment)
  output positive = sigmoid(p)
)";

 private:
  std::filesystem::path root_;
};

/// Its graph for so many steps, with the gradients of its parameters if `backward`.
Graph graph_of(const Model& model, std::int64_t steps, bool backward = false);

}  // namespace unfold::testing
