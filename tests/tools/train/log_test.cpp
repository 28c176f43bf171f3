#include "tools/train/log.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/tools/train/scratch.h"

using namespace unfold;

BOOST_AUTO_TEST_SUITE(log_suite)

BOOST_AUTO_TEST_CASE(each_line_is_there_at_once) {
  const Scratch scratch;
  Log log(scratch.path("log.jsonl"));
  log.write({{"epoch", 1}, {"loss", 0.5}});
  BOOST_TEST(scratch.read("log.jsonl") == "{\"epoch\":1,\"loss\":0.5}\n");
  log.write({{"text", "a\nσ"}});
  BOOST_TEST(scratch.read("log.jsonl") == "{\"epoch\":1,\"loss\":0.5}\n{\"text\":\"a\\nσ\"}\n");
  BOOST_TEST(log.bytes() == scratch.read("log.jsonl").size());
}

BOOST_AUTO_TEST_CASE(a_resumed_run_writes_nothing_twice) {
  const Scratch scratch;
  std::uint64_t saved = 0;
  {
    Log log(scratch.path("log"));
    log.write(1);
    saved = log.bytes();
    log.write(2);
    log.write(3);
  }
  {
    Log log(scratch.path("log"), saved);
    log.write(2);
  }
  BOOST_TEST(scratch.read("log") == "1\n2\n");
  Log longer(scratch.path("log"), 1000);  // the log was lost in part
  BOOST_TEST(longer.bytes() == 4);
  Log fresh(scratch.path("log"));
  BOOST_TEST(scratch.read("log") == "");
}

BOOST_AUTO_TEST_CASE(errors_name_the_file) {
  const Scratch scratch;
  BOOST_TEST(error_of([&] { Log(scratch.path("none/log")); }) ==
             "cannot write the log '" + scratch.path("none/log") + "': No such file or directory");
  Log full("/dev/full");
  BOOST_TEST(error_of([&] { full.write(1); }) ==
             "cannot write the log '/dev/full': No space left on device");
  BOOST_TEST(full.bytes() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
