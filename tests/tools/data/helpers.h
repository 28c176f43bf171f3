#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "graph/error.h"
#include "tools/data/batches.h"
#include "tools/data/examples.h"
#include "tools/data/field.h"
#include "tools/data/source.h"
#include "tools/data/table.h"

namespace unfold::test {

using namespace unfold::data;

/// A folder of its own that goes away with the object.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "unfold-data-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path path_;
};

/// Where the call and its arguments are said to stand: argument i in column 10 * (i + 1).
inline Location place(std::uint32_t column) { return {"test.fold", 3, column}; }

inline Call call(const std::string& name,
                 std::vector<std::pair<std::string, Value>> arguments = {}) {
  Call result{name, {}, place(1)};
  for (auto& [option, value] : arguments) {
    const auto column = static_cast<std::uint32_t>(10 * (result.arguments.size() + 1));
    result.arguments.push_back({option, value, place(column)});
  }
  return result;
}

inline Value text(const std::string& value) { return value; }

inline Source open(const Folder& folder, const Call& how, const std::string& name = "s") {
  Source source = open_source(name, how, folder.path(), 7);
  if (!source.bad_rows.empty()) throw BadRows(source.bad_rows);
  return source;
}

/// What an action's Error says: `file:line:column: message`, the folder's name left out.
inline std::string error_of(const std::function<void()>& action, const Folder* folder = nullptr) {
  try {
    action();
  } catch (const Error& error) {
    std::string result = fmt::format("{}:{}:{}: {}", error.where.file, error.where.line,
                                     error.where.column, error.message);
    for (const Note& note : error.notes) result += "; note: " + note.message;
    if (folder != nullptr) {
      const std::string prefix = folder->path().string() + "/";
      for (std::size_t at; (at = result.find(prefix)) != std::string::npos;) {
        result.erase(at, prefix.size());
      }
    }
    return result;
  }
  return "no error";
}

template <class T>
std::vector<double> numbers(const T& tensor) {
  std::vector<double> result;
  for (std::int64_t i = 0; i < tensor.size(); ++i) result.push_back(tensor.at(i));
  return result;
}

/// All examples of a part as lists of numbers, one list of fields for each example.
inline std::vector<std::vector<double>> values_of(const Examples& examples, std::size_t field = 0) {
  std::vector<std::vector<double>> result;
  for (const Tensor& value : examples.values[field]) result.push_back(numbers(value));
  return result;
}

}  // namespace unfold::test

BOOST_TEST_DONT_PRINT_LOG_VALUE(std::vector<double>)
BOOST_TEST_DONT_PRINT_LOG_VALUE(std::vector<std::vector<double>>)
BOOST_TEST_DONT_PRINT_LOG_VALUE(std::vector<std::string>)
