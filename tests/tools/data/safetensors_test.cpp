#include "tools/data/safetensors.h"

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "tests/tools/train/scratch.h"

using namespace unfold;

namespace {

SafeTensors sample() {
  SafeTensors content;
  content.tensors["W"] = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, -0.0F});
  content.tensors["encoder.b"] = Tensor::of<double>({2}, {1e-300, 0.1});
  content.tensors["ids"] = Tensor::of<std::int32_t>({}, {-7});
  content.tensors["none"] = Tensor(DType::f32, {0, 4});
  content.metadata = {{"program", "h = lstm(x)\n\"σ\""}, {"empty", ""}};
  return content;
}

/// A file with this header and so many bytes of numbers.
std::string file_with(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data_bytes, '\0');
}

std::string error_in(const std::string& bytes) {
  const std::string prefix = "'f' is damaged or not a safetensors file: ";
  const std::string message = error_of([&] { parse_safetensors(bytes, "f"); });
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

std::string error_in(const std::string& header, std::size_t data_bytes) {
  return error_in(file_with(header, data_bytes));
}

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"a":)" + tensor(dtype, shape, offsets) + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(safetensors_suite)

BOOST_AUTO_TEST_CASE(reads_what_it_writes) {
  const SafeTensors content = sample();
  const SafeTensors back = parse_safetensors(format_safetensors(content), "f");
  BOOST_TEST((back.tensors == content.tensors));
  BOOST_TEST((back.metadata == content.metadata));
  BOOST_TEST(back.checked);
  BOOST_TEST(format_safetensors(back) == format_safetensors(content));
}

BOOST_AUTO_TEST_CASE(files) {
  const Scratch scratch;
  write_safetensors(scratch.path("m"), sample());
  BOOST_TEST((read_safetensors(scratch.path("m")).tensors == sample().tensors));
}

BOOST_AUTO_TEST_CASE(reads_what_other_programs_write) {
  std::string bytes =
      file_with(R"( {"a":{"shape":[1,2],"data_offsets":[0,8],"dtype":"F32"}}  )", 8);
  const float values[] = {1.5F, -2};
  std::memcpy(bytes.data() + bytes.size() - 8, values, 8);
  const SafeTensors content = parse_safetensors(bytes, "f");
  BOOST_TEST((content.tensors.at("a") == Tensor::of<float>({1, 2}, {1.5F, -2})));
  BOOST_TEST(content.metadata.empty());
  BOOST_TEST(!content.checked);
  BOOST_TEST(parse_safetensors(file_with("{}", 0), "f").tensors.empty());
}

BOOST_AUTO_TEST_CASE(every_truncation_is_noticed) {
  const std::string bytes = format_safetensors(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BOOST_TEST(error_in(bytes.substr(0, size)) != "", size);
  }
  BOOST_TEST(error_in(bytes + "x") == "its tensors have 44 bytes, but 45 follow the header");
}

BOOST_AUTO_TEST_CASE(every_altered_byte_is_noticed) {
  const std::string bytes = format_safetensors(sample());
  const SafeTensors content = sample();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {0, 5, 7}) {
      std::string altered = bytes;
      altered[i] = static_cast<char>(altered[i] ^ (1 << bit));
      try {
        const SafeTensors back = parse_safetensors(altered, "f");
        // The name of the checksum, or blanks between header and numbers.
        BOOST_TEST((!back.checked || back.metadata == content.metadata), i);
        BOOST_TEST((back.tensors == content.tensors), i);
      } catch (const Error&) {
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(bad_headers) {
  BOOST_TEST(error_in("abc") == "it has 3 bytes, too few even for the length of a header");
  BOOST_TEST(error_in(std::string(8, '\xff')) ==
             "its header should have 18446744073709551615 bytes, but only 0 follow");
  BOOST_TEST(error_in("", 0) == "its header is not valid JSON");
  BOOST_TEST(error_in(R"({"a":)", 0) == "its header is not valid JSON");
  BOOST_TEST(error_in("{\"\xff\":1}", 0) == "its header is not valid JSON");
  BOOST_TEST(error_in("[]", 0) == "its header is not a JSON object");
  BOOST_TEST(error_in(std::string(100000, '['), 0) == "its header is nested too deeply");
  BOOST_TEST(error_in(R"({"a":1,"a":2})", 0) == "a name occurs twice in its header");
  BOOST_TEST(error_in(R"({"__metadata__":1})", 0) == "its metadata are not a JSON object");
  BOOST_TEST(error_in(R"({"__metadata__":{"k":1}})", 0) == "metadata 'k' is not a string");
}

BOOST_AUTO_TEST_CASE(bad_entries) {
  const std::string needs = "tensor 'a' needs dtype, shape and data_offsets";
  BOOST_TEST(error_in(R"({"a":1})", 0) == needs);
  BOOST_TEST(error_in(R"({"a":{"dtype":"F32","shape":[]}})", 0) == needs);
  BOOST_TEST(error_in(one("7", "[]", "[0,4]"), 4) == "the dtype of tensor 'a' is not a string");
  BOOST_TEST(error_in(one("\"BF16\"", "[2]", "[0,4]"), 4) ==
             "'f': tensor 'a' has the type BF16; only F32, F64 and I32 can be read");
  BOOST_TEST(error_in(one("\"F32\"", "7", "[0,4]"), 4) == "the shape of tensor 'a' is no list");
  BOOST_TEST(error_in(one("\"F32\"", "[-1]", "[0,4]"), 4) ==
             "the shape of tensor 'a' is not made of sizes");
  BOOST_TEST(error_in(one("\"F32\"", "[1.5]", "[0,4]"), 4) ==
             "the shape of tensor 'a' is not made of sizes");
  BOOST_TEST(error_in(one("\"F32\"", "[4294967296,4294967296]", "[0,4]"), 4) ==
             "tensor 'a' is too large");
  BOOST_TEST(error_in(one("\"F32\"", "[0,1152921504606846976,9]", "[0,0]"), 0) ==
             "tensor 'a' is too large");
  BOOST_TEST(error_in(one("\"F32\"", "[2]", "[0,4]"), 4) == "tensor 'a' of 8 bytes has 4");
}

BOOST_AUTO_TEST_CASE(bad_offsets) {
  const std::string not_two = "the data_offsets of tensor 'a' are not two positions";
  BOOST_TEST(error_in(one("\"F32\"", "[1]", "[0]"), 4) == not_two);
  BOOST_TEST(error_in(one("\"F32\"", "[1]", "[0,-4]"), 4) == not_two);
  BOOST_TEST(error_in(one("\"F32\"", "[1]", "{}"), 4) == not_two);
  BOOST_TEST(error_in(one("\"F32\"", "[1]", "[4,0]"), 4) == "tensor 'a' lies at bytes 4 to 0 of 4");
  BOOST_TEST(error_in(one("\"F32\"", "[1]", "[4,8]"), 4) == "tensor 'a' lies at bytes 4 to 8 of 4");
  BOOST_TEST(error_in(one("\"F32\"", "[1]", "[4,8]"), 8) == "nothing fills bytes 0 to 4");
  const std::string two = R"({"a":)" + tensor("\"F32\"", "[2]", "[0,8]") + R"(,"b":)" +
                          tensor("\"F32\"", "[2]", "[4,12]") + "}";
  BOOST_TEST(error_in(two, 12) == "tensor 'b' overlaps another");
}

BOOST_AUTO_TEST_CASE(the_checksum_covers_numbers_and_header) {
  std::string bytes = format_safetensors(sample());
  const std::string changed = "its checksum does not fit, some of its bytes were changed";
  bytes.back() ^= 1;
  BOOST_TEST(error_in(bytes) == changed);
  bytes.back() ^= 1;
  bytes.replace(bytes.find("lstm"), 4, "tanh");
  BOOST_TEST(error_in(bytes) == changed);
}

BOOST_AUTO_TEST_SUITE_END()
