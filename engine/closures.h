// Every closure alone: what it would mean, for each group, that this counter and no other one closes.
//
// One pass over the lists of the places. Whoever's nearest counter is c goes to the second one of their
// ladder when c closes, and nobody else notices, so a place adds to the counters on its first rungs.
// Closing the counter in a scenario and asking for everything anew is the slow, obvious form.
#pragma once

#include <span>
#include <vector>

#include "engine/change.h"
#include "engine/ladders.h"
#include "engine/parallel.h"

namespace maillage {

struct SingleClosures {
  std::size_t n_columns = 0;          // n_groups + 1: the groups, then all of them
  std::vector<std::uint32_t> row_of;  // counter -> row; row 0 is that of counters that nobody turns to first
  std::vector<Change> changes;        // rows x n_columns; nothing changes in row 0

  std::span<const Change> operator[](CounterId c) const { return {changes.data() + row_of[c.v] * n_columns, n_columns}; }
};

// Summed in place order in fixed blocks: the same bytes for any number of threads.
// O(places x (networks + groups)), memory
// O(counters that somebody turns to first x groups).
SingleClosures find_single_closures(const Ladders& ladders, const People& people, const Context& context = {});

}  // namespace maillage
