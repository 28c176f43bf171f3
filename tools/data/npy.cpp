#include "tools/data/npy.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <string_view>

#include "graph/error.h"
#include "tools/data/atomic_file.h"

namespace unfold::data {

namespace {

class NpyReader {
 public:
  NpyReader(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  Tensor read() {
    if (!bytes_.starts_with("\x93NUMPY") || bytes_.size() < 12) fail("it is no NumPy file");
    const bool wide = bytes_[6] >= 2;
    const std::size_t begin = wide ? 12 : 10;
    const std::size_t length = wide ? number<std::uint32_t>(8) : number<std::uint16_t>(8);
    if (begin + length > bytes_.size()) fail("its header is cut off");
    const std::string_view header = bytes_.substr(begin, length);
    if (value_of(header, "fortran_order").starts_with("True"))
      fail("it is in column-major order; numpy.ascontiguousarray changes that");
    const Dims dims = shape(value_of(header, "shape"));
    std::string_view type = value_of(header, "descr");
    type = type.substr(1, type.find_first_of("'\"", 1) - 1);
    return numbers(type, dims, bytes_.substr(begin + length));
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("cannot read {}: {}", path_, what));
  }

  template <class T>
  T number(std::size_t at) const {
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }

  std::string_view value_of(std::string_view header, const std::string& key) const {
    const std::size_t at = header.find("'" + key + "':");
    if (at == std::string_view::npos) fail("its header lacks '" + key + "'");
    const std::size_t value = header.find_first_not_of(' ', at + key.size() + 3);
    if (value == std::string_view::npos) fail("its header lacks '" + key + "'");
    return header.substr(value);
  }

  Dims shape(std::string_view text) const {
    Dims dims;
    std::int64_t count = 1;
    for (std::size_t i = 1; i < text.size() && text[i] != ')';) {
      std::int64_t size = 0;
      const auto [end, code] = std::from_chars(text.data() + i, text.data() + text.size(), size);
      if (code != std::errc() || size < 1 || size > (std::int64_t{1} << 40) / count)
        fail("its shape is not one that can be read");
      count *= size;
      dims.push_back(size);
      i = static_cast<std::size_t>(end - text.data());
      while (i < text.size() && (text[i] == ',' || text[i] == ' ')) ++i;
    }
    return dims;
  }

  template <class T>
  Tensor convert(const Dims& dims, std::string_view data) const {
    if (data.size() != static_cast<std::size_t>(element_count(dims)) * sizeof(T))
      fail(fmt::format("it holds {} bytes of numbers, its shape needs {}", data.size(),
                       static_cast<std::size_t>(element_count(dims)) * sizeof(T)));
    Tensor out(DType::f64, dims);
    for (std::int64_t i = 0; i < out.size(); ++i) {
      T value;
      std::memcpy(&value, data.data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
      out.set(i, static_cast<double>(value));
    }
    return out;
  }

  Tensor numbers(std::string_view type, const Dims& dims, std::string_view data) const {
    if (type == "<f4") return convert<float>(dims, data);
    if (type == "<f8") return convert<double>(dims, data);
    if (type == "<i4") return convert<std::int32_t>(dims, data);
    if (type == "<i8") return convert<std::int64_t>(dims, data);
    fail(fmt::format("its numbers are of type {}; f4, f8, i4 and i8 can be read", type));
  }

  std::string_view bytes_;
  const std::string& path_;
};

}  // namespace

Tensor read_npy(const std::string& path) {
  const std::string bytes = read_whole_file(path);
  return NpyReader(bytes, path).read();
}

}  // namespace unfold::data
