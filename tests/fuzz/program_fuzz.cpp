// Any bytes are a program with errors at most: no crash, and each error renders. A program that can
// be read is built into a graph, with a generated task for data and with no file to read. A value
// that can be read prints to a text that reads back as the same text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "tools/dsl/build.h"
#include "tools/dsl/diagnostic.h"
#include "tools/dsl/parser.h"
#include "tools/dsl/print_expression.h"
#include "tools/dsl/source.h"

namespace {

std::optional<std::string> read_and_print(const std::string& text) {
  unfold::Sources sources;
  unfold::Diagnostics diagnostics;
  const auto value = unfold::syntax::parse_value(sources, "--set", text, diagnostics);
  if (value.has_value() != diagnostics.empty()) std::abort();
  if (!value) return std::nullopt;
  return print_expression(*value);
}

// What every program may use; its own data block, which could name files, is left out.
unfold::DataBlock adding() {
  unfold::Diagnostics diagnostics;
  const unfold::Program program({"task.fold",
                                 {{"task.fold",
                                   "data { task = adding(length = 3, train = 2)\n"
                                   "  strings = reber(train = 4)\n  char = characters(strings) }"}},
                                 {}},
                                diagnostics);
  unfold::DataBlock data = program.data();
  data.spans.clear();
  return data;
}

void build(const std::string& text) {
  static const unfold::DataBlock data = adding();
  unfold::Diagnostics diagnostics;
  const unfold::Program program({"fuzz.fold", {{"fuzz.fold", text}}, {}}, diagnostics, data);
  unfold::BuildOptions options;
  options.initial_values = false;
  unfold::build_model(program, options, diagnostics);
  for (const unfold::Error& error : diagnostics.sorted()) render(error, program.sources(), true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  build(text);
  const auto printed = read_and_print(text);
  if (printed && read_and_print(*printed) != printed) std::abort();
  return 0;
}
