// What it costs the people of some consecutive places when the nearest counter of each closes: the way from the
// first rung of every ladder to the second, side by side.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/change.h"
#include "engine/rung_tile.h"

namespace maillage {

// Whom the people of a place turn to.
enum class Turn : std::int32_t {
  one,      // everybody to one counter: four places in five of the generated country
  two,      // everybody with a car to one, everybody else to another: the fifth one
  several,  // to others as they walk fast or slowly, or some to none
};

class DetourTile {
 public:
  static constexpr std::size_t kPlaces = RungTile::kPlaces;
  template <class T>
  using Row = std::array<T, kPlaces>;

  // The ways of one ladder.
  struct Ways {
    Row<std::int32_t> before, after;  // ms to the first counter, and to the second
    Row<std::int32_t> growth;         // how much longer; the greatest number where no second counter exists
    Row<double> ms;                   // the same for sums: where no second counter exists, less the way to the first
    Row<std::int32_t> is_lost;        // no counter within the limit any more
    Row<std::int32_t> is_gone;        // no counter at all
  };

  DetourTile(const Ladders& ladders, const People& people);

  // Both as those of RungTile.
  void read(std::size_t begin, std::size_t end);
  MAILLAGE_PREFETCHES void prefetch(std::size_t p) const { rungs_.prefetch(p); }

  Turn turn(std::size_t i) const { return static_cast<Turn>(std::min(turn_[i], static_cast<std::int32_t>(Turn::several))); }
  // The greatest growth of those by car, or of all others; where one of them loses its counter, the greatest number.
  std::int32_t most(std::size_t i, bool is_car) const { return most_[is_car ? 0 : 1][i]; }
  const Ways& operator[](std::size_t ladder) const { return ways_[ladder]; }
  CounterId counter(std::size_t ladder, std::size_t i) const { return counter_of(rungs_[ladder].first[i]); }

 private:
  std::int32_t limit_ms_;  // never that of what cannot be reached
  RungTile rungs_;
  std::vector<Ways> ways_;  // of every ladder
  Row<std::int32_t> turn_;  // a Turn; or several, added up by their bits: then the last counts
  std::array<Row<std::int32_t>, 2> most_;
};

}  // namespace maillage
