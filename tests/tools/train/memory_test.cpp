// Sizes of memory, and what the process may take.

#include "tools/train/memory.h"

#include <boost/test/unit_test.hpp>

#include "tools/train/model.h"

using namespace unfold;

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(sizes_have_units) {
  BOOST_TEST(memory_size("1GiB") == 1 << 30);
  BOOST_TEST(memory_size("1.5gib") == 3 << 29);
  BOOST_TEST(memory_size("800MB") == 800'000'000);
  BOOST_TEST(memory_size("64kib") == 65536);
  BOOST_TEST(memory_size("12345") == 12345);
  BOOST_TEST(memory_size("7b") == 7);
  BOOST_TEST(memory_size("2TB") == 2'000'000'000'000);
}

BOOST_AUTO_TEST_CASE(what_is_no_size_is_told) {
  for (const char* text : {"", "GiB", "0", "-1GiB", "1 GiB", "1Gib ", "1gigabyte", "nan", "inf",
                           "1e30GB", "0.1", "0x10"})
    BOOST_CHECK_EXCEPTION(memory_size(text), UsageError, [&](const Error& error) {
      return error.message.starts_with("--memory takes a size such as 1GiB or 800MB") &&
             error.message.ends_with("got '" + std::string(text) + "'");
    });
}

BOOST_AUTO_TEST_CASE(a_limit_counts_what_the_process_has) {
  const std::int64_t has = resident_memory().now;
  BOOST_TEST(has > 0);
  BOOST_TEST(resident_memory().most >= has);
  BOOST_TEST(memory_left(has + (1 << 30)) <= 1 << 30);
  BOOST_TEST(memory_left(has + (1 << 30)) > 1 << 29);
  BOOST_TEST(memory_left(1) < 0);
  BOOST_TEST(memory_left({}) > 0);
}

BOOST_AUTO_TEST_SUITE_END()
