#include "tests/acceptance/command.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace unfold::testing {

namespace fs = std::filesystem;

Workshop::Workshop() {
  std::string name = (fs::temp_directory_path() / "unfold-command-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  root = name;
  write("reviews.tsv",
        "review\tsentiment\nmovie was good\t1\nmovie was bad\t0\nmovie was not good\t0\n");
  write("good.fold", program(sentiment()));
}

Workshop::~Workshop() {
  std::error_code ignored;
  fs::remove_all(root, ignored);
}

void Workshop::write(const std::string& name, const std::string& text) const {
  std::ofstream(root / name, std::ios::binary) << text;
}

std::string Workshop::read(const std::string& name) const {
  std::ifstream in(root / name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Ran Workshop::shell(const std::string& line) const {
  write("line.sh", line + "\n");
  const std::string command = "cd '" + root.string() +
                              "' && UNFOLD='" UNFOLD_BINARY_DIR
                              "/unfold' sh line.sh >line.out 2>line.err </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read("line.out"),
          read("line.err")};
}

std::optional<std::string> Workshop::terminal(const std::string& line) const {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  const char* name = nullptr;
  if (master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0) name = ::ptsname(master);
  if (name == nullptr || ::access(name, W_OK) != 0) {
    if (master >= 0) ::close(master);
    return std::nullopt;
  }
  shell("{ " + line + "; } >" + name + " 2>&1");
  std::string shown;
  char piece[4096];
  for (ssize_t n; (n = ::read(master, piece, sizeof piece)) > 0;)
    shown.append(piece, static_cast<std::size_t>(n));
  ::close(master);
  return shown;
}

Ran Workshop::unfold(const std::string& arguments) const {
  return shell("\"$UNFOLD\" " + arguments);
}

std::string Workshop::program(const std::string& model, const std::string& train) {
  return R"(data {
  reviews   = table("reviews.tsv")
  review    = words(reviews, column = "review", unknown = false)
  sentiment = number(reviews, column = "sentiment")
}
model {
)" + model +
         "\n}\ntrain { " + train + " }\n";
}

std::string Workshop::sentiment() {
  return R"(  x = one_hot(review)
  h = rnn(x, units = 3)
  p = dense(last(h), 1)
  loss = binary_cross_entropy(p, sentiment)
  metric accuracy = accuracy(p, sentiment)
  output positive = sigmoid(p))";
}

}  // namespace unfold::testing
