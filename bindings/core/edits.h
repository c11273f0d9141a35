// Edits of one scenario, as Python fills them in.
#pragma once

#include <vector>

#include "engine/scenario.h"

namespace maillage::bind {

struct Edits {
  std::vector<Edit> items;
};

}  // namespace maillage::bind
