// What the documentation shows must work: its programs check, its commands run.

#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path source_dir = UNFOLD_SOURCE_DIR;
const fs::path binary_dir = UNFOLD_BINARY_DIR;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Block {
  std::string name;  ///< README.md:12
  std::string text;
};

/// The fenced blocks of a page that are marked with `language`.
std::vector<Block> blocks_of(const fs::path& page, const std::string& language) {
  std::vector<Block> blocks;
  std::istringstream lines(read(page));
  std::string line;
  bool inside = false, wanted = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && line == "```" + language;
      if (wanted) {
        blocks.push_back({page.filename().string() + ":" + std::to_string(number), ""});
      }
    } else if (wanted) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

std::vector<fs::path> pages() {
  std::vector<fs::path> found = {source_dir / "README.md", source_dir / "CONTRIBUTING.md",
                                 source_dir / "examples/README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(source_dir / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  return found;
}

/// A directory that looks like a clone after ./demo: examples/ and build/unfold, nothing else.
struct Clone {
  Clone() {
    std::string name = (fs::temp_directory_path() / "unfold-readme-XXXXXX").string();
    BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
    fs::create_directories(root / "build");
    fs::copy(source_dir / "examples", root / "examples", fs::copy_options::recursive);
    fs::create_symlink(binary_dir / "unfold", root / "build/unfold");
  }

  ~Clone() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }
  Clone(const Clone&) = delete;
  Clone& operator=(const Clone&) = delete;

  void run(const Block& block) const {
    std::ofstream(root / "block.sh") << block.text;
    const std::string command = "cd '" + root.string() + "' && sh -ex block.sh >block.out 2>&1";
    const int status = std::system(command.c_str());
    const bool succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    BOOST_TEST(succeeded, block.name << ":\n" << read(root / "block.out"));
  }

  fs::path root;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(readme)

BOOST_FIXTURE_TEST_CASE(programs_in_the_pages_check, Clone) {
  int programs = 0;
  for (const fs::path& page : pages()) {
    for (const Block& block : blocks_of(page, "fold")) {
      if (block.text.find("model {") == std::string::npos) continue;  // a fragment
      std::ofstream(root / "block.fold") << block.text;
      run({block.name, "build/unfold check block.fold"});
      ++programs;
    }
  }
  BOOST_TEST(programs > 0);
}

BOOST_FIXTURE_TEST_CASE(commands_in_the_pages_run, Clone) {
  int blocks = 0;
  for (const fs::path& page : pages()) {
    for (const Block& block : blocks_of(page, "sh")) {
      run(block);
      ++blocks;
    }
  }
  BOOST_TEST(blocks > 0);
}

BOOST_AUTO_TEST_SUITE_END()
