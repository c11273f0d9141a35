#include "engine/time_expanded.h"

#include <algorithm>
#include <queue>
#include <tuple>

namespace maillage {
namespace {

// Somebody at a stop: after so many rides, and whether the last thing was a ride.
struct State {
  ClockTime time;
  int n_rides;
  bool rode;
  StopId stop;
  friend auto operator<=>(const State&, const State&) = default;
};

}  // namespace

std::vector<ClockTime> find_arrivals_exhaustively(std::span<const TripCall> calls, std::size_t n_stops, const Ragged<StopWalk>& changes,
                                                  std::span<const StopWalk> access, ClockTime departure, const RideOptions& options) {
  const std::size_t n_states = n_stops * static_cast<std::size_t>(options.max_rides + 1) * 2;
  std::vector<ClockTime> best(n_states, kNever);
  std::vector<std::vector<std::size_t>> calls_at(n_stops);
  for (std::size_t i = 0; i < calls.size(); ++i) calls_at[calls[i].stop.v].push_back(i);
  std::priority_queue<State, std::vector<State>, std::greater<>> queue;
  auto row = [&](const State& s) { return (s.stop.v * static_cast<std::size_t>(options.max_rides + 1) + static_cast<std::size_t>(s.n_rides)) * 2 + s.rode; };
  auto relax = [&](const State& s) {
    if (s.time - departure > options.longest || s.time >= best[row(s)]) return;
    best[row(s)] = s.time;
    queue.push(s);
  };
  for (const StopWalk& a : access) relax({departure + a.seconds, 0, false, a.stop});
  while (!queue.empty()) {
    const State s = queue.top();
    queue.pop();
    if (s.time > best[row(s)]) continue;
    bool has_rule = false;  // of how long people stay at the stop between two rides, or that they may not change
    if (s.rode)
      for (const StopWalk& w : changes[s.stop.v]) {
        has_rule |= w.stop == s.stop;
        if (w.seconds != kNever) relax({s.time + w.seconds, s.n_rides, false, w.stop});
      }
    if (s.n_rides == options.max_rides || has_rule) continue;
    for (std::size_t at : calls_at[s.stop.v]) {
      if (!calls[at].may_board || calls[at].departure < s.time + options.wait) continue;
      for (std::size_t i = at + 1; i < calls.size() && calls[i].trip == calls[at].trip; ++i)
        if (calls[i].may_alight) relax({calls[i].arrival, s.n_rides + 1, true, calls[i].stop});
    }
  }
  std::vector<ClockTime> arrivals(n_stops, kNever);
  for (std::size_t s = 0; s < n_stops; ++s)
    for (int r = 1; r <= options.max_rides; ++r) {
      const State state{0, r, true, StopId(s)};
      arrivals[s] = std::min(arrivals[s], best[row(state)]);
    }
  return arrivals;
}

}  // namespace maillage
