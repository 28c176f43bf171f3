#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <map>
#include <string>
#include <vector>

#include "graph/interpret.h"
#include "tools/data/batches.h"
#include "tools/dsl/build.h"

namespace unfold::testing {

/// A program in a folder of its own, with the files that it reads, built into a graph.
class BuiltProgram {
 public:
  using Files = std::map<std::string, std::string>;

  explicit BuiltProgram(const std::string& text, const Files& files = {},
                        const std::vector<std::string>& overrides = {},
                        const BuildOptions& options = {})
      : folder_(make_folder()),
        program_(read(text, files, overrides), diagnostics_),
        built_(build_model(program_, options, diagnostics_)) {}
  ~BuiltProgram() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  BuiltProgram(const BuiltProgram&) = delete;
  BuiltProgram& operator=(const BuiltProgram&) = delete;

  const Diagnostics& diagnostics() const { return diagnostics_; }
  const Program& program() const { return program_; }
  const BuiltModel& built() const { return built_; }
  const Graph& graph() const { return built_.model.graph; }

  /// All errors as the user sees them; the folder is left out.
  std::string errors() const {
    std::string out;
    for (const Error& e : diagnostics_.sorted()) out += render(e, program_.sources(), false);
    const std::string prefix = folder_ + "/";
    for (auto at = out.find(prefix); at != std::string::npos; at = out.find(prefix))
      out.erase(at, prefix.size());
    return out;
  }
  void require_no_errors() const { BOOST_REQUIRE_MESSAGE(diagnostics_.empty(), errors()); }

  /// Names and shapes of the parameters: `h.W_f [3, 2]`, in the order of their declaration.
  std::vector<std::string> parameters() const {
    std::vector<std::string> out;
    for (const ParameterSpec& p : built_.model.parameters()) {
      std::string shape;
      for (const Dim& d : p.dims) shape += (shape.empty() ? "" : ", ") + std::to_string(d.size);
      out.push_back(p.name.str() + " [" + shape + "]");
    }
    return out;
  }

  /// Feeds `name` (an input, a length or a parameter); parameters start as they say.
  void set(const std::string& name, const Tensor& value) { fed_[name] = value; }
  Tensor parameter(const std::string& name) const {
    for (const ParameterSpec& p : built_.model.parameters())
      if (p.name.str() == name)
        return initialise(p.init, real_type(p.dims).sizes(), DType::f64, program_.seed(), name);
    BOOST_FAIL("no parameter " + name);
    return {};
  }

  /// The outputs for the first `count` examples of the training part.
  std::map<Symbol, Tensor> run_examples(std::int64_t count) {
    const DataBlock& data = program_.data();
    std::vector<std::int64_t> which;
    for (std::int64_t i = 0; i < count; ++i) which.push_back(i);
    const data::Examples examples =
        data::read_examples(data.sources.at(0), data.fields, data::Part::train);
    const data::Batch batch = data::make_batch(examples, which);
    for (const auto& [name, tensor] : batch.inputs)
      fed_[name] = tensor.dtype() == DType::i32 ? tensor : tensor.to(DType::f64);
    for (const auto& [axis, lengths] : batch.lengths) fed_["length(" + axis + ")"] = lengths;
    return run(count);
  }

  std::map<Symbol, Tensor> run(std::int64_t batch = 1) {
    for (const ParameterSpec& p : built_.model.parameters())
      if (!fed_.contains(p.name.str())) fed_[p.name.str()] = parameter(p.name.str());
    Feed feed;
    feed.batch = batch;
    for (const auto& [name, tensor] : fed_) feed.tensors[name] = &tensor;
    return interpret_outputs(graph(), feed, DType::f64);
  }

 private:
  static std::string make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "unfold-dsl-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    return name;
  }
  ProgramText read(const std::string& text, Files files,
                   const std::vector<std::string>& overrides) {
    files["test.fold"] = text;
    for (const auto& [name, content] : files)
      std::ofstream(folder_ + "/" + name, std::ios::binary) << content;
    return Program::read(folder_ + "/test.fold", overrides);
  }

  std::string folder_;
  Diagnostics diagnostics_;
  Program program_;
  BuiltModel built_;
  std::map<std::string, Tensor> fed_;
};

/// Options to build for so many steps on every time axis.
inline BuildOptions with_steps(std::int64_t steps) {
  BuildOptions options;
  options.default_steps = steps;
  return options;
}

/// A table of words, so that lengths differ: ids by first appearance are one = 0, two = 1, three
/// = 2.
inline const BuiltProgram::Files word_table{
    {"words.tsv", "text\tlabel\none two three\tyes\none two\tno\none\tyes\n"}};
inline const std::string word_data =
    "data { rows = table(\"words.tsv\")\n"
    "  word = words(rows, column = \"text\", unknown = false)\n"
    "  label = class(rows, column = \"label\") }\n";

inline void check_values(const Tensor& t, const Dims& dims, const std::vector<double>& expected,
                         double tolerance = 1e-12) {
  BOOST_TEST(t.dims() == dims, boost::test_tools::per_element());
  BOOST_REQUIRE_EQUAL(t.size(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i)
    BOOST_CHECK_MESSAGE(std::abs(t.at(static_cast<std::int64_t>(i)) - expected[i]) <= tolerance,
                        std::setprecision(12)
                            << "element " << i << " is " << t.at(static_cast<std::int64_t>(i))
                            << ", not " << expected[i]);
}

}  // namespace unfold::testing
