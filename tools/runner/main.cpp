// The `unfold` command: finds the verb, and turns whatever goes wrong into a message on standard
// error and an exit code: 0 success, 1 failure of the work, 2 wrong use.

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>

#include "tools/dsl/diagnostic.h"
#include "tools/runner/common.h"
#include "tools/runner/verbs.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

using namespace unfold;

constexpr int success = 0, failure = 1, wrong_use = 2;

void add_verbs(CLI::App& app) {
  add_check(app);
  add_train(app);
  add_eval(app);
  add_predict(app);
  add_generate(app);
  add_summary(app);
  add_inspect(app);
  add_gradcheck(app);
  add_bench(app);
  add_diff(app);
  add_data(app);
  add_help(app);
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  return names;
}

// What the option parser would call an unexpected argument.
void require_known_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2) throw UsageError("say what to do: unfold VERB …");
  const std::string word = argv[1];
  const auto names = verb_names(app);
  if (word.starts_with("-") || std::find(names.begin(), names.end(), word) != names.end()) return;
  const auto near = nearest(word, names);
  throw UsageError(fmt::format("there is no verb '{}'{}", word,
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

void say_wrong_use(const std::string& message, const CLI::App& app) {
  std::string verb;
  for (const CLI::App* used : app.get_subcommands()) verb = " " + used->get_name();
  say(fmt::format("error: {}\nunfold{} --help says how to use it\n", message, verb));
}

// What the option parser has left over, in the order in which it was written.
std::string not_expected(const CLI::App& app) {
  std::vector<std::string> left;
  for (const CLI::App* used : app.get_subcommands()) {
    const std::vector<std::string> more = used->remaining();
    left.insert(left.end(), more.begin(), more.end());
  }
  return fmt::format("not expected here: {}", fmt::join(left, " "));
}

int run(CLI::App& app, int argc, char** argv) {
  try {
    require_known_verb(app, argc, argv);
    app.parse(argc, argv);
    finish_output();
    return success;
  } catch (const CLI::Success& asked) {  // --help, --version
    app.exit(asked);
    finish_output();
    return success;
  } catch (const CLI::ExtrasError&) {
    say_wrong_use(not_expected(app), app);
    return wrong_use;
  } catch (const CLI::ParseError& error) {
    say_wrong_use(error.what(), app);
    return wrong_use;
  } catch (const UsageError& error) {
    say_wrong_use(error.message, app);
    return wrong_use;
  } catch (const Stopped& stopped) {
    finish_output();
    return 128 + stopped.signal;
  } catch (const Failed&) {
    finish_output();
    return failure;
  } catch (const ProgramErrors& errors) {
    show(errors.errors, errors.program.get());
    return failure;
  }
}

// glibc learns from what is freed to keep ever larger blocks; arenas are large, and made anew for a
// larger batch.
void return_large_blocks() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

// Else the next file that is opened, a model perhaps, would take the place of a standard stream
// that the caller has closed. These are opened the wrong way round, so that using them still fails.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0)
      ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

// Does what the arguments say; every exception ends here.
int answer(int argc, char** argv) {
  std::cout.exceptions(std::ios::badbit);
  CLI::App app("Recurrent networks from .fold files: check, train, use and inspect them.",
               "unfold");
  app.set_version_flag("--version", "unfold " UNFOLD_VERSION);
  app.require_subcommand(1);
  app.footer("unfold VERB --help says more of each; unfold help lists layers and operations.");
  add_verbs(app);
  try {
    return run(app, argc, argv);
  } catch (const Error& error) {
    show({error}, nullptr);
  } catch (const ReaderGone&) {
    return failure;
  } catch (const std::bad_alloc&) {
    say("error: out of memory\n");
  } catch (const std::ios_base::failure&) {
    // Thrown where the write fails, so this still is its reason.
    if (errno != EPIPE)
      say(fmt::format("error: cannot write to standard output: {}\n", std::strerror(errno)));
  } catch (const std::exception& error) {
    say(fmt::format("internal error: {}\n", error.what()));
  }
  return failure;
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  return_large_blocks();
  // A write fails, and ends a verb in order, where a reader has gone or a file may grow no more.
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  const int code = answer(argc, argv);
  std::fflush(nullptr);
  // Without the libraries' farewells: OpenBLAS waits for threads of its own, for ever where these
  // found no memory.
  std::_Exit(code);
}
