#pragma once

#include <map>
#include <string>
#include <string_view>

#include "graph/tensor.h"

namespace unfold {

/// Tensors by name, in an order that does not depend on how they came.
using NamedTensors = std::map<std::string, Tensor>;

/// The content of a file in the safetensors format: the length of a header in 8 bytes, the header
/// in JSON, and the numbers. Types are F32, F64 and I32.
struct SafeTensors {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;
  bool checked = false;  ///< read from a file whose checksum fits
};

/// The bytes of the file. A checksum over header and numbers is added to the metadata, so that
/// reading notices a change of any byte that matters.
std::string format_safetensors(const SafeTensors& content);

/// Reads what `format_safetensors` or another program has made of tensors; the checksum is tested
/// where there is one, and is no part of the metadata returned. Throws an Error that names `file`
/// and what is wrong with it; no bytes whatever do worse.
SafeTensors parse_safetensors(std::string_view bytes, const std::string& file);

/// Writes and reads a whole file, see `write_file_atomically`. Throw an Error.
void write_safetensors(const std::string& path, const SafeTensors& content);
SafeTensors read_safetensors(const std::string& path);

}  // namespace unfold
