#include "tests/support/random_town.h"

#include <algorithm>

namespace maillage::test {
namespace {

constexpr double kSpacing = 0.003;  // degrees between crossings: about 330 m

// A road between two crossings, as its segments in order.
using Road = std::vector<SegmentId>;

class TownBuilder {
 public:
  TownBuilder(Dice& dice, const TownOptions& options) : dice_(dice), options_(options) {
    s_.mode = options.mode;
    whole_times_ = dice.chance(0.5);
    one_way_ = dice.pick(std::vector<double>{0.0, 0.15, 0.5});
  }

  RoadSegments build() {
    add_block({0, 0});
    if (dice_.chance(0.3)) add_block({0.05, 0.02});                   // an island far away
    if (dice_.chance(0.2)) add_block({kSpacing / 3, kSpacing / 3});   // one between the other roads
    if (s_.n_segments() == 0) add_road(crossings_[0], crossings_[1], 2);
    add_dead_ends();
    add_oddities();
    if (options_.with_restricted) mark_pockets();
    mark_single_segments();
    if (options_.with_delays && dice_.chance(0.5)) add_delays();
    if (options_.with_turn_bans) add_turn_bans();
    return std::move(s_);
  }

 private:
  RawNodeId add_node(LatLon p) {
    s_.node_osm_id.push_back(1000 + static_cast<std::int64_t>(s_.n_nodes()));
    return s_.node_point.push_back(p);
  }

  float draw_seconds() {
    if (whole_times_) return static_cast<float>(10 * dice_.between(1, 4));
    return static_cast<float>(dice_.uniform(0.5, options_.max_seconds));
  }

  SegmentId add_segment(RawNodeId a, RawNodeId b, int drive) {
    const float there = draw_seconds();
    const float back = dice_.chance(0.2) ? draw_seconds() : there;
    s_.from.push_back(a);
    s_.to.push_back(b);
    s_.forward_s.push_back(drive >= 0 ? there : kNoWay);
    s_.backward_s.push_back(drive <= 0 ? back : kNoWay);
    s_.length_m.push_back(static_cast<float>(find_distance_m(s_.node_point[a], s_.node_point[b])));
    s_.flags.push_back(kOpenRoad);
    const bool new_way = s_.way_id.empty() || dice_.chance(0.5);
    if (new_way) s_.way_id.push_back(7000 + static_cast<std::int64_t>(s_.way_id.size()));
    return s_.way.push_back(static_cast<std::uint32_t>(s_.way_id.size() - 1));
  }

  LatLon shake(LatLon p, double by) { return {p.lat + dice_.uniform(-by, by), p.lon + dice_.uniform(-by, by)}; }

  // A road of one to four segments; some are drawn against its direction, some change to one-way on
  // the way.
  void add_road(RawNodeId a, RawNodeId b, int n_pieces) {
    int drive = dice_.chance(one_way_) ? (dice_.chance(0.5) ? 1 : -1) : 0;
    const LatLon from = s_.node_point[a], to = s_.node_point[b];
    RawNodeId last = a;
    Road road;
    for (int i = 1; i <= n_pieces; ++i) {
      const double f = static_cast<double>(i) / n_pieces;
      const LatLon bend{from.lat + f * (to.lat - from.lat), from.lon + f * (to.lon - from.lon)};
      const RawNodeId next = i == n_pieces ? b : add_node(shake(bend, kSpacing / 8));
      if (i > 1 && dice_.chance(0.05)) drive = drive == 0 ? 1 : 0;
      road.push_back(dice_.chance(0.3) ? add_segment(next, last, -drive) : add_segment(last, next, drive));
      last = next;
    }
    roads_.push_back(std::move(road));
  }

  // Often on the very same line, but not as fast: which of two roads a point stands on must show.
  void add_parallel(RawNodeId a, RawNodeId b) {
    const std::size_t first = s_.n_segments();
    add_road(a, b, dice_.between(1, 2));
    for (std::size_t i = first; i < s_.n_segments(); ++i) {
      s_.forward_s[SegmentId(i)] += 1;
      s_.backward_s[SegmentId(i)] += 1;
    }
  }

  void add_block(LatLon corner) {
    const int most = dice_.chance(0.1) ? 9 : 5;
    const int w = dice_.between(1, most), h = dice_.between(2, most);
    const double density = dice_.uniform(0.6, 1);
    std::vector<RawNodeId> crossing;
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x)
        crossing.push_back(add_node(shake({corner.lat + y * kSpacing, corner.lon + x * kSpacing}, kSpacing / 4)));
    auto join = [&](int a, int b) {
      if (dice_.chance(density)) add_road(crossing[a], crossing[b], dice_.between(1, 4));
      if (dice_.chance(0.06)) add_parallel(crossing[a], crossing[b]);
    };
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) {
        const int here = y * w + x;
        if (x + 1 < w) join(here, here + 1);
        if (y + 1 < h) join(here, here + w);
        if (x + 1 < w && y + 1 < h && dice_.chance(0.05)) add_road(crossing[here], crossing[here + w + 1], 2);
      }
    crossings_.insert(crossings_.end(), crossing.begin(), crossing.end());
  }

  void add_dead_ends() {
    for (int i = dice_.between(0, 4); i > 0; --i) {
      const RawNodeId start(dice_.below(s_.n_nodes()));
      const RawNodeId end = add_node(shake(s_.node_point[start], kSpacing / 2));
      add_road(start, end, dice_.between(1, 3));
    }
  }

  void add_oddities() {
    if (dice_.chance(0.3)) {  // a loop
      const RawNodeId start = dice_.pick(crossings_);
      const RawNodeId a = add_node(shake(s_.node_point[start], kSpacing / 2));
      const RawNodeId b = add_node(shake(s_.node_point[start], kSpacing / 2));
      const int drive = dice_.between(-1, 1);
      roads_.push_back({add_segment(start, a, drive), add_segment(a, b, drive), add_segment(b, start, drive)});
    }
    if (dice_.chance(0.1)) {  // a segment from a node to itself
      const RawNodeId at = dice_.pick(crossings_);
      add_segment(at, at, dice_.between(-1, 1));
    }
    if (dice_.chance(0.3)) {  // a segment without length or time, with a road behind it
      const RawNodeId at = dice_.pick(crossings_);
      const RawNodeId twin = add_node(s_.node_point[at]);
      const SegmentId none = add_segment(at, twin, 0);
      s_.forward_s[none] = s_.backward_s[none] = 0;
      roads_.push_back({none});
      const RawNodeId other = dice_.pick(crossings_);  // not back on the same line
      add_road(twin, other != at ? other : add_node(shake(s_.node_point[at], kSpacing)), 2);
    }
    if (dice_.chance(0.2)) add_node(shake({0, 0}, kSpacing));  // a node without roads
  }

  bool touch(const Road& a, const Road& b) const {
    for (SegmentId i : a)
      for (SegmentId j : b)
        for (RawNodeId n : {s_.from[i], s_.to[i]})
          if (n == s_.from[j] || n == s_.to[j]) return true;
    return false;
  }

  // Private roads: one to three pockets, grown along roads that touch; some begin inside a road.
  void mark_pockets() {
    if (roads_.empty() || dice_.chance(0.4)) return;
    for (int i = dice_.between(1, 3); i > 0; --i) {
      std::vector<std::size_t> pocket{dice_.below(roads_.size())};
      for (int size = dice_.between(1, 4); static_cast<int>(pocket.size()) < size;) {
        const std::size_t next = dice_.below(roads_.size());
        if (!touch(roads_[pocket.back()], roads_[next]) && dice_.chance(0.9)) {
          if (dice_.chance(0.02)) break;
          continue;
        }
        pocket.push_back(next);
      }
      for (std::size_t r : pocket)
        for (std::size_t j = dice_.chance(0.2) ? 1 : 0; j < roads_[r].size(); ++j) s_.flags[roads_[r][j]] |= kRestricted;
    }
  }

  void mark_single_segments() {
    for (std::size_t i = 0; i < s_.n_segments(); ++i) {
      const SegmentId id(i);
      if (dice_.chance(0.02)) s_.flags[id] |= kNoAttach;
      if (dice_.chance(0.02)) s_.forward_s[id] = s_.backward_s[id] = kNoWay;
      if (dice_.chance(0.02))  // as in tables of whole seconds
        for (float* seconds : {&s_.forward_s[id], &s_.backward_s[id]})
          if (*seconds < kNoWay) *seconds = 0;
    }
  }

  void add_delays() {
    s_.node_delay_s.assign(s_.n_nodes(), 0.0F);
    for (std::size_t n = 0; n < s_.n_nodes(); ++n)
      if (dice_.chance(0.12)) s_.node_delay_s[RawNodeId(n)] = static_cast<float>(dice_.between(1, 20));
  }

  void add_turn_bans() {
    std::vector<std::vector<SegmentId>> at(s_.n_nodes());
    for (std::size_t i = 0; i < s_.n_segments(); ++i) {
      const SegmentId id(i);
      if (s_.from[id] == s_.to[id]) continue;  // which way round it is meant would be open
      at[s_.from[id].v].push_back(id);
      at[s_.to[id].v].push_back(id);
    }
    const double share = dice_.pick(std::vector<double>{0, 0.1, 0.4});
    for (std::size_t n = 0; n < s_.n_nodes(); ++n) {
      if (at[n].size() < 2 || !dice_.chance(share)) continue;
      const SegmentId from = dice_.pick(at[n]);
      const SegmentId to = dice_.pick(at[n]);  // `from` itself: no U-turn
      if (dice_.chance(0.7)) {
        s_.turn_bans.push_back({from, RawNodeId(n), to});
        continue;
      }
      for (SegmentId other : at[n])  // only `to` may follow
        if (other != to) s_.turn_bans.push_back({from, RawNodeId(n), other});
    }
  }

  Dice& dice_;
  TownOptions options_;
  RoadSegments s_;
  bool whole_times_;
  double one_way_;
  std::vector<RawNodeId> crossings_;
  std::vector<Road> roads_;
};

}  // namespace

RoadSegments build_random_town(Dice& dice, const TownOptions& options) { return TownBuilder(dice, options).build(); }

RoadSegments build_walk_roads(const RoadSegments& car, double speed_kmh) {
  RoadSegments walk = car;
  walk.mode = Mode::walk;
  walk.turn_bans.clear();
  walk.node_delay_s = {};
  for (std::size_t i = 0; i < walk.n_segments(); ++i) {
    const SegmentId id(i);
    walk.flags[id] &= kNoAttach;
    walk.forward_s[id] = walk.backward_s[id] = static_cast<float>(walk.length_m[id] / (speed_kmh / 3.6));
  }
  return walk;
}

LatLon pick_point(const RoadSegments& roads, Dice& dice) {
  const SegmentId id(dice.below(roads.n_segments()));
  const LatLon a = roads.node_point[roads.from[id]], b = roads.node_point[roads.to[id]];
  const double kind = dice.uniform();
  if (kind < 0.25) return a;
  if (kind > 0.95) return {a.lat + 0.5, a.lon};
  const double f = kind < 0.35 ? 0.5 : dice.uniform();
  const LatLon on{a.lat + f * (b.lat - a.lat), a.lon + f * (b.lon - a.lon)};
  if (kind < 0.6) return on;
  return {on.lat + dice.uniform(-0.003, 0.003), on.lon + dice.uniform(-0.003, 0.003)};
}

RoadSegments reorder_rows(const RoadSegments& roads, const RowOrder& order) {
  RoadSegments out;
  out.mode = roads.mode;
  out.way_id = roads.way_id;
  std::vector<RawNodeId> new_node(roads.n_nodes());
  for (std::size_t i = 0; i < order.node.size(); ++i) {
    const RawNodeId old(order.node[i]);
    new_node[old.v] = RawNodeId(i);
    out.node_point.push_back(roads.node_point[old]);
    if (!roads.node_osm_id.empty()) out.node_osm_id.push_back(roads.node_osm_id[old]);
    if (!roads.node_delay_s.empty()) out.node_delay_s.push_back(roads.node_delay_s[old]);
  }
  std::vector<SegmentId> new_segment(roads.n_segments());
  for (std::size_t i = 0; i < order.segment.size(); ++i) {
    const SegmentId old(order.segment[i]);
    new_segment[old.v] = SegmentId(i);
    out.from.push_back(new_node[roads.from[old].v]);
    out.to.push_back(new_node[roads.to[old].v]);
    out.forward_s.push_back(roads.forward_s[old]);
    out.backward_s.push_back(roads.backward_s[old]);
    out.length_m.push_back(roads.length_m[old]);
    out.way.push_back(roads.way[old]);
    out.flags.push_back(roads.flags[old]);
  }
  for (const TurnBan& ban : roads.turn_bans)
    out.turn_bans.push_back({new_segment[ban.from.v], new_node[ban.via.v], new_segment[ban.to.v]});
  return out;
}

}  // namespace maillage::test
