#include "engine/road_chains.h"

#include <algorithm>

namespace maillage {
namespace {

// A segment seen from one of its ends: segment id * 2 + (1 if that end is `to`).
using Incidence = std::uint32_t;

bool may_leave(const RoadSegments& s, Incidence i) {
  const SegmentId id(i / 2);
  return (i % 2 ? s.backward_s[id] : s.forward_s[id]) < kNoWay;
}
bool may_arrive(const RoadSegments& s, Incidence i) {
  const SegmentId id(i / 2);
  return (i % 2 ? s.forward_s[id] : s.backward_s[id]) < kNoWay;
}
RawNodeId find_other_end(const RoadSegments& s, Incidence i) {
  const SegmentId id(i / 2);
  return i % 2 ? s.from[id] : s.to[id];
}

Ragged<Incidence> build_incidences(const RoadSegments& s) {
  std::vector<std::pair<std::uint32_t, Incidence>> pairs;
  pairs.reserve(2 * s.n_segments());
  for (std::uint32_t i = 0; i < s.n_segments(); ++i) {
    const SegmentId id(i);
    if (!(s.forward_s[id] < kNoWay) && !(s.backward_s[id] < kNoWay)) continue;
    pairs.emplace_back(s.from[id].v, 2 * i);
    pairs.emplace_back(s.to[id].v, 2 * i + 1);
  }
  return build_ragged<Incidence>(s.n_nodes(), pairs);
}

// Some direction of the segment takes less than half a millisecond. Its ends could not be told apart
// by their times along a chain.
bool takes_no_time(const RoadSegments& s, Incidence i) {
  const SegmentId id(i / 2);
  return to_duration(s.forward_s[id]).ms == 0 || to_duration(s.backward_s[id]).ms == 0;
}

bool goes_on(const RoadSegments& s, std::span<const Incidence> at) {
  if (at.size() != 2 || at[0] / 2 == at[1] / 2) return false;
  if (takes_no_time(s, at[0]) || takes_no_time(s, at[1])) return false;
  return s.flags[SegmentId(at[0] / 2)] == s.flags[SegmentId(at[1] / 2)] &&
         may_arrive(s, at[0]) == may_leave(s, at[1]) && may_leave(s, at[0]) == may_arrive(s, at[1]);
}

IdVector<RawNodeId, std::uint8_t> find_junctions(const RoadSegments& s, const Ragged<Incidence>& at) {
  IdVector<RawNodeId, std::uint8_t> is_junction(s.n_nodes(), 0);
  for (std::size_t n = 0; n < s.n_nodes(); ++n) {
    const RawNodeId node(n);
    const bool delayed = !s.node_delay_s.empty() && s.node_delay_s[node] > 0;
    is_junction[node] = !at[n].empty() && (delayed || !goes_on(s, at[n]));
  }
  for (const TurnBan& ban : s.turn_bans)
    if (!at[ban.via.v].empty()) is_junction[ban.via] = 1;
  return is_junction;
}

}  // namespace

RoadChains build_road_chains(const RoadSegments& s) {
  const Ragged<Incidence> at = build_incidences(s);
  RoadChains out;
  out.is_junction = find_junctions(s, at);
  std::vector<std::uint8_t> used(s.n_segments(), 0);
  std::vector<Incidence> chain;

  auto walk = [&](RawNodeId start, Incidence first) {
    chain.clear();
    RawNodeId node = start;
    Incidence next = first;
    for (;;) {
      used[next / 2] = 1;
      chain.push_back(next);
      node = find_other_end(s, next);
      if (out.is_junction[node]) break;
      const auto ends = at[node.v];
      next = ends[0] / 2 == next / 2 ? ends[1] : ends[0];
    }
    out.from.push_back(start);
    out.to.push_back(node);
    out.segments.push_row(chain);
  };
  auto walk_all_from = [&](RawNodeId node) {
    for (Incidence i : at[node.v])
      if (!used[i / 2]) walk(node, i);
  };
  for (std::size_t n = 0; n < s.n_nodes(); ++n)
    if (out.is_junction[RawNodeId(n)]) walk_all_from(RawNodeId(n));
  // what is left are rings without any crossing: one of their nodes becomes a junction
  for (std::size_t n = 0; n < s.n_nodes(); ++n) {
    if (at[n].empty() || used[at[n][0] / 2]) continue;
    out.is_junction[RawNodeId(n)] = 1;
    walk_all_from(RawNodeId(n));
  }
  return out;
}

}  // namespace maillage
