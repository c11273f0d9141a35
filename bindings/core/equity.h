// An engine struct of inequality measures as a mapping.
#pragma once

#include <pybind11/pybind11.h>

#include "engine/equity.h"

namespace maillage::bind {

pybind11::dict to_dict(const Equity& equity);

}  // namespace maillage::bind
