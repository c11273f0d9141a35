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

WindowReader::WindowReader(const DepartureWindow& window, ClockTime longest, std::vector<double> percentiles) : window_(window), longest_(longest) {
  for (double p : percentiles) ranks_.push_back(find_rank(p, window.n_instants()));
}

void WindowReader::find_runs(const DepartureProfile& profile) {
  runs_.clear();
  walking_ = profile.walking();
  const bool may_walk = walking_ <= longest_;
  const std::int64_t step = window_.step, n = window_.n_instants(), most = may_walk ? walking_ : longest_;
  std::int64_t next = 0;  // the first instant, by number, that is not looked at yet
  n_reached_ = 0;
  const auto journeys = profile.journeys();
  for (auto j = journeys.rbegin(); j != journeys.rend() && next < n; ++j) {
    if (j->departure < window_.begin) continue;
    const std::int64_t end = std::min(n, (std::int64_t{j->departure} - window_.begin) / step + 1);  // instants up to the departure
    if (end <= next) continue;
    const std::int64_t shortest = j->arrival - (window_.begin + (end - 1) * step);  // from the last of them
    if (shortest <= most) {
      const std::int64_t n_ride = std::min(end - next, (most - shortest) / step + 1);
      runs_.push_back({shortest, n_ride});
      n_reached_ += n_ride;
    }
    next = end;
  }
  n_walking_ = may_walk ? n - n_reached_ : 0;
  n_reached_ += n_walking_;
}

// How many instants travel for at most `time`.
std::int64_t WindowReader::count(std::int64_t time) const {
  std::int64_t sum = time >= walking_ ? n_walking_ : 0;
  for (const Run& r : runs_)
    if (time >= r.first) sum += std::min(r.n, (time - r.first) / window_.step + 1);
  return sum;
}

std::int64_t WindowReader::read(const DepartureProfile& profile, std::span<ClockTime> out) {
  find_runs(profile);
  if (runs_.empty())
    std::fill(out.begin(), out.end(), n_walking_ > 0 ? walking_ : kNever);
  else if (window_.step == 1)
    look_up(out);
  else
    search(out);
  return window_.n_instants() - n_reached_;
}

// With steps of one second `count` is piecewise linear: its bends are sorted once for all percentiles. Nobody who
// rides travels longer than on foot, so those who walk come last.
void WindowReader::look_up(std::span<ClockTime> out) {
  bends_.clear();
  for (const Run& r : runs_) {
    bends_.push_back({r.first, 1});
    bends_.push_back({r.first + r.n, -1});
  }
  std::sort(bends_.begin(), bends_.end(), [](const Bend& a, const Bend& b) { return a.time < b.time; });
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (ranks_[i] >= n_reached_)
      out[i] = kNever;
    else
      out[i] = ranks_[i] >= n_reached_ - n_walking_ ? walking_ : find_along_bends(ranks_[i]);
  }
}

// The travel time of the instant with that rank.
ClockTime WindowReader::find_along_bends(std::int64_t rank) const {
  std::int64_t sum = 0, slope = 0, time = bends_.front().time;
  for (const Bend& b : bends_) {
    const std::int64_t more = (b.time - time) * slope;
    if (sum + more > rank) break;
    sum += more;
    time = b.time;
    slope += b.slope;
  }
  return static_cast<ClockTime>(time + (rank - sum) / slope);
}

void WindowReader::search(std::span<ClockTime> out) const {
  std::int64_t shortest = n_walking_ > 0 ? walking_ : longest_;
  for (const Run& r : runs_) shortest = std::min(shortest, r.first);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (ranks_[i] >= n_reached_) {
      out[i] = kNever;
      continue;
    }
    std::int64_t low = shortest, high = longest_;  // the least time with count > rank
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (count(middle) > ranks_[i])
        high = middle;
      else
        low = middle + 1;
    }
    out[i] = static_cast<ClockTime>(low);
  }
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
