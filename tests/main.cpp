#include <boost/test/unit_test.hpp>

// Written out instead of asked for with BOOST_TEST_MODULE, because the header comes precompiled.
int main(int argc, char* argv[]) {
  const auto set_up = [] {
    boost::unit_test::framework::master_test_suite().p_name.value = "unfold";
    return true;
  };
  return boost::unit_test::unit_test_main(set_up, argc, argv);
}
