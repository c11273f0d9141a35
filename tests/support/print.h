// How values of the engine look in the messages of failing tests.
#pragma once

#include <ostream>

#include "engine/dijkstra.h"
#include "engine/id.h"
#include "engine/units.h"

namespace maillage {

template <class Tag>
void PrintTo(const Id<Tag>& id, std::ostream* out) {
  if (id.is_none())
    *out << "none";
  else
    *out << '#' << id.v;
}
inline void PrintTo(const Duration& time, std::ostream* out) {
  if (time.is_reachable())
    *out << time.ms << " ms";
  else
    *out << "unreachable";
}
inline void PrintTo(const LatLon& point, std::ostream* out) { *out << point.lat << ", " << point.lon; }
inline void PrintTo(const Label& label, std::ostream* out) {
  PrintTo(label.counter, out);
  *out << " at ";
  PrintTo(label.time, out);
}

}  // namespace maillage
