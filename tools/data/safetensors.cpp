#include "tools/data/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "graph/error.h"
#include "tools/data/atomic_file.h"

namespace unfold {

static_assert(std::endian::native == std::endian::little, "the format stores numbers that way");

namespace {

using nlohmann::json;

constexpr const char* metadata_key = "__metadata__";
constexpr const char* checksum_key = "checksum";
constexpr std::size_t length_bytes = 8;

struct TypeName {
  const char* name;
  DType type;
};
constexpr std::array<TypeName, 3> type_names = {
    {{"F32", DType::f32}, {"F64", DType::f64}, {"I32", DType::i32}}};

const char* name_of(DType type) {
  return std::find_if(type_names.begin(), type_names.end(), [=](auto t) { return t.type == type; })
      ->name;
}

/// A checksum in words of 8 bytes. Each word enters by an invertible step, so that a change within
/// one word never goes unnoticed.
std::uint64_t checksum(std::uint64_t hash, std::string_view bytes) {
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  };
  std::uint64_t word = 0;
  std::size_t i = 0;
  for (; i + sizeof word <= bytes.size(); i += sizeof word) {
    std::memcpy(&word, bytes.data() + i, sizeof word);
    mix(word);
  }
  word = 0;
  if (i < bytes.size()) std::memcpy(&word, bytes.data() + i, bytes.size() - i);
  mix(word);
  mix(bytes.size());
  return hash;
}

/// Over the header without its checksum, and the numbers.
std::string checksum_of(const json& header, std::string_view data) {
  return fmt::format("{:016x}", checksum(checksum(0, header.dump()), data));
}

std::string_view bytes_of(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.data()), tensor.bytes()};
}

/// Reading: each function takes one part of the header and trusts nothing in it.
class Parser {
 public:
  Parser(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  SafeTensors parse() {
    json header = read_header();
    SafeTensors content;
    if (header.contains(metadata_key)) content.metadata = read_metadata(header[metadata_key]);
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name != metadata_key) entries.push_back(read_entry(name, value));
    }
    check_coverage(entries);
    check_checksum(content, header);
    for (const Entry& entry : entries) {
      Tensor tensor(entry.type, entry.dims);
      if (entry.end > entry.begin) {
        std::memcpy(tensor.data(), data_.data() + entry.begin, entry.end - entry.begin);
      }
      content.tensors.emplace(entry.name, std::move(tensor));
    }
    return content;
  }

 private:
  struct Entry {
    std::string name;
    DType type;
    Dims dims;
    std::uint64_t begin, end;
  };

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(fmt::format("'{}' is damaged or not a safetensors file: {}", file_, why));
  }

  json read_header() {
    if (bytes_.size() < length_bytes) {
      fail(fmt::format("it has {} bytes, too few even for the length of a header", bytes_.size()));
    }
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), length_bytes);
    const std::uint64_t rest = bytes_.size() - length_bytes;
    if (length > rest) {
      fail(fmt::format("its header should have {} bytes, but only {} follow", length, rest));
    }
    data_ = bytes_.substr(length_bytes + length);
    json header = parse_json(bytes_.substr(length_bytes, length));
    if (!header.is_object()) fail("its header is not a JSON object");
    return header;
  }

  json parse_json(std::string_view text) {
    constexpr int deepest = 3;                            // header, entry, shape
    std::array<std::set<std::string>, deepest + 2> keys;  // of the open object at each depth
    bool twice = false, deep = false;
    const auto watch = [&](int depth, json::parse_event_t event, json& value) {
      if (depth > deepest) {
        deep = true;
        return false;
      }
      if (event == json::parse_event_t::object_start) keys[depth + 1].clear();
      if (event == json::parse_event_t::key) {
        twice = twice || !keys[depth].insert(value.get<std::string>()).second;
      }
      return true;
    };
    json header = json::parse(text, watch, /*allow_exceptions=*/false);
    if (deep) fail("its header is nested too deeply");
    if (header.is_discarded()) fail("its header is not valid JSON");
    if (twice) fail("a name occurs twice in its header");
    return header;
  }

  std::map<std::string, std::string> read_metadata(const json& value) {
    if (!value.is_object()) fail("its metadata are not a JSON object");
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(fmt::format("metadata '{}' is not a string", key));
      metadata[key] = text.get<std::string>();
    }
    return metadata;
  }

  Entry read_entry(const std::string& name, const json& value) {
    const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                          value.contains("shape") && value.contains("data_offsets");
    if (!complete) fail(fmt::format("tensor '{}' needs dtype, shape and data_offsets", name));
    Entry entry{name, read_type(name, value["dtype"]), {}, 0, 0};
    const json& offsets = value["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned()) {
      fail(fmt::format("the data_offsets of tensor '{}' are not two positions", name));
    }
    entry.begin = offsets[0].get<std::uint64_t>();
    entry.end = offsets[1].get<std::uint64_t>();
    if (entry.begin > entry.end || entry.end > data_.size()) {
      fail(fmt::format("tensor '{}' lies at bytes {} to {} of {}", name, entry.begin, entry.end,
                       data_.size()));
    }
    read_shape(entry, value["shape"]);
    return entry;
  }

  DType read_type(const std::string& name, const json& value) {
    for (const TypeName& type : type_names) {
      if (value == type.name) return type.type;
    }
    if (!value.is_string()) fail(fmt::format("the dtype of tensor '{}' is not a string", name));
    throw Error(fmt::format("'{}': tensor '{}' has the type {}; only F32, F64 and I32 can be read",
                            file_, name, value.get<std::string>()));
  }

  void read_shape(Entry& entry, const json& shape) {
    constexpr std::uint64_t most = std::uint64_t{1} << 60;
    if (!shape.is_array()) fail(fmt::format("the shape of tensor '{}' is no list", entry.name));
    std::uint64_t nonzero = 1;  // the sizes other than 0 multiplied: nothing may overflow
    bool empty = false;
    for (const json& size : shape) {
      if (!size.is_number_unsigned()) {
        fail(fmt::format("the shape of tensor '{}' is not made of sizes", entry.name));
      }
      const auto n = size.get<std::uint64_t>();
      empty = empty || n == 0;
      if (n > most / nonzero) fail(fmt::format("tensor '{}' is too large", entry.name));
      if (n > 0) nonzero *= n;
      entry.dims.push_back(static_cast<std::int64_t>(n));
    }
    const std::uint64_t bytes = empty ? 0 : nonzero * size_of(entry.type);
    if (bytes != entry.end - entry.begin) {
      fail(fmt::format("tensor '{}' of {} bytes has {}", entry.name, bytes,
                       entry.end - entry.begin));
    }
  }

  /// Each byte belongs to exactly one tensor.
  void check_coverage(const std::vector<Entry>& entries) {
    std::vector<const Entry*> order;
    for (const Entry& entry : entries) order.push_back(&entry);
    std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
      return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
    });
    std::uint64_t next = 0;
    for (const Entry* entry : order) {
      if (entry->begin < next) fail(fmt::format("tensor '{}' overlaps another", entry->name));
      if (entry->begin > next)
        fail(fmt::format("nothing fills bytes {} to {}", next, entry->begin));
      next = entry->end;
    }
    if (next != data_.size()) {
      fail(fmt::format("its tensors have {} bytes, but {} follow the header", next, data_.size()));
    }
  }

  void check_checksum(SafeTensors& content, json& header) {
    const auto found = content.metadata.find(checksum_key);
    if (found == content.metadata.end()) return;
    header[metadata_key].erase(checksum_key);
    if (found->second != checksum_of(header, data_)) {
      fail("its checksum does not fit, some of its bytes were changed");
    }
    content.metadata.erase(found);
    content.checked = true;
  }

  std::string_view bytes_, data_;
  const std::string& file_;
};

/// The header without a checksum; tensors lie in the order of their names.
json header_of(const SafeTensors& content) {
  json header = json::object();
  header[metadata_key] = content.metadata;
  std::size_t begin = 0;
  for (const auto& [name, tensor] : content.tensors) {
    const std::size_t end = begin + tensor.bytes();
    header[name] = {{"dtype", name_of(tensor.dtype())},
                    {"shape", tensor.dims()},
                    {"data_offsets", {begin, end}}};
    begin = end;
  }
  return header;
}

/// Blanks after the header let the numbers start where a map into memory can use them.
void pad_header(std::string& header) {
  constexpr std::size_t alignment = 8;
  header.resize((header.size() + alignment - 1) / alignment * alignment, ' ');
}

}  // namespace

std::string format_safetensors(const SafeTensors& content) {
  json header = header_of(content);
  std::string data;
  for (const auto& [name, tensor] : content.tensors) data += bytes_of(tensor);
  header[metadata_key][checksum_key] = checksum_of(header, data);
  std::string text = header.dump();
  pad_header(text);
  const std::uint64_t length = text.size();
  std::string bytes(length_bytes, '\0');
  std::memcpy(bytes.data(), &length, length_bytes);
  return bytes + text + data;
}

SafeTensors parse_safetensors(std::string_view bytes, const std::string& file) {
  return Parser(bytes, file).parse();
}

void write_safetensors(const std::string& path, const SafeTensors& content) {
  const std::string bytes = format_safetensors(content);
  const std::string_view parts[] = {bytes};
  write_file_atomically(path, parts);
}

SafeTensors read_safetensors(const std::string& path) {
  return parse_safetensors(read_whole_file(path), path);
}

}  // namespace unfold
