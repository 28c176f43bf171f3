#include <boost/test/unit_test.hpp>

#include <set>

#include "tests/ops/samples.h"

namespace unfold::check {

namespace {

std::vector<Sample> all_samples() {
  std::vector<Sample> out;
  for (const auto list : {unary_samples, binary_samples, compare_samples, matmul_samples,
                          concat_samples, slice_samples, shapes_samples, reduce_samples,
                          softmax_samples, sources_samples, symbols_samples, time_samples})
    for (Sample& s : list()) out.push_back(std::move(s));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(registry)

BOOST_AUTO_TEST_CASE(every_operation_has_samples) {
  std::set<std::string> sampled, differentiated;
  for (const Sample& s : all_samples()) {
    sampled.insert(s.op);
    if (s.differentiable) differentiated.insert(s.op);
  }
  for (const OpDef* op : all_ops()) {
    BOOST_TEST(sampled.contains(std::string(op->name)), op->name << " has no samples");
    if (op->gradient != nullptr)
      BOOST_TEST(differentiated.contains(std::string(op->name)),
                 op->name << " has no sample whose gradient is checked");
  }
}

BOOST_AUTO_TEST_CASE(samples_are_of_operations_that_exist) {
  for (const Sample& s : all_samples()) BOOST_TEST(find_op(s.op) != nullptr, s.op);
}

BOOST_AUTO_TEST_CASE(names_are_unique_and_found) {
  std::set<std::string_view> names;
  for (const OpDef* op : all_ops()) {
    BOOST_TEST(names.insert(op->name).second, op->name << " is there twice");
    BOOST_TEST((find_op(op->name) == op));
    BOOST_TEST(!op->doc.empty());
  }
  BOOST_TEST((find_op("no such operation") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace unfold::check
