#pragma once

namespace unfold {

/// Tells the product libraries to keep to the calling thread; before any call of theirs. Their own
/// threads beside the scheduler's would fight for the cores.
void use_one_thread();

}  // namespace unfold
