// Who has a counter within reach, who has only remote channels, and who of them cannot use those.
//
// For a place, a group and a service: `reach` is the share of persons with a counter within the
// limit (inclusive), by car or without. Reach and ability are taken as independent inside a place
// and group; outputs state this.
//
//                      A autonomous    B needs help       C cannot
//   within reach       choice          counter_reliant    counter_reliant
//   none within reach  digital_only    assisted_only      stranded
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/csr.h"
#include "engine/decay.h"
#include "engine/parallel.h"
#include "engine/territory.h"

namespace maillage {

struct ExposureQuery {
  ServiceId service;
  int level = 1;         // least level
  Duration limit;        // a counter at exactly this time is within reach
  bool exhaustive = false;
  Decay decay = {};      // how reach fades with time; by default it ends at the limit
};

// Nearest counters of every place, and what follows for its people.
struct Exposure {
  std::shared_ptr<const Territory> territory;
  ExposureQuery query;
  std::vector<std::vector<Label>> car;     // walk class -> place -> nearest label, absent when none
  std::vector<std::vector<Label>> no_car;

  const Label& label(PlaceId p, GroupId g, PersonClass person_class) const {
    const std::uint32_t walk_class = territory->parts().groups->walk_class[g.v];
    return (person_class == PersonClass::car ? car : no_car)[walk_class][p.v];
  }
};

Exposure build_exposure(std::shared_ptr<const Territory> territory, const ExposureQuery& query,
                        const Context& context = {});

// Persons by state.
struct States {
  double choice = 0, counter_reliant = 0, digital_only = 0, assisted_only = 0, stranded = 0;

  double persons() const { return choice + counter_reliant + digital_only + assisted_only + stranded; }
  void add(const States& other) {
    choice += other.choice;
    counter_reliant += other.counter_reliant;
    digital_only += other.digital_only;
    assisted_only += other.assisted_only;
    stranded += other.stranded;
  }
};

// Share of a place's persons who have a counter within reach: of those with a car, of those without.
struct Reach {
  double by_car = 0, without_car = 0;
};

// The states of one group at one place; they sum to its persons.
States find_states(const TerritoryParts& parts, PlaceId place, GroupId group, const Reach& reach);
States find_states(const Exposure& exposure, PlaceId place, GroupId group);

// Which rows of a table a person counts in: place p counts in row `row_of_place[p]` (-1: in none);
// with `by_group` every row is split by group, group last.
struct Grouping {
  std::span<const std::int32_t> row_of_place;  // n_places
  std::size_t n_rows = 0;
  bool by_group = false;
};

// n_rows (x n_groups) sums. Summed in place order in fixed blocks: the same bytes for any threads.
std::vector<States> sum_states(const Exposure& exposure, const Grouping& grouping, const Context& context = {});

// n_rows (x n_groups) persons, counted from the population itself.
std::vector<double> sum_persons(const Exposure& exposure, const Grouping& grouping);

}  // namespace maillage
