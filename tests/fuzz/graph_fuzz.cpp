// Any bytes are a graph's text form or an Error; a graph that was read prints to a text that reads
// back as the same text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "graph/text.h"
#include "ops/ops.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::string printed;
  try {
    printed = print(unfold::parse(text, unfold::find_op));
  } catch (const unfold::Error&) {
    return 0;
  }
  if (print(unfold::parse(printed, unfold::find_op)) != printed) std::abort();
  return 0;
}
