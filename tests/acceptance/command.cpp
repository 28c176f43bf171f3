#include "tests/acceptance/command.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace unfold::testing {

namespace fs = std::filesystem;

Workshop::Workshop() {
  static int made = 0;
  root = fs::temp_directory_path() /
         ("unfold_command_" + std::to_string(::getpid()) + "_" + std::to_string(++made));
  fs::create_directories(root);
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
