#include "engine/walks.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace maillage {
namespace {

constexpr float kDaysAfloatS = 10 * 86400;  // even a part of it is longer than any way on foot asked for
constexpr std::size_t kCellsAtOnce = std::size_t{1} << 24;  // of a table of times

// Joins rows that threads found apart.
Ragged<PointWalk> join_rows(const std::vector<std::vector<PointWalk>>& rows) {
  Ragged<PointWalk> walks;
  for (const auto& row : rows) walks.push_row(row);
  return walks;
}

ClockTime to_seconds(double seconds) {
  return seconds < static_cast<double>(kNever) ? static_cast<ClockTime>(std::ceil(seconds - 1e-9)) : kNever;
}

// Seconds along a piece of a chain in one of the chain's two directions.
template <class Roads>
auto& find_seconds(Roads& roads, std::uint32_t piece, bool backward) {
  return (piece % 2 == 1) == backward ? roads.forward_s[SegmentId(piece / 2)] : roads.backward_s[SegmentId(piece / 2)];
}

// Writes one direction of streets in whole seconds. Sums of the pieces are whole to the millisecond.
class StreetRounder {
 public:
  StreetRounder(const RoadSegments& roads, double factor, RoadSegments& rounded)
      : roads_(roads), factor_(factor), rounded_(rounded) {}

  // `street`: segment id * 2 + 1 if against its drawing, as in `RoadNetwork::edge_segments`.
  void round_up(std::span<const std::uint32_t> street, bool backward) {
    double whole = 0;
    for (std::uint32_t piece : street) whole += factor_ * find_seconds(roads_, piece, backward);
    if (!(whole > 0) || std::isinf(whole)) return;
    const double up = std::min<double>(std::ceil(whole - kMillisecondS), kDaysAfloatS);
    double walked = 0, written_s = 0;
    for (std::uint32_t piece : street) {
      walked += factor_ * find_seconds(roads_, piece, backward);
      const double until_s = std::nearbyint(1000 * up * walked / whole) / 1000;
      find_seconds(rounded_, piece, backward) = static_cast<float>(until_s - written_s);
      written_s = until_s;
    }
  }

 private:
  static constexpr double kMillisecondS = 1e-3;

  const RoadSegments& roads_;
  double factor_;
  RoadSegments& rounded_;
};

}  // namespace

RoadSegments keep_off_ferries(const RoadSegments& roads) {
  RoadSegments footways = roads;
  std::vector<float> way_m(roads.way_id.size(), 0.0F);
  const auto is_ferry = [&](SegmentId s) { return (roads.flags[s] & kTimetabled) != 0; };
  for (std::size_t i = 0; i < roads.n_segments(); ++i)
    if (is_ferry(SegmentId(i))) way_m[roads.way[SegmentId(i)]] += roads.length_m[SegmentId(i)];
  for (std::size_t i = 0; i < roads.n_segments(); ++i) {
    const SegmentId s(i);
    if (!is_ferry(s)) continue;
    const float whole_m = way_m[roads.way[s]];
    const float seconds = whole_m > 0 ? kDaysAfloatS * roads.length_m[s] / whole_m : kDaysAfloatS;
    if (roads.forward_s[s] < kNoWay) footways.forward_s[s] = seconds;
    if (roads.backward_s[s] < kNoWay) footways.backward_s[s] = seconds;
  }
  return footways;
}

RoadSegments round_streets_up(const RoadNetwork& network, double factor) {
  const RoadSegments& roads = *network.segments;
  RoadSegments rounded = roads;
  StreetRounder rounder(roads, factor, rounded);
  const auto find_way = [&](std::uint32_t piece) { return roads.way[SegmentId(piece / 2)]; };
  for (std::size_t e = 0; e < network.n_edges(); ++e) {
    const std::span<const std::uint32_t> chain = network.edge_segments[e];
    for (std::size_t begin = 0, end = 0; begin < chain.size(); begin = end) {
      while (end < chain.size() && find_way(chain[end]) == find_way(chain[begin])) ++end;
      if (roads.flags[SegmentId(chain[begin] / 2)] & kTimetabled) continue;
      rounder.round_up(chain.subspan(begin, end - begin), false);
      rounder.round_up(chain.subspan(begin, end - begin), true);
    }
  }
  for (std::size_t n = 0; n < rounded.node_delay_s.size(); ++n)
    rounded.node_delay_s[RawNodeId(n)] = static_cast<float>(factor * roads.node_delay_s[RawNodeId(n)]);
  return rounded;
}

Ragged<PointWalk> find_walks(const SearchedNetwork& searched, const Links& from, const Links& to, const Pace& pace,
                             const Context& context) {
  std::vector<std::vector<PointWalk>> rows(from.n_points());
  const std::size_t n_at_once = std::max<std::size_t>(1, kCellsAtOnce / std::max<std::size_t>(1, to.n_points()));
  for (std::size_t begin = 0; begin < from.n_points(); begin += n_at_once) {
    const std::size_t end = std::min(from.n_points(), begin + n_at_once);
    std::vector<std::uint32_t> some;
    for (std::size_t i = begin; i < end; ++i) some.push_back(static_cast<std::uint32_t>(i));
    const bool is_all = begin == 0 && end == from.n_points();
    const Matrix<Duration> times = find_travel_times(searched, is_all ? from : select_links(from, some), to, context);
    for_blocks(end - begin, 16, {context.n_threads, nullptr}, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i)
        for (std::uint32_t d = 0; d < to.n_points(); ++d) {
          const Duration time = times(i, d);
          if (!time.is_reachable()) continue;
          const ClockTime seconds = to_seconds(time.ms * pace.factor / 1000);
          if (seconds <= pace.longest) rows[begin + i].push_back({d, seconds});
        }
    });
  }
  return join_rows(rows);
}

Ragged<PointWalk> find_straight_walks(std::span<const LatLon> from, std::span<const LatLon> to, double speed_mps, ClockTime longest,
                                      const Context& context) {
  std::vector<std::vector<PointWalk>> rows(from.size());
  context.begin("measuring straight ways on foot", from.size());
  for_blocks(from.size(), 64, context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      for (std::uint32_t d = 0; d < to.size(); ++d) {
        const ClockTime seconds = to_seconds(find_distance_m(from[i], to[d]) / speed_mps);
        if (seconds <= longest) rows[i].push_back({d, seconds});
      }
  });
  return join_rows(rows);
}

Ragged<PointWalk> turn_walks(const Ragged<PointWalk>& walks, std::size_t n_ends) {
  std::vector<std::pair<std::uint32_t, PointWalk>> turned;
  turned.reserve(walks.values.size());
  for (std::uint32_t a = 0; a < walks.n_rows(); ++a)
    for (const PointWalk& w : walks[a]) turned.emplace_back(w.row, PointWalk{a, w.seconds});
  return build_ragged<PointWalk>(n_ends, turned);
}

}  // namespace maillage
