#include "engine/transit_mode.h"

#include <algorithm>
#include <cmath>

#include "engine/crow.h"

namespace maillage {
namespace {

Duration to_time(ClockTime seconds) { return seconds == kNever ? unreachable() : Duration{seconds * 1000}; }

// Every arrival that a departure in the window may lead to, backwards.
RideOptions turn(const RideOptions& ride) {
  RideOptions back = ride;
  back.window = {-(ride.window.end + ride.longest), -ride.window.begin + 1, 1};
  back.wait = 0;
  return back;
}

// Journeys of a backward search as those of people who travel forward.
void turn(const DepartureProfile& back, DepartureProfile& out) {
  out.clear(back.walking());
  const auto journeys = back.journeys();
  for (auto j = journeys.rbegin(); j != journeys.rend(); ++j) out.add({-j->arrival, -j->departure});
}

void keep_labels(NearestIndex& index, std::size_t p, std::vector<Label>& labels) {
  keep_best(labels, index.k);
  std::copy(labels.begin(), labels.end(), index.labels.data() + p * static_cast<std::size_t>(index.k));
  index.count.data()[p] = static_cast<std::uint8_t>(labels.size());
}

NearestIndex begin_index(std::size_t n_places, CounterSet counters, int k) {
  NearestIndex index;
  index.k = k;
  index.n_places = n_places;
  index.labels.resize(n_places * static_cast<std::size_t>(k));
  index.count.resize(n_places);
  index.counters = std::move(counters);
  return index;
}

}  // namespace

TransitMode::TransitMode(RideNetwork network, Footpaths paths, std::span<const LatLon> stops, const TransitRule& rule, const Context& context)
    : forward_(std::move(network)), backward_(reverse(forward_, rule.ride.wait)), paths_(std::move(paths)), rule_(rule), n_stops_(stops.size()) {
  for (std::uint32_t s = 0; s < stops.size(); ++s)
    if (!std::isnan(stops[s].lat) && !std::isnan(stops[s].lon)) {
      known_.push_back(s);
      stop_points_.push_back(stops[s]);
    }
  stop_links_ = attach(stop_points_, {}, context);
}

Links TransitMode::attach(std::span<const LatLon> points, const LinkOptions& options, const Context& context) const {
  return paths_.straight_mps > 0 ? build_crow_links(points) : build_links(*paths_.network, points, options, context);
}

Ragged<PointWalk> TransitMode::walk(const FootPoints& from, const FootPoints& to, ClockTime longest, const Context& context) const {
  if (paths_.straight_mps > 0) return find_straight_walks(from.points, to.points, paths_.straight_mps, longest, context);
  return maillage::find_walks({*paths_.network, paths_.hierarchy.get()}, from.links, to.links, {1.0, longest}, context);
}

Ragged<PointWalk> TransitMode::walk_to_stops(const FootPoints& from, ClockTime longest, const Context& context) const {
  Ragged<PointWalk> walks = walk(from, {stop_points_, stop_links_}, longest, context);
  for (PointWalk& w : walks.values) w.row = known_[w.row];
  return walks;
}

Ragged<PointWalk> TransitMode::walk_from_stops(const FootPoints& to, ClockTime longest, const Context& context) const {
  const Ragged<PointWalk> walks = walk({stop_points_, stop_links_}, to, longest, context);
  Ragged<PointWalk> all;
  std::size_t next = 0;
  for (std::uint32_t s = 0; s < n_stops_; ++s) {
    const bool is_known = next < known_.size() && known_[next] == s;
    all.push_row(is_known ? walks[next] : std::span<const PointWalk>());
    next += is_known;
  }
  return all;
}

TransitWalks TransitMode::find_walks(const FootPoints& from, const FootPoints& to, const Context& context) const {
  return {walk_to_stops(from, rule_.longest_walk, context), walk_from_stops(to, rule_.longest_egress, context),
          walk(from, to, rule_.longest_walk, context)};
}

// The same ways as a search backwards from `to` takes them.
TransitWalks TransitMode::find_walks_back(const FootPoints& from, const FootPoints& to, const Context& context) const {
  const TransitWalks walks = find_walks(from, to, context);
  return {turn_walks(walks.egress, to.points.size()), turn_walks(walks.access, n_stops_), turn_walks(walks.direct, to.points.size())};
}

void TransitMode::fill(const FootPoints& places, const FootPoints& counters, Direction direction, std::span<Found> columns,
                       const Context& context) const {
  const bool is_back = direction == Direction::to_counters;
  const TransitWalks walks = is_back ? find_walks_back(places, counters, context) : find_walks(counters, places, context);
  const RideOptions ride = is_back ? turn(rule_.ride) : rule_.ride;
  visit_searches(is_back ? backward_ : forward_, walks, places.points.size(), [&](std::size_t c, ProfileSearch& search) {
    const auto profiles = search.run(c, ride);
    TransitColumn column;
    WindowReader reader(rule_.ride.window, rule_.ride.longest, {rule_.percentile});
    DepartureProfile turned;
    for (std::size_t p = 0; p < profiles.size(); ++p) {
      if (profiles[p].journeys().empty() && profiles[p].walking() == kNever) continue;
      if (is_back) turn(profiles[p], turned);
      ClockTime seconds = kNever;
      reader.read(is_back ? turned : profiles[p], {&seconds, 1});
      if (seconds != kNever) column.emplace_back(PlaceId(p), to_time(seconds));
    }
    column.shrink_to_fit();
    columns[c] = {std::make_shared<const TransitColumn>(std::move(column)), std::make_shared<const std::vector<bool>>(search.find_boarding())};
  }, context);
}

std::vector<std::shared_ptr<const TransitColumn>> TransitMode::find_columns(const FootPoints& places, const FootPoints& counters, Direction direction,
                                                                            const Context& context) const {
  auto key = [&](std::size_t c) { return Key(counters.points[c].lat, counters.points[c].lon, direction); };
  std::vector<std::uint32_t> missing;
  {
    const std::lock_guard lock(mutex_);
    std::map<Key, bool> asked;
    for (std::uint32_t c = 0; c < counters.points.size(); ++c)
      if (!kept_.contains(key(c)) && asked.emplace(key(c), true).second) missing.push_back(c);
  }
  if (!missing.empty()) {
    std::vector<LatLon> points;
    for (std::uint32_t c : missing) points.push_back(counters.points[c]);
    std::vector<Found> columns(missing.size());
    fill(places, {points, select_links(counters.links, missing)}, direction, columns, context);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < missing.size(); ++i)
      kept_.emplace(key(missing[i]), std::move(columns[i]));
  }
  std::vector<std::shared_ptr<const TransitColumn>> out;
  const std::lock_guard lock(mutex_);
  for (std::size_t c = 0; c < counters.points.size(); ++c) out.push_back(kept_.at(key(c)).column);
  return out;
}

std::size_t TransitMode::take_over(const TransitMode& before, std::span<const StopId> touched) {
  if (before.n_stops_ != n_stops_) throw InputError("the timetables have not the same stops");
  const std::scoped_lock lock(mutex_, before.mutex_);
  for (const auto& [key, found] : before.kept_)
    if (std::none_of(touched.begin(), touched.end(), [&](StopId s) { return (*found.boarding)[s.v]; })) kept_.emplace(key, found);
  return kept_.size();
}

Matrix<Duration> TransitMode::find_times_exhaustively(const FootPoints& places, const FootPoints& counters, Direction direction,
                                                      const Context& context) const {
  const bool is_out = direction == Direction::to_counters;
  const std::size_t n = counters.points.size();
  const TransitWalks walks = is_out ? find_walks(places, counters, context) : find_walks_back(counters, places, context);
  const std::vector<double> percentiles{rule_.percentile};
  Matrix<Duration> times(places.points.size(), n, unreachable());
  Duration* values = times.values.data();
  visit_profiles(is_out ? forward_ : backward_, walks, n, is_out ? rule_.ride : turn(rule_.ride), [&](std::size_t p, std::span<const DepartureProfile> profiles) {
    DepartureProfile turned;
    for (std::size_t c = 0; c < n; ++c) {
      if (!is_out) turn(profiles[c], turned);
      const auto seconds = find_percentiles_exhaustively(is_out ? profiles[c] : turned, rule_.ride.window, rule_.ride.longest, percentiles);
      values[p * n + c] = to_time(seconds[0]);
    }
  }, context);
  return times;
}

NearestIndex build_transit_index(const TransitMode& mode, const FootPoints& places, const FootPoints& at, CounterSet counters, int k,
                                 Direction direction, const Context& context) {
  const auto columns = mode.find_columns(places, at, direction, context);
  std::vector<std::pair<std::uint32_t, Label>> pairs;
  for (std::size_t c = 0; c < columns.size(); ++c)
    for (const auto& [place, time] : *columns[c]) pairs.emplace_back(place.v, Label{time, counters.ids[c]});
  NearestIndex index = begin_index(places.points.size(), std::move(counters), k);
  const auto labels_of = build_ragged<Label>(index.n_places, pairs);
  std::vector<Label> labels;
  for (std::size_t p = 0; p < index.n_places; ++p) {
    labels.assign(labels_of[p].begin(), labels_of[p].end());
    keep_labels(index, p, labels);
  }
  index.blocks_of = find_blocks_of(index);
  return index;
}

NearestIndex build_transit_index_exhaustively(const TransitMode& mode, const FootPoints& places, const FootPoints& at, CounterSet counters, int k,
                                              Direction direction, const Context& context) {
  const Matrix<Duration> times = mode.find_times_exhaustively(places, at, direction, context);
  NearestIndex index = begin_index(places.points.size(), std::move(counters), k);
  for (std::size_t p = 0; p < index.n_places; ++p) {
    std::vector<Label> labels;
    for (std::size_t c = 0; c < index.counters.ids.size(); ++c)
      if (times(p, c).is_reachable()) labels.push_back({times(p, c), index.counters.ids[c]});
    keep_labels(index, p, labels);
  }
  index.blocks_of = find_blocks_of(index);
  return index;
}

}  // namespace maillage
