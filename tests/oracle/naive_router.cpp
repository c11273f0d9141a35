#include "tests/oracle/naive_router.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <set>

namespace maillage::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

NaiveRouter::NaiveRouter(const RoadSegments& roads) : roads_(roads), leaving_(roads.n_nodes()) {
  for (std::uint32_t d = 0; d < 2 * roads.n_segments(); ++d)
    if (find_ms(d) < kInfinity) leaving_[find_tail(d).v].push_back(d);
  find_bends();
  find_private();
}

double NaiveRouter::find_ms(std::uint32_t d) const {
  const SegmentId s(d / 2);
  return std::nearbyint(1000.0 * (d % 2 ? roads_.backward_s[s] : roads_.forward_s[s]));
}
RawNodeId NaiveRouter::find_tail(std::uint32_t d) const { return d % 2 ? roads_.to[SegmentId(d / 2)] : roads_.from[SegmentId(d / 2)]; }
RawNodeId NaiveRouter::find_head(std::uint32_t d) const { return find_tail(d ^ 1); }
double NaiveRouter::find_delay_ms(RawNodeId n) const { return roads_.node_delay_s.empty() ? 0 : 1000.0 * roads_.node_delay_s[n]; }
bool NaiveRouter::is_used(SegmentId s) const { return roads_.forward_s[s] < kNoWay || roads_.backward_s[s] < kNoWay; }

void NaiveRouter::find_bends() {
  std::vector<std::vector<std::uint32_t>> at(roads_.n_nodes());  // directed segments that leave, usable or not
  for (std::uint32_t d = 0; d < 2 * roads_.n_segments(); ++d)
    if (is_used(SegmentId(d / 2))) at[find_tail(d).v].push_back(d);
  is_bend_.assign(roads_.n_nodes(), 0);
  for (std::size_t n = 0; n < roads_.n_nodes(); ++n) {
    if (at[n].size() != 2 || at[n][0] / 2 == at[n][1] / 2 || find_delay_ms(RawNodeId(n)) > 0) continue;
    const std::uint32_t a = at[n][0], b = at[n][1];
    auto allowed = [&](std::uint32_t d) { return find_ms(d) < kInfinity; };
    auto takes_time = [&](std::uint32_t d) { return find_ms(d) > 0 && find_ms(d ^ 1) > 0; };
    is_bend_[n] = roads_.flags[SegmentId(a / 2)] == roads_.flags[SegmentId(b / 2)] && takes_time(a) && takes_time(b) &&
                  allowed(a ^ 1) == allowed(b) && allowed(b ^ 1) == allowed(a);
  }
  for (const TurnBan& ban : roads_.turn_bans) is_bend_[ban.via.v] = 0;
}

// Nodes of the set of open roads, joined in any direction, that has the most crossings and ends.
std::vector<std::uint8_t> NaiveRouter::find_core() const {
  std::vector<std::vector<RawNodeId>> beside(roads_.n_nodes());
  for (std::size_t i = 0; i < roads_.n_segments(); ++i) {
    const SegmentId s(i);
    if (!is_used(s) || roads_.flags[s] & kRestricted) continue;
    beside[roads_.from[s].v].push_back(roads_.to[s]);
    beside[roads_.to[s].v].push_back(roads_.from[s]);
  }
  std::vector<std::uint8_t> seen(roads_.n_nodes(), 0);
  std::vector<RawNodeId> core;
  auto best = std::pair(std::size_t{0}, std::pair(0.0, 0.0));  // crossings; southernmost, then westernmost
  for (std::size_t start = 0; start < roads_.n_nodes(); ++start) {
    if (seen[start] || beside[start].empty()) continue;
    std::vector<RawNodeId> set{RawNodeId(start)}, crossings;
    seen[start] = 1;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (!is_bend_[set[i].v]) crossings.push_back(set[i]);
      for (RawNodeId n : beside[set[i].v]) {
        if (seen[n.v]) continue;
        seen[n.v] = 1;
        set.push_back(n);
      }
    }
    if (crossings.empty()) crossings.push_back(set[0]);  // a ring: one of its nodes counts
    auto corner = std::pair(1e9, 1e9);
    for (RawNodeId n : crossings) corner = std::min(corner, {roads_.node_point[n].lat, roads_.node_point[n].lon});
    const auto rank = std::pair(crossings.size(), std::pair(-corner.first, -corner.second));
    if (!core.empty() && rank < best) continue;
    best = rank;
    core = set;
  }
  std::vector<std::uint8_t> is_core(roads_.n_nodes(), 0);
  for (RawNodeId n : core) is_core[n.v] = 1;
  return is_core;
}

// Floods each pocket of private segments and counts the nodes where it meets the open roads.
void NaiveRouter::find_private() {
  const std::vector<std::uint8_t> is_core = find_core();
  is_private_.assign(roads_.n_segments(), 0);
  std::vector<std::vector<SegmentId>> private_at(roads_.n_nodes());
  std::vector<std::uint8_t> has_open(roads_.n_nodes(), 0);
  for (std::size_t i = 0; i < roads_.n_segments(); ++i) {
    const SegmentId s(i);
    if (!is_used(s)) continue;
    for (RawNodeId n : {roads_.from[s], roads_.to[s]}) {
      if (roads_.flags[s] & kRestricted || !is_core[n.v])
        private_at[n.v].push_back(s);
      else
        has_open[n.v] = 1;
    }
  }
  std::vector<std::uint8_t> seen(roads_.n_nodes(), 0);
  for (std::size_t start = 0; start < roads_.n_nodes(); ++start) {
    if (seen[start] || private_at[start].empty()) continue;
    std::vector<RawNodeId> pocket{RawNodeId(start)};
    seen[start] = 1;
    int contacts = 0;
    for (std::size_t i = 0; i < pocket.size(); ++i) {
      contacts += has_open[pocket[i].v];
      for (SegmentId s : private_at[pocket[i].v])
        for (RawNodeId n : {roads_.from[s], roads_.to[s]})
          if (!seen[n.v]) {
            seen[n.v] = 1;
            pocket.push_back(n);
          }
    }
    if (contacts < 2) continue;
    for (RawNodeId n : pocket)
      for (SegmentId s : private_at[n.v]) is_private_[s.v] = 1;
  }
}

std::optional<int> NaiveRouter::find_next_phase(int phase, SegmentId next) const {
  if (!is_private_[next.v]) return phase == 2 ? std::nullopt : std::optional(1);
  return phase == 0 ? 0 : 2;
}

bool NaiveRouter::may_turn(std::uint32_t directed, std::uint32_t next) const {
  const RawNodeId via = find_head(directed);
  if (directed / 2 == next / 2 && directed != next && is_bend_[via.v]) return false;
  if (is_private_[directed / 2] || is_private_[next / 2]) return true;
  for (const TurnBan& ban : roads_.turn_bans)
    if (ban.via == via && ban.from.v == directed / 2 && ban.to.v == next / 2) return false;
  return true;
}

RawNodeId NaiveRouter::find_node(RoadPoint p) const {
  auto is_at = [&](double f) {
    for (std::uint32_t d : {2 * p.segment.v, 2 * p.segment.v + 1})
      if (find_ms(d) < kInfinity && f * find_ms(d) >= 0.5) return false;
    return true;
  };
  const bool at_from = is_at(p.fraction), at_to = is_at(1 - p.fraction);
  if (at_from == at_to) return {};
  return at_from ? roads_.from[p.segment] : roads_.to[p.segment];
}

bool NaiveRouter::is_ambiguous(RoadPoint a, RoadPoint b) const {
  if (a.segment != b.segment) return false;
  const double ms = std::min(find_ms(2 * a.segment.v), find_ms(2 * a.segment.v + 1));
  return a.fraction != b.fraction && std::abs(a.fraction - b.fraction) * ms < 1;
}

std::vector<double> NaiveRouter::find_times(RoadPoint from, const std::vector<RoadPoint>& to) const {
  struct Item {
    double ms;
    std::uint32_t directed;
    int phase;
    bool operator>(const Item& other) const { return ms > other.ms; }
  };
  const std::size_t n_directed = 2 * roads_.n_segments();
  std::vector<double> best(3 * n_directed, kInfinity);  // phase * n_directed + directed: at the head
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
  auto offer = [&](Item item) {
    double& known = best[static_cast<std::size_t>(item.phase) * n_directed + item.directed];
    if (!(item.ms < known)) return;
    known = item.ms;
    queue.push(item);
  };
  auto begin_with = [&](std::uint32_t d, double share) {
    if (find_ms(d) < kInfinity)
      offer({share * find_ms(d) + find_delay_ms(find_head(d)), d, is_private_[d / 2] ? 0 : 1});
  };
  const RawNodeId start = find_node(from);
  if (start.is_none()) {
    begin_with(2 * from.segment.v, 1 - from.fraction);
    begin_with(2 * from.segment.v + 1, from.fraction);
  } else {
    for (std::uint32_t d : leaving_[start.v]) begin_with(d, 1);
  }
  while (!queue.empty()) {
    const Item item = queue.top();
    queue.pop();
    if (item.ms > best[static_cast<std::size_t>(item.phase) * n_directed + item.directed]) continue;
    for (std::uint32_t next : leaving_[find_head(item.directed).v]) {
      const auto phase = find_next_phase(item.phase, SegmentId(next / 2));
      if (!phase || !may_turn(item.directed, next)) continue;
      offer({item.ms + find_ms(next) + find_delay_ms(find_head(next)), next, *phase});
    }
  }

  std::vector<double> out;
  for (const RoadPoint& target : to) {
    double found = kInfinity;
    auto take = [&](double ms) { found = std::min(found, ms); };
    const RawNodeId node = find_node(target);
    if (!node.is_none()) {
      if (node == start) take(0);
      for (std::size_t i = 0; i < best.size(); ++i)
        if (best[i] < kInfinity && find_head(static_cast<std::uint32_t>(i % n_directed)) == node) take(best[i]);
      out.push_back(found);
      continue;
    }
    for (std::uint32_t d : {2 * target.segment.v, 2 * target.segment.v + 1}) {
      if (!(find_ms(d) < kInfinity)) continue;
      const double share = d % 2 ? 1 - target.fraction : target.fraction;
      if (find_tail(d) == start) take(share * find_ms(d));
      if (start.is_none() && from.segment == target.segment) {
        const double begun = d % 2 ? 1 - from.fraction : from.fraction;
        if (begun <= share) take((share - begun) * find_ms(d));
      }
      for (std::size_t i = 0; i < best.size(); ++i) {
        const auto before = static_cast<std::uint32_t>(i % n_directed);
        if (!(best[i] < kInfinity) || find_head(before) != find_tail(d) || !may_turn(before, d)) continue;
        if (find_next_phase(static_cast<int>(i / n_directed), target.segment))
          take(best[i] + share * find_ms(d));
      }
    }
    out.push_back(found);
  }
  return out;
}

}  // namespace maillage::test
