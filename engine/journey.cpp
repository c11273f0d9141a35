#include "engine/journey.h"

#include <algorithm>
#include <tuple>

namespace maillage {
namespace {

struct Candidate {
  Journey journey;
  std::size_t n_rides;
};

// The first and the last instant.
struct Span {
  ClockTime first, last;
};

// Journeys by at most so many rides over a window of departures, in falling order.
DepartureProfile find_profile(RangeSearch& search, const PointWays& ways, const RideOptions& options, const std::vector<ClockTime>& egress) {
  DepartureProfile profile;
  profile.clear(kNever);
  search.run(ways.access, options, [&](ClockTime departure, StopId stop, ClockTime arrival) {
    if (egress[stop.v] <= options.longest - (arrival - departure)) profile.add({departure, arrival + egress[stop.v]});
  });
  return profile;
}

// Those of a profile that are the best for an instant of departure: in the window, and the first one after it.
std::vector<Journey> select_by_departure(const DepartureProfile& profile, Span span, ClockTime longest) {
  std::vector<Journey> chosen;
  for (const Journey& j : profile.journeys()) {
    if (j.departure < span.first) break;
    if (j.departure >= span.last) chosen.clear();
    if (j.arrival - std::min(j.departure, span.last) <= longest) chosen.push_back(j);
  }
  return chosen;
}

// Those that are the best for an instant of arrival: in the window, and the last one before it.
std::vector<Journey> select_by_arrival(const DepartureProfile& profile, Span span, ClockTime longest) {
  std::vector<Journey> chosen;
  for (const Journey& j : profile.journeys()) {
    if (j.arrival > span.last) continue;
    if (std::max(j.arrival, span.first) - j.departure <= longest) chosen.push_back(j);
    if (j.arrival <= span.first) break;
  }
  return chosen;
}

// Instants at which a journey may leave.
DepartureWindow find_departures(Span span, ClockTime longest, Wanted wanted) {
  if (wanted == Wanted::departure) return {span.first, span.last + longest + 1, 1};
  return {span.first - longest, span.last + 1, 1};
}

// Does a journey with fewer rides leave no earlier and arrive no later?
bool is_beaten(const Journey& j, const std::vector<Candidate>& found, ClockTime direct) {
  if (j.arrival - j.departure >= direct) return true;
  return std::any_of(found.begin(), found.end(), [&](const Candidate& c) {
    return c.journey.departure >= j.departure && c.journey.arrival <= j.arrival;
  });
}

std::vector<Candidate> find_candidates(const Timetable& timetable, const Ragged<StopWalk>& changes, const PointWays& ways,
                                       const RideOptions& options, Span span, Wanted wanted) {
  RangeSearch search(timetable, changes);
  std::vector<ClockTime> egress(timetable.n_stops(), kNever);
  for (const StopWalk& w : ways.egress) egress[w.stop.v] = std::min(egress[w.stop.v], w.seconds);
  const ClockTime direct = ways.direct <= options.longest ? ways.direct : kNever;
  std::vector<Candidate> found;
  for (int n_rides = 1; n_rides <= options.max_rides; ++n_rides) {
    RideOptions asked = options;
    asked.window = find_departures(span, options.longest, wanted);
    asked.max_rides = n_rides;
    const DepartureProfile profile = find_profile(search, ways, asked, egress);
    const auto chosen = wanted == Wanted::departure ? select_by_departure(profile, span, options.longest)
                                                    : select_by_arrival(profile, span, options.longest);
    std::vector<Candidate> better;
    for (const Journey& j : chosen)
      if (!is_beaten(j, found, direct)) better.push_back({j, static_cast<std::size_t>(n_rides)});
    found.insert(found.end(), better.begin(), better.end());
  }
  return found;
}

}  // namespace

std::vector<Itinerary> find_journeys(const Timetable& timetable, const Ragged<StopWalk>& changes, const PointWays& ways,
                                     const RideOptions& options, Wanted wanted) {
  const Span span{options.window.begin, options.window.end - 1};
  std::vector<Itinerary> journeys;
  if (ways.direct <= options.longest) {
    const ClockTime leave = wanted == Wanted::departure ? span.first : span.last - ways.direct;
    journeys.push_back({leave, leave + ways.direct, {}, ways.direct});
  }
  const auto candidates = find_candidates(timetable, changes, ways, options, span, wanted);
  if (!candidates.empty()) {
    const Timetable reversed = timetable.reverse(options.wait);
    const Ragged<StopWalk> turned = turn_changes(changes);
    LegSearch legs(timetable, changes, reversed, turned, ways, options.wait);
    for (const Candidate& c : candidates) journeys.push_back(legs.run(c.journey, c.n_rides));
  }
  std::stable_sort(journeys.begin(), journeys.end(), [](const Itinerary& a, const Itinerary& b) {
    return std::tuple(a.departure, a.arrival, a.rides.size()) < std::tuple(b.departure, b.arrival, b.rides.size());
  });
  return journeys;
}

}  // namespace maillage
