// Random territories and random scenarios on them.
//
// A territory has a random town for cars, roads on foot for each walking speed and sometimes bikes;
// places and counters on roads, on crossings, on the same segment, on the same point, beside roads and
// far from any; groups, persons (some places empty), car shares, services with levels, closed counters.
// Some count a counter in the place's own area as 0 minutes away, and half of them have hierarchies.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/exposure.h"
#include "engine/scenario.h"
#include "engine/territory.h"
#include "tests/support/dice.h"

namespace maillage::test {

struct RandomTerritory {
  std::shared_ptr<const Territory> territory;
  std::size_t n_services = 1;
};

RandomTerritory build_random_territory(Dice& dice);

// What a scenario may do.
struct ScenarioOptions {
  int n_edits = 5;
  bool closes = true, opens = true, moves = true, converts = true, edits_people = true, edits_roads = true;
};

// Edits that can be applied in their order to `territory`: only open counters close, only closed ones
// open again.
std::vector<Edit> build_random_edits(const Territory& territory, Dice& dice, const ScenarioOptions& options = {});

std::vector<Edit> build_closing_of_everything(const Territory& territory);

// Every question that can be asked about nearest counters, with this k.
std::vector<NearestQuery> build_all_queries(const Territory& territory, int k);

// A question about exposure with a limit that splits the places, service and level at random.
ExposureQuery build_random_query(const Territory& territory, Dice& dice);

// n_rows areas, some places in none.
std::vector<std::int32_t> build_random_areas(const Territory& territory, std::size_t n_rows, Dice& dice);

// Every place its own row.
std::vector<std::int32_t> build_place_rows(const Territory& territory);

}  // namespace maillage::test
