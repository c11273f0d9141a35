#include "engine/departure_profile.h"

#include <algorithm>
#include <cmath>

namespace maillage {
namespace {

std::int64_t find_rank(double percentile, std::int64_t n) {
  const auto rank = static_cast<std::int64_t>(std::ceil(percentile / 100 * static_cast<double>(n))) - 1;
  return std::clamp<std::int64_t>(rank, 0, n - 1);
}

}  // namespace

ClockTime DepartureProfile::find_travel_time(ClockTime t, ClockTime longest) const {
  std::int64_t best = walking_;
  for (auto j = journeys_.rbegin(); j != journeys_.rend(); ++j)  // the first one to leave at t or later
    if (j->departure >= t) {
      best = std::min(best, std::int64_t{j->arrival} - t);
      break;
    }
  return best <= longest ? static_cast<ClockTime>(best) : kNever;
}

DepartureProfile::Runs DepartureProfile::find_runs(const DepartureWindow& window, ClockTime longest) const {
  Runs runs;
  const bool may_walk = walking_ <= longest;
  const std::int64_t step = window.step, n = window.n_instants(), most = may_walk ? walking_ : longest;
  std::int64_t next = 0;  // the first instant, by number, that is not looked at yet
  std::int64_t n_left = n;
  for (auto j = journeys_.rbegin(); j != journeys_.rend() && next < n; ++j) {
    if (j->departure < window.begin) continue;
    const std::int64_t end = std::min(n, (std::int64_t{j->departure} - window.begin) / step + 1);  // instants up to the departure
    if (end <= next) continue;
    const std::int64_t shortest = j->arrival - (window.begin + (end - 1) * step);  // from the last of them
    if (shortest <= most) {
      const std::int64_t n_ride = std::min(end - next, (most - shortest) / step + 1);
      runs.rides.push_back({shortest, n_ride});
      n_left -= n_ride;
    }
    next = end;
  }
  runs.n_walking = may_walk ? n_left : 0;
  return runs;
}

void DepartureProfile::find_percentiles(const DepartureWindow& window, ClockTime longest, std::span<const double> percentiles,
                                        std::span<ClockTime> out) const {
  const Runs runs = find_runs(window, longest);
  const std::int64_t n = window.n_instants(), step = window.step;
  // How many instants travel for at most `time`.
  auto count = [&](std::int64_t time) {
    std::int64_t sum = time >= walking_ ? runs.n_walking : 0;
    for (const Run& r : runs.rides)
      if (time >= r.first) sum += std::min(r.n, (time - r.first) / step + 1);
    return sum;
  };
  std::int64_t shortest = runs.n_walking > 0 ? walking_ : longest;
  for (const Run& r : runs.rides) shortest = std::min(shortest, r.first);
  const std::int64_t n_reached = count(longest);
  for (std::size_t i = 0; i < percentiles.size(); ++i) {
    const std::int64_t rank = find_rank(percentiles[i], n);
    if (rank >= n_reached) {
      out[i] = kNever;
      continue;
    }
    std::int64_t low = shortest, high = longest;  // the least time with count > rank
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (count(middle) > rank)
        high = middle;
      else
        low = middle + 1;
    }
    out[i] = static_cast<ClockTime>(low);
  }
}

std::int64_t DepartureProfile::count_unreached(const DepartureWindow& window, ClockTime longest) const {
  const Runs runs = find_runs(window, longest);
  std::int64_t n = window.n_instants() - runs.n_walking;
  for (const Run& r : runs.rides) n -= r.n;
  return n;
}

std::vector<ClockTime> find_percentiles_exhaustively(const DepartureProfile& profile, const DepartureWindow& window,
                                                     ClockTime longest, std::span<const double> percentiles) {
  std::vector<ClockTime> times;
  for (std::int64_t t = window.begin; t < window.end; t += window.step) times.push_back(profile.find_travel_time(static_cast<ClockTime>(t), longest));
  std::sort(times.begin(), times.end());
  std::vector<ClockTime> out;
  for (double p : percentiles) out.push_back(times[static_cast<std::size_t>(find_rank(p, static_cast<std::int64_t>(times.size())))]);
  return out;
}

}  // namespace maillage
