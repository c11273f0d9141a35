// Journeys worth taking from one point to another, with their legs: the Pareto set of departure, arrival
// and number of rides.
//
// Asked for are instants of a window: at each somebody wants to leave (or to be there). The journeys are
// those that are best for one of them, so the first may leave after the window, with the waiting before it
// at home. Walking all the way is one of them whenever it is short enough, and rides that are no faster
// than walking are none. One range search for each number of rides gives departures and arrivals,
// `LegSearch` the legs.
#pragma once

#include <vector>

#include "engine/journey_legs.h"
#include "engine/raptor.h"

namespace maillage {

enum class Wanted { departure, arrival };

// `options.window` holds the instants, its step is not looked at; `options.longest` bounds the time from the
// wanted departure to the arrival (or from the departure to the wanted arrival). Order: by departure, arrival,
// rides; walking leaves at the first instant, or arrives at the last one.
std::vector<Itinerary> find_journeys(const Timetable& timetable, const Ragged<StopWalk>& changes, const PointWays& ways,
                                     const RideOptions& options, Wanted wanted);

}  // namespace maillage
