#include "tools/dsl/source.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace unfold {
namespace {

/// A directory of its own for the files of one test.
struct Scratch {
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "unfold-source-XXXXXX").string();
    BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
  }
  ~Scratch() { std::filesystem::remove_all(directory); }

  std::filesystem::path write(const std::string& text) const {
    const auto path = directory / "some.fold";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::filesystem::path directory;
};

Error load_error(const std::filesystem::path& path) {
  Sources sources;
  try {
    sources.load(path);
  } catch (const Error& error) {
    return error;
  }
  return Error("no error");
}

BOOST_AUTO_TEST_SUITE(source)

BOOST_AUTO_TEST_CASE(offsets_become_lines_and_columns) {
  Sources sources;
  const auto id = sources.add("a.fold", "one\ntwo three\n\nend");
  BOOST_TEST((sources.location({id, 0, 3}) == Location{"a.fold", 1, 1, 3}));
  BOOST_TEST((sources.location({id, 8, 13}) == Location{"a.fold", 2, 5, 5}));
  BOOST_TEST((sources.location({id, 14, 15}) == Location{"a.fold", 3, 1, 1}));
  BOOST_TEST((sources.location({id, 18, 18}) == Location{"a.fold", 4, 4, 1}));
}

BOOST_AUTO_TEST_CASE(columns_and_lengths_count_code_points) {
  Sources sources;
  const auto id = sources.add("a.fold", "\"h\u00e9\u4e16\U0001F600\" x");
  BOOST_TEST((sources.location({id, 0, 12}) == Location{"a.fold", 1, 1, 6}));
  BOOST_TEST((sources.location({id, 13, 14}) == Location{"a.fold", 1, 8, 1}));
}

BOOST_AUTO_TEST_CASE(a_span_of_several_lines_ends_with_its_first) {
  Sources sources;
  const auto id = sources.add("a.fold", "x = [1,\r\n 2]");
  BOOST_TEST((sources.location({id, 4, 12}) == Location{"a.fold", 1, 5, 3}));
}

BOOST_AUTO_TEST_CASE(lines_are_found_by_the_file_they_are_in) {
  Sources sources;
  sources.add("a.fold", "first\nsecond\r\n");
  sources.add("b.fold", "other");
  BOOST_TEST(sources.line({"a.fold", 2, 1, 1}).value() == "second");
  BOOST_TEST(sources.line({"b.fold", 1, 1, 1}).value() == "other");
  BOOST_TEST(sources.line({"a.fold", 3, 1, 1}).value() == "");
  BOOST_TEST(!sources.line({"a.fold", 4, 1, 1}));
  BOOST_TEST(!sources.line({"a.fold", 0, 0, 1}));
  BOOST_TEST(!sources.line({"c.fold", 1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(joined_spans_cover_both) {
  BOOST_TEST((join({1, 4, 6}, {1, 2, 5}) == Span{1, 2, 6}));
}

BOOST_AUTO_TEST_CASE(a_file_is_loaded_without_its_byte_order_mark) {
  const Scratch scratch;
  Sources sources;
  const auto path = scratch.write("\xEF\xBB\xBFlet a = 1\n");
  const auto id = sources.load(path);
  BOOST_TEST(sources[id].text == "let a = 1\n");
  BOOST_TEST(sources[id].name == path.string());
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_programs_are_refused) {
  const Scratch scratch;
  const auto missing = scratch.directory / "missing.fold";
  BOOST_TEST(load_error(missing).message ==
             "cannot read '" + missing.string() + "': there is no such file");
  BOOST_TEST(load_error(scratch.directory).message ==
             "cannot read '" + scratch.directory.string() +
                 "': it is a directory, expected a program");
  BOOST_TEST(load_error("/dev/zero").message ==
             "cannot read '/dev/zero': it is larger than 16 MiB, expected a program");

  const Error empty = load_error(scratch.write(""));
  BOOST_TEST(empty.message == "the file is empty, expected a program");
  BOOST_TEST(empty.where.file.ends_with("some.fold"));
  BOOST_TEST(load_error(scratch.write(" \r\n\t\n")).message == empty.message);
  BOOST_TEST(load_error(scratch.write(std::string("ELF\0\1", 5))).message ==
             "the file is binary (it holds a zero byte), expected a program");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_located) {
  const Scratch scratch;
  const Error error = load_error(scratch.write("let a = 1\nlet b = \"caf\xE9\"\n"));
  BOOST_TEST(error.message == "the file is not UTF-8: line 2 holds the invalid byte 0xE9");
  BOOST_TEST(error.where.line == 2);
  BOOST_TEST(error.where.column == 13);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace unfold
