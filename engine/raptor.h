// Every journey worth taking from one point, over a window of departures: range RAPTOR.
//
// A run asks for one instant of departure; runs go from the last instant to the first and keep their
// labels, so a run finds only what an earlier departure improves. Rounds are rides: round r extends what
// r - 1 rides reached. Runs begin only where a trip leaves that can just be caught; between two
// such instants nothing changes but the waiting, so the result is exact without looking at each.
//
//   access   walks from the point to stops; a trip caught after one is the first ride
//   rides    a trip is ridden from where it is caught to where an earlier run caught it already: what
//            follows was handed out then, no later, with no more rides
//   changes  walks between stops after a ride, at most one between two rides (times on the walking
//            network are shortest ones, so two would not be shorter); see `visit_changes`
//
// Backwards in time: the same on `Timetable::reverse`. What a search holds is O(stops + trips) x rides.
#pragma once

#include <span>
#include <vector>

#include "engine/departure_profile.h"
#include "engine/timetable.h"

namespace maillage {

// A way on foot to or from a stop.
struct StopWalk {
  StopId stop;
  ClockTime seconds;
};

// Calls `visit(where the next ride begins, seconds)` for whoever a ride brought to a stop: that stop first.
// A row of a stop with itself is the least time between two rides there: 0 s without one, kNever where
// nobody may change.
template <class Visit>
void visit_changes(const Ragged<StopWalk>& changes, StopId stop, Visit&& visit) {
  ClockTime stay = 0;
  for (const StopWalk& w : changes[stop.v])
    if (w.stop == stop) stay = w.seconds;
  if (stay != kNever) visit(stop, stay);
  for (const StopWalk& w : changes[stop.v])
    if (w.stop != stop) visit(w.stop, w.seconds);
}

// The same ways walked from their ends, as searches backwards in time need them.
Ragged<StopWalk> turn_changes(const Ragged<StopWalk>& changes);

struct RideOptions {
  DepartureWindow window;
  ClockTime longest = 7200;  // longest travel time, waiting included
  int max_rides = 4;         // at least 1
  ClockTime wait = 0;        // least seconds between arriving at a stop and leaving it
};

// Searches one after the other on one timetable. Not shared between threads.
class RangeSearch {
 public:
  // `changes`: walks from each stop to others, and rules of a stop with itself (n_stops rows); both outlive the search.
  RangeSearch(const Timetable& timetable, const Ragged<StopWalk>& changes);

  // Calls `visit(departure, stop, arrival)` for every stop and departure that brings one there, by a ride,
  // earlier than any later departure does. Departures fall from call to call.
  template <class Visit>
  void run(std::span<const StopWalk> access, const RideOptions& options, Visit&& visit) {
    begin(access, options);
    while (next_departure()) {
      ride_all();
      for (StopId s : improved_) {
        is_improved_[s.v] = 0;
        visit(departure_, s, rides_[s.v * n_rounds_ + n_rounds_ - 1]);
      }
      improved_.clear();
    }
  }

  // Whether the last run may board at a stop after a ride, whatever leaves there.
  bool reaches(StopId s) const { return reached_[s.v * n_rounds_ + n_rounds_ - 1] != kNever; }

 private:
  // A trip that can just be caught by leaving the point at an instant.
  struct Catch {
    ClockTime departure;
    LineId line;
    std::uint32_t position, trip;
  };

  void begin(std::span<const StopWalk> access, const RideOptions& options);
  void find_catches(std::span<const StopWalk> access);
  bool next_departure();
  void ride_all();
  void board(StopId stop, ClockTime earliest, std::size_t round);
  void ride(LineId line, std::size_t position, std::size_t trip, std::size_t round);
  void change(std::size_t round);
  void reach(StopId stop, ClockTime arrival, std::size_t round);

  const Timetable& timetable_;
  const Ragged<StopWalk>& changes_;
  RideOptions options_;
  std::size_t n_rounds_ = 0;
  ClockTime departure_ = 0;
  std::vector<Catch> catches_;  // falling departures
  std::size_t next_ = 0;
  std::vector<ClockTime> rides_;       // stop x round -> earliest arrival by at most so many rides
  std::vector<ClockTime> reached_;     // stop x round -> the same, a walk after the last ride included
  std::vector<std::uint16_t> ridden_;  // trip x round -> first position ridden by at most so many rides
  // Call of a line at a stop x round: whoever is there later than this catches no earlier trip than earlier runs.
  std::vector<ClockTime> too_late_;
  std::vector<StopId> arrived_;        // stops where a ride of this round arrives earlier
  std::vector<StopId> marked_;         // stops that this round reaches earlier
  std::vector<std::uint8_t> is_arrived_, is_marked_, is_improved_;
  std::vector<StopId> improved_;       // stops that this run reaches earlier
};

}  // namespace maillage
