#include "geo/osm_segments.h"

#include <algorithm>
#include <span>
#include <string>

namespace maillage {
namespace {

constexpr std::uint32_t kAbsent = std::numeric_limits<std::uint32_t>::max();
constexpr float kMpsPerKmh = 1.0F / 3.6F;

class SegmentBuilder {
 public:
  SegmentBuilder(const OsmWays& ways, std::size_t option, const OsmRoadOptions& options)
      : ways_(ways), uses_(ways.uses[option]), option_(option), options_(options),
        blocking_(to_blocking_flag(options.mode)), raw_of_node_(ways.n_nodes(), kAbsent) {
    roads_.mode = options.mode;
  }

  RoadSegments build(Findings& findings) {
    reserve();
    for (std::size_t way = 0; way < ways_.n_ways(); ++way) {
      if (uses_[way].is_open()) add_way(way);
    }
    if (!options_.rules.delay_s.empty()) add_delays();
    if (options_.mode == Mode::walk) close_cut_ends_to_points();
    if (options_.mode == Mode::car) {
      roads_.turn_bans = build_turn_bans(ways_.restrictions, std::move(at_vias_), roads_, findings);
    }
    return std::move(roads_);
  }

 private:
  const OsmWays& ways_;
  const std::vector<WayUse>& uses_;
  std::size_t option_;
  const OsmRoadOptions& options_;
  std::uint8_t blocking_;
  std::vector<std::uint32_t> raw_of_node_;   // node -> raw node
  std::vector<std::uint32_t> node_of_raw_;   // raw node -> node
  std::vector<SegmentAtVia> at_vias_;
  std::vector<SegmentId> first_after_cut_;   // the node before it in the way is lacking
  std::vector<SegmentId> last_before_cut_;   // likewise the node after it
  RoadSegments roads_;

  // Room for what is to come, so that the vectors need not grow.
  void reserve() {
    std::size_t n = 0;
    for (std::size_t way = 0; way < ways_.n_ways(); ++way) {
      if (uses_[way].is_open()) n += ways_.first_ref[way + 1] - ways_.first_ref[way];
    }
    node_of_raw_.reserve(n);
    roads_.node_point.reserve(n);
    roads_.node_osm_id.reserve(n);
    roads_.from.reserve(n);
    roads_.to.reserve(n);
    roads_.forward_s.reserve(n);
    roads_.backward_s.reserve(n);
    roads_.length_m.reserve(n);
    roads_.way.reserve(n);
    roads_.flags.reserve(n);
  }

  bool is_blocking(std::uint32_t node) const { return (ways_.node_flags[node] & blocking_) != 0; }

  RawNodeId add_raw_node(std::uint32_t node) {
    node_of_raw_.push_back(node);
    roads_.node_osm_id.push_back(ways_.node_id[node]);
    return roads_.node_point.push_back(ways_.point[node]);
  }

  // The raw node of a node; a blocking node has one for each segment end.
  RawNodeId find_raw_node(std::uint32_t node) {
    if (is_blocking(node)) return add_raw_node(node);
    if (raw_of_node_[node] == kAbsent) raw_of_node_[node] = add_raw_node(node).v;
    return RawNodeId(raw_of_node_[node]);
  }

  // Seconds a metre in each direction; a duration given for the whole way is spread over its length.
  struct Pace {
    float forward_s = kNoWay;
    float backward_s = kNoWay;
  };
  Pace find_pace(std::size_t way) const {
    const WayUse& use = uses_[way];
    Pace pace;
    double length_m = 0;
    if (use.duration_s > 0) {
      for (std::size_t r = ways_.first_ref[way]; r < ways_.first_ref[way + 1]; ++r) {
        length_m += std::max(0.0F, ways_.ref_length_m[r]);
      }
    }
    const float timetable_s = length_m > 0 ? static_cast<float>(use.duration_s / length_m) : 0;
    if (use.forward_kmh > 0) pace.forward_s = timetable_s > 0 ? timetable_s : 1 / (use.forward_kmh * kMpsPerKmh);
    if (use.backward_kmh > 0) pace.backward_s = timetable_s > 0 ? timetable_s : 1 / (use.backward_kmh * kMpsPerKmh);
    return pace;
  }

  void add_way(std::size_t way) {
    const Pace pace = find_pace(way);
    const std::size_t n_before = roads_.n_segments();
    bool is_after_cut = false;
    for (std::size_t r = ways_.first_ref[way] + 1; r < ways_.first_ref[way + 1]; ++r) {
      is_after_cut |= !ways_.has_point(ways_.refs[r - 1]);
      if (ways_.ref_length_m[r] == kNoSegment) {
        const bool is_end = !is_after_cut && !ways_.has_point(ways_.refs[r]);
        if (is_end && roads_.n_segments() > n_before) last_before_cut_.push_back(SegmentId(roads_.n_segments() - 1));
        continue;
      }
      if (is_after_cut) first_after_cut_.push_back(SegmentId(roads_.n_segments()));
      is_after_cut = false;
      const RawNodeId from = find_raw_node(ways_.refs[r - 1]);
      const RawNodeId to = find_raw_node(ways_.refs[r]);
      add_segment(way, from, to, ways_.ref_length_m[r], pace);
    }
    if (roads_.n_segments() > n_before) roads_.way_id.push_back(ways_.way_id[way]);
  }

  void add_segment(std::size_t way, RawNodeId from, RawNodeId to, float length_m, const Pace& pace) {
    const auto to_seconds = [&](float pace_s) { return pace_s == kNoWay ? kNoWay : length_m * pace_s; };
    roads_.from.push_back(from);
    roads_.to.push_back(to);
    roads_.forward_s.push_back(to_seconds(pace.forward_s));
    roads_.backward_s.push_back(to_seconds(pace.backward_s));
    roads_.length_m.push_back(length_m);
    roads_.way.push_back(static_cast<std::uint32_t>(roads_.way_id.size()));
    const SegmentId segment = roads_.flags.push_back(uses_[way].flags);
    if (options_.mode != Mode::car) return;
    for (const RawNodeId end : {from, to}) {
      const std::uint32_t node = node_of_raw_[end.v];
      if ((ways_.node_flags[node] & kIsVia) == 0 || is_blocking(node)) continue;
      at_vias_.push_back({ways_.node_id[node], ways_.way_id[way], segment});
    }
  }

  std::vector<std::uint32_t> count_ends() const {
    std::vector<std::uint32_t> n_ends(roads_.n_nodes(), 0);
    for (const RawNodeId node : roads_.from) ++n_ends[node.v];
    for (const RawNodeId node : roads_.to) ++n_ends[node.v];
    return n_ends;
  }

  // How far a way reaches beyond its last crossing before the border of an extract is an accident of
  // the cutting. Points beyond the border (stops of a feed that covers more than the map) would all
  // attach to the piece that sticks out farthest, so none attaches to such pieces.
  void close_cut_ends_to_points() {
    if (first_after_cut_.empty() && last_before_cut_.empty()) return;
    const std::vector<std::uint32_t> n_ends = count_ends();
    const auto close = [&](SegmentId segment, const auto& outer, const auto& inner, int step) {
      const std::uint32_t way = roads_.way[segment];
      if (n_ends[outer[segment].v] != 1) return;
      for (std::size_t s = segment.v; s < roads_.n_segments() && roads_.way[SegmentId(s)] == way; s += step) {
        roads_.flags[SegmentId(s)] |= kNoAttach;
        if (n_ends[inner[SegmentId(s)].v] != 2) return;
      }
    };
    for (const SegmentId segment : first_after_cut_) close(segment, roads_.from, roads_.to, 1);
    for (const SegmentId segment : last_before_cut_) close(segment, roads_.to, roads_.from, -1);
  }

  // Delays of junctions and of signs that hold both ways go to the nodes, the others to the segments.
  void add_delays() {
    roads_.node_delay_s.assign(roads_.n_nodes(), 0.0F);
    add_junction_delays();
    for (std::uint32_t raw = 0; raw < roads_.n_nodes(); ++raw) {
      const NodeDelay sign = find_sign(RawNodeId(raw));
      float& delay_s = roads_.node_delay_s[RawNodeId(raw)];
      delay_s = std::max(delay_s, std::min(sign.forward_s, sign.backward_s));
    }
    for (std::uint32_t s = 0; s < roads_.n_segments(); ++s) {
      const SegmentId segment(s);
      const RawNodeId from = roads_.from[segment];
      const RawNodeId to = roads_.to[segment];
      roads_.forward_s[segment] += std::max(0.0F, find_sign(to).forward_s - roads_.node_delay_s[to]);
      roads_.backward_s[segment] += std::max(0.0F, find_sign(from).backward_s - roads_.node_delay_s[from]);
    }
  }

  void add_junction_delays() {
    const auto junction = options_.rules.delay_s.find("junction");
    if (junction == options_.rules.delay_s.end()) return;
    const std::vector<std::uint32_t> n_ends = count_ends();
    for (std::uint32_t raw = 0; raw < roads_.n_nodes(); ++raw) {
      if (n_ends[raw] >= 3) roads_.node_delay_s[RawNodeId(raw)] = static_cast<float>(junction->second);
    }
  }

  NodeDelay find_sign(RawNodeId raw) const {
    const std::uint32_t node = node_of_raw_[raw.v];
    if ((ways_.node_flags[node] & kHasDelay) == 0) return {};
    return ways_.node_delay.at(node)[option_];
  }
};

}  // namespace

void find_ref_lengths(OsmWays& ways) {
  ways.ref_length_m.assign(ways.refs.size(), kNoSegment);
  for (std::size_t way = 0; way < ways.n_ways(); ++way) {
    for (std::size_t r = ways.first_ref[way] + 1; r < ways.first_ref[way + 1]; ++r) {
      const std::uint32_t from = ways.refs[r - 1];
      const std::uint32_t to = ways.refs[r];
      if (from == to || !ways.has_point(from) || !ways.has_point(to)) continue;
      ways.ref_length_m[r] = static_cast<float>(find_distance_m(ways.point[from], ways.point[to]));
    }
  }
}

RoadSegments build_osm_segments(const OsmWays& ways, std::size_t option, const OsmRoadOptions& options,
                                Findings& findings) {
  return SegmentBuilder(ways, option, options).build(findings);
}

}  // namespace maillage
