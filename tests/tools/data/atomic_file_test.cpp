#include "tools/data/atomic_file.h"

#include <boost/test/unit_test.hpp>

#include "tests/tools/train/scratch.h"

using namespace unfold;

namespace {

void write(const std::string& path, std::string_view text) {
  const std::string_view parts[] = {text.substr(0, text.size() / 2), text.substr(text.size() / 2)};
  write_file_atomically(path, parts);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(atomic_file_suite)

BOOST_AUTO_TEST_CASE(writes_replaces_and_leaves_nothing_else) {
  const Scratch scratch;
  write(scratch.path("a"), "first");
  BOOST_TEST(scratch.read("a") == "first");
  write(scratch.path("a"), std::string(300000, 'x'));
  BOOST_TEST(read_whole_file(scratch.path("a")) == std::string(300000, 'x'));
  BOOST_TEST(!scratch.exists("a.partial"));
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_the_old_file) {
  const Scratch scratch;
  scratch.write("a", "old");
  std::filesystem::create_symlink("/dev/full", scratch.path("a.partial"));
  BOOST_TEST(error_of([&] { write(scratch.path("a"), "new"); }) ==
             "cannot write '" + scratch.path("a") + "': No space left on device");
  BOOST_TEST(scratch.read("a") == "old");
  BOOST_TEST(!std::filesystem::is_symlink(scratch.path("a.partial")));
}

BOOST_AUTO_TEST_CASE(reasons_are_given) {
  const Scratch scratch;
  BOOST_TEST(error_of([&] { write(scratch.path("none/a"), "x"); }) ==
             "cannot write '" + scratch.path("none/a") + "': No such file or directory");
  BOOST_TEST(error_of([&] { read_whole_file(scratch.path("a")); }) ==
             "cannot read '" + scratch.path("a") + "': No such file or directory");
  BOOST_TEST(error_of([&] { read_whole_file(scratch.path()); }) ==
             "cannot read '" + scratch.path() + "': Is a directory");
  BOOST_TEST(read_whole_file(scratch.write("empty", "")) == "");
}

BOOST_AUTO_TEST_SUITE_END()
