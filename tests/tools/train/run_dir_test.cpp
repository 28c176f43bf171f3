#include "tools/train/run_dir.h"

#include <sys/wait.h>

#include <boost/test/unit_test.hpp>

#include "tests/tools/train/scratch.h"

using namespace unfold;

BOOST_AUTO_TEST_SUITE(run_dir_suite)

BOOST_AUTO_TEST_CASE(names_its_files) {
  const Scratch scratch;
  const RunDir run = RunDir::create(scratch.path("out/deep/"));
  BOOST_TEST(run.path() == scratch.path("out/deep"));
  BOOST_TEST(run.best() == scratch.path("out/deep/best.safetensors"));
  BOOST_TEST(run.last() == scratch.path("out/deep/last.safetensors"));
  BOOST_TEST(run.log() == scratch.path("out/deep/log.jsonl"));
}

BOOST_AUTO_TEST_CASE(an_output_must_be_new_or_empty) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("empty"));
  BOOST_TEST(RunDir::create(scratch.path("empty")).path() == scratch.path("empty"));
  std::filesystem::create_directory(scratch.path("full"));
  scratch.write("full/x", "");
  BOOST_TEST(error_of([&] { RunDir::create(scratch.path("full")); }) ==
             "the output directory '" + scratch.path("full") +
                 "' exists and is not empty; take another, or continue its run with --resume");
  scratch.write("file", "");
  BOOST_TEST(error_of([&] { RunDir::create(scratch.path("file")); }) ==
             "the output '" + scratch.path("file") + "' exists and is not a directory");
  BOOST_TEST(error_of([&] { RunDir::create(scratch.path("file/run")); }) ==
             "cannot make the directory '" + scratch.path("file/run") + "': Not a directory");
}

BOOST_AUTO_TEST_CASE(runs_are_numbered) {
  const Scratch scratch;
  const std::string runs = scratch.path("runs");
  const RunDir first = RunDir::create_next("charlm", runs);
  const RunDir second = RunDir::create_next("charlm", runs);
  std::filesystem::create_directory(runs + "/charlm-9");
  std::filesystem::create_directory(runs + "/charlm-10x");
  std::filesystem::create_directory(runs + "/other-50");
  const RunDir third = RunDir::create_next("charlm", runs);
  BOOST_TEST(first.path() == runs + "/charlm-1");
  BOOST_TEST(second.path() == runs + "/charlm-2");
  BOOST_TEST(third.path() == runs + "/charlm-10");
}

BOOST_AUTO_TEST_CASE(a_run_without_files_leaves_nothing) {
  const Scratch scratch;
  { const RunDir run = RunDir::create(scratch.path("gone")); }
  BOOST_TEST(!scratch.exists("gone"));
  {
    const RunDir run = RunDir::create(scratch.path("gone"));
    scratch.write("gone/log.jsonl", "");  // of epochs whose model could not be written
  }
  BOOST_TEST(!scratch.exists("gone"));
  std::filesystem::create_directory(scratch.path("empty"));
  {
    const RunDir run = RunDir::create(scratch.path("empty"));
    scratch.write("empty/log.jsonl", "");
  }
  BOOST_TEST(scratch.exists("empty"));
  BOOST_TEST(!scratch.exists("empty/log.jsonl"));
  {
    const RunDir run = RunDir::create(scratch.path("stays"));
    scratch.write("stays/log.jsonl", "");
    scratch.write("stays/last.safetensors", "");
  }
  BOOST_TEST(scratch.exists("stays/log.jsonl"));
  std::filesystem::create_directory(scratch.path("theirs"));
  { const RunDir run = RunDir::open(scratch.path("theirs")); }
  BOOST_TEST(scratch.exists("theirs"));
}

BOOST_AUTO_TEST_CASE(opens_a_run_by_directory_or_model) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("r"));
  scratch.write("r/last.safetensors", "");
  BOOST_TEST(RunDir::open(scratch.path("r/")).path() == scratch.path("r"));
  BOOST_TEST(RunDir::open(scratch.path("r/last.safetensors")).path() == scratch.path("r"));
  BOOST_TEST(error_of([&] { RunDir::open(scratch.path("none")); }) ==
             "there is no run '" + scratch.path("none") + "'");
}

BOOST_AUTO_TEST_CASE(one_at_a_time) {
  const Scratch scratch;
  const std::string in_use = "the run '" + scratch.path("r") + "' is in use by another process";
  {
    const RunDir run = RunDir::create(scratch.path("r"));
    scratch.write("r/x", "");
    BOOST_TEST(error_of([&] { RunDir::open(scratch.path("r")); }) == in_use);
    RunDir other = RunDir::create(scratch.path("other"));
    const RunDir moved = std::move(other);
    BOOST_TEST(scratch.exists("other"));
  }
  BOOST_TEST(error_of([&] { RunDir::open(scratch.path("r")); }) == "");

  int ready[2], done[2];
  BOOST_REQUIRE(::pipe(ready) == 0 && ::pipe(done) == 0);
  const pid_t child = ::fork();
  if (child == 0) {  // holds the run, says so, and waits to be told to go
    const RunDir run = RunDir::open(scratch.path("r"));
    char byte = 0;
    const bool told = ::write(ready[1], "r", 1) == 1 && ::read(done[0], &byte, 1) == 1;
    ::_exit(told ? 0 : 1);
  }
  char byte = 0;
  BOOST_TEST(::read(ready[0], &byte, 1) == 1);
  BOOST_TEST(error_of([&] { RunDir::open(scratch.path("r")); }) == in_use);
  BOOST_TEST(::write(done[1], "d", 1) == 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(error_of([&] { RunDir::open(scratch.path("r")); }) == "");
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) ::close(fd);
}

BOOST_AUTO_TEST_SUITE_END()
