#include "ops/one_thread.h"

#include <omp.h>

extern "C" void openblas_set_num_threads(int);

namespace unfold {

// OpenMP keeps the number for each thread by itself; OpenBLAS has one for all, and setting it is
// not safe from two threads at once.
void use_one_thread() {
  static const bool set_for_all = (openblas_set_num_threads(1), true);
  thread_local const bool set = (omp_set_num_threads(1), true);
  static_cast<void>(set_for_all);
  static_cast<void>(set);
}

}  // namespace unfold
