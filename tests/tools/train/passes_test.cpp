// What `--passes` says.

#include "tools/train/passes.h"

#include <boost/test/unit_test.hpp>

#include "ops/rewrites/pipeline.h"
#include "tools/train/model.h"

using namespace unfold;

namespace {

using Names = std::set<std::string>;

Names every() {
  const auto names = pass_names();
  return {names.begin(), names.end()};
}

Names without(const Names& some) {
  Names left = every();
  for (const std::string& name : some) left.erase(name);
  return left;
}

std::string error_of(const std::string& list) {
  try {
    passes_off(list);
  } catch (const UsageError& error) {
    return error.message;
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passes_option)

BOOST_AUTO_TEST_CASE(all_or_none) {
  BOOST_TEST(passes_off("all") == Names{});
  BOOST_TEST(passes_off("none") == every());
}

BOOST_AUTO_TEST_CASE(all_but_some) {
  BOOST_TEST(passes_off("all,-join_steps,-views") == (Names{"join_steps", "views"}));
  BOOST_TEST(passes_off("-join_steps,-views") == (Names{"join_steps", "views"}));
}

BOOST_AUTO_TEST_CASE(some_only) {
  BOOST_TEST(passes_off("simplify,fuse_elementwise") == without({"simplify", "fuse_elementwise"}));
  BOOST_TEST(passes_off("none,simplify") == without({"simplify"}));
  BOOST_TEST(passes_off("simplify,views,-simplify") == without({"views"}));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_told_with_the_nearest) {
  BOOST_TEST(error_of("simplfy").starts_with(
      "--passes: there is no pass 'simplfy' (did you mean 'simplify'?); passes are "));
  BOOST_TEST(error_of("all,-veiws").find("did you mean 'views'?") != std::string::npos);
  BOOST_TEST(error_of("").starts_with("--passes: there is no pass ''"));
  BOOST_TEST(error_of("all,").starts_with("--passes: there is no pass ''"));
  BOOST_TEST(error_of("zzzzzzzzzzzz").find("did you mean") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
