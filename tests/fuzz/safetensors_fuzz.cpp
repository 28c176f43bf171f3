// Any bytes either are a safetensors file, which then survives writing and reading, or give an
// Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "graph/error.h"
#include "tools/data/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unfold;
  SafeTensors content;
  try {
    content = parse_safetensors({reinterpret_cast<const char*>(data), size}, "input");
  } catch (const Error&) {
    return 0;
  }
  const SafeTensors back = parse_safetensors(format_safetensors(content), "output");
  if (back.tensors != content.tensors || back.metadata != content.metadata) std::abort();
  return 0;
}
