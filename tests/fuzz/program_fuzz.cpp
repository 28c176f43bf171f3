// Any bytes are a program with errors at most: no crash, and each error renders.

#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/dsl/diagnostic.h"
#include "tools/dsl/parser.h"
#include "tools/dsl/source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  unfold::Sources sources;
  unfold::Diagnostics diagnostics;
  const std::string text(reinterpret_cast<const char*>(data), size);
  unfold::syntax::parse_program(sources, sources.add("fuzz.fold", text), diagnostics);
  for (const unfold::Error& error : diagnostics.sorted()) render(error, sources, true);
  return 0;
}
