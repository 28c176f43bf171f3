#include <unordered_map>

#include "ops/ops.h"

namespace unfold {

const std::vector<const OpDef*>& all_ops() {
  static const std::vector<const OpDef*> ops = [] {
    std::vector<const OpDef*> list{
        // sources
        &input_op,
        &parameter_op,
        &length_op,
        &fill_op,
        &constant_op,
        &random_op,
        &state_op,
        &after_op,
        // elementwise
        &to_real_op,
        &stop_gradient_op,
        &select_op,
        // products
        &matmul_op,
        &outer_op,
        // shapes
        &concat_op,
        &stack_op,
        &at_op,
        &place_op,
        &slice_op,
        &pad_op,
        &transpose_op,
        &reshape_op,
        &reverse_op,
        &shift_op,
        &broadcast_op,
        &take_step_op,
        &put_step_op,
        // reductions
        &sum_op,
        &max_op,
        &sum_to_op,
        &batch_sum_op,
        &argmax_op,
        &softmax_op,
        &log_sum_exp_op,
        // symbols and time
        &gather_op,
        &scatter_op,
        &one_hot_op,
        &pick_op,
        &step_mask_op,
    };
    for (const auto family : {unary_ops(), binary_ops(), compare_ops()})
      for (const OpDef& op : family) list.push_back(&op);
    return list;
  }();
  return ops;
}

const OpDef* find_op(std::string_view name) {
  static const std::unordered_map<std::string_view, const OpDef*> index = [] {
    std::unordered_map<std::string_view, const OpDef*> map;
    for (const OpDef* op : all_ops()) map.emplace(op->name, op);
    return map;
  }();
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

}  // namespace unfold
