#include "tools/dsl/load.h"

#include <fmt/format.h>

#include "tools/data/npy.h"
#include "tools/data/safetensors.h"
#include "tools/dsl/diagnostic.h"

namespace unfold {

Tensor load_initial(const std::filesystem::path& file, const std::string& name) {
  if (name.empty()) return data::read_npy(file.string());
  const SafeTensors content = read_safetensors(file.string());
  std::vector<std::string> names;
  for (const auto& [key, tensor] : content.tensors) {
    if (key == name) return tensor;
    names.push_back(key);
  }
  const auto near = nearest(name, names);
  throw Error(fmt::format("{} holds no tensor '{}'{}", file.string(), name,
                          near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

}  // namespace unfold
