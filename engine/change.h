// What a scenario changes for one group, or for everyone: the one form in which single closures, sets of
// closures and all other scenarios answer.
//
// Every figure is after minus before, except for `moved`, `n_places` and `worst`. A scenario that
// touches nobody gives exactly zero.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/exposure.h"
#include "engine/ladders.h"

namespace maillage {

// The longest way that a scenario adds for anybody: from `before` to `after`, which may be unreachable.
struct Worst {
  PlaceId place;  // none: nobody's way gets longer
  Duration before, after;

  // By how much the way grows; becoming unreachable is more than any growth, and a way that was
  // unreachable does not grow.
  std::int32_t growth_ms() const {
    if (place.is_none() || !before.is_reachable()) return 0;
    if (!after.is_reachable()) return after.ms;
    return after.ms > before.ms ? after.ms - before.ms : 0;
  }
  // Longer growth is worse; equal ones by place, then by time before.
  bool is_worse_than(const Worst& other) const {
    const std::int32_t mine = growth_ms(), theirs = other.growth_ms();
    if (mine != theirs) return mine > theirs;
    if (mine == 0) return false;
    return place != other.place ? place < other.place : before < other.before;
  }
};

struct Change {
  double persons = 0;
  States states;
  double unreachable = 0;     // persons who can reach no counter
  double person_ms = 0;       // time to the nearest counter, summed over persons who can reach one
  double moved = 0;           // persons whose nearest counter, or the time to it, is another one than before
  std::uint32_t n_places = 0; // where they live
  Worst worst;

  void add(const Change& other) {
    persons += other.persons;
    states.add(other.states);
    unreachable += other.unreachable;
    person_ms += other.person_ms;
    moved += other.moved;
    n_places += other.n_places;
    if (other.worst.is_worse_than(worst)) worst = other.worst;
  }
};

// Two labels of one person class at one place.
struct Transfer {
  PlaceId place;
  std::size_t ladder;
  Label from, to;
};

// The people of a territory and what it means to them that their nearest counter is another one.
// Columns of changes: one a group, then one for all.
class People {
 public:
  People(const TerritoryParts& parts, Duration limit);

  std::size_t n_columns() const { return n_groups_ + 1; }
  std::span<const std::uint32_t> groups_of(std::size_t walk_class) const { return groups_[walk_class]; }
  double share(PlaceId p, std::size_t group, bool is_car) const {
    const double by_car = parts_.population->car_share(p.v, group);
    return is_car ? by_car : 1 - by_car;
  }
  double persons(PlaceId p, std::size_t group, bool is_car) const {
    return parts_.population->persons(p.v, group) * share(p, group, is_car);
  }
  bool is_populated(PlaceId p, std::size_t ladder) const;
  Duration limit() const { return limit_; }
  bool is_near(Duration time) const { return is_within(time, limit_); }
  // Share of a place's persons whom connectivity moves one ability down.
  double find_shift(PlaceId p) const;
  const TerritoryParts& parts() const { return parts_; }

  // States, unreachable persons and person-milliseconds of those who go a step.
  void add_times(const Transfer& step, std::span<Change> columns) const;
  // The worst place.
  void add_worst(const Transfer& step, std::span<Change> columns) const;
  // Persons and places of which the ladders in `is_changed` (n_ladders) changed.
  void add_moved(PlaceId p, std::span<const std::uint8_t> is_changed, std::span<Change> columns) const;

 private:
  const TerritoryParts& parts_;
  Duration limit_;
  std::size_t n_groups_;
  std::vector<std::vector<std::uint32_t>> groups_;  // walk class -> groups
};

// Figures of a territory as it stands, in the same columns: sums where `Change` has differences;
// nobody moves. Summed in place order as `sum_states` does, to the bit. O(places x groups).
std::vector<Change> sum_figures(const Ladders& ladders, const People& people);

// The same from an exposure found in full.
std::vector<Change> sum_figures(const Exposure& exposure, const Context& context = {});

}  // namespace maillage
