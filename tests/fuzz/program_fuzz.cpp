// Any bytes are a program with errors at most: no crash, and each error renders. A value that can be
// read prints to a text that reads back as the same text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  unfold::Sources sources;
  unfold::Diagnostics diagnostics;
  const std::string text(reinterpret_cast<const char*>(data), size);
  unfold::syntax::parse_program(sources, sources.add("fuzz.fold", text), diagnostics);
  for (const unfold::Error& error : diagnostics.sorted()) render(error, sources, true);

  const auto printed = read_and_print(text);
  if (printed && read_and_print(*printed) != printed) std::abort();
  return 0;
}
