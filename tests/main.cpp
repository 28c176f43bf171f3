#include <boost/test/unit_test.hpp>

// Written out instead of asked for with BOOST_TEST_MODULE, because the header comes precompiled.
int main(int argc, char* argv[]) {
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
