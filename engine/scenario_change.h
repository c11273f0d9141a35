// What any scenario changes: openings, moves, conversions, people, connectivity, roads, in any mixture.
//
// The edits are applied, and only places whose lists or people can differ are looked at; what the lists
// of the others are is never asked. With `exhaustive` everything is found anew and summed over
// everyone, before and after: the form that this one and ClosureSets are held equal to.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/change.h"
#include "engine/ladders.h"
#include "engine/parallel.h"
#include "engine/scenario.h"

namespace maillage {

// The columns of one scenario, as `ClosureSets::find` gives them. `before` is that of the territory
// which the edits of `after` were applied to.
std::vector<Change> find_scenario_change(const Ladders& before, const std::shared_ptr<const Territory>& after,
                                         Duration limit, const Context& context = {});

// The same from two exposures found in full.
std::vector<Change> find_change_between(const Exposure& before, const Exposure& after, const Context& context = {});

// n_scenarios x n_columns. Scenarios are evaluated side by side, those that edit roads one by one.
std::vector<Change> find_scenario_changes(const Ladders& before, const ExposureQuery& query,
                                          std::span<const std::vector<Edit>> scenarios, const Context& context = {});

}  // namespace maillage
