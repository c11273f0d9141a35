#include "engine/crow.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace maillage {
namespace {

using Vector = std::array<double, 3>;  // on the unit sphere: chords grow with distances

bool is_known(LatLon p) { return p.lat == p.lat && p.lon == p.lon; }

Vector to_vector(LatLon p) {
  const double to_rad = std::numbers::pi / 180;
  const double lat = p.lat * to_rad, lon = p.lon * to_rad;
  return {std::cos(lat) * std::cos(lon), std::cos(lat) * std::sin(lon), std::sin(lat)};
}

// Counters in a balanced tree: node of [begin, end) is its middle, halves beside it, split by turns of the axes.
class CounterTree {
 public:
  CounterTree(std::span<const LatLon> points, std::span<const CounterId> ids, const CrowRule& rule)
      : points_(points), ids_(ids), rule_(rule) {
    for (std::uint32_t i = 0; i < points.size(); ++i)
      if (is_known(points[i])) order_.push_back(i);
    for (const LatLon p : points) vectors_.push_back(to_vector(p));
    build(0, order_.size(), 0);
  }

  // The k best labels seen from a point, in order.
  void find(LatLon from, std::size_t k, std::vector<Label>& best) const {
    best.clear();
    if (is_known(from) && k > 0) search({from, to_vector(from), k, best}, 0, order_.size(), 0);
  }

 private:
  struct Query {
    LatLon from;
    Vector at;
    std::size_t k;
    std::vector<Label>& best;
  };

  void build(std::size_t begin, std::size_t end, std::size_t axis) {
    if (end - begin < 2) return;
    const std::size_t middle = begin + (end - begin) / 2;
    std::nth_element(order_.begin() + begin, order_.begin() + middle, order_.begin() + end,
                     [&](std::uint32_t a, std::uint32_t b) { return vectors_[a][axis] < vectors_[b][axis]; });
    build(begin, middle, (axis + 1) % 3);
    build(middle + 1, end, (axis + 1) % 3);
  }

  void search(const Query& q, std::size_t begin, std::size_t end, std::size_t axis) const {
    if (begin >= end) return;
    const std::size_t middle = begin + (end - begin) / 2;
    const std::uint32_t row = order_[middle];
    const Label label{find_crow_time(q.from, points_[row], rule_), ids_[row]};
    if (label.time.is_reachable() && (q.best.size() < q.k || label < q.best.back())) {
      q.best.insert(std::upper_bound(q.best.begin(), q.best.end(), label), label);
      if (q.best.size() > q.k) q.best.pop_back();
    }
    const double gap = q.at[axis] - vectors_[row][axis];
    const bool is_left = gap < 0;
    search(q, is_left ? begin : middle + 1, is_left ? middle : end, (axis + 1) % 3);
    if (std::abs(gap) <= find_farthest_chord(q)) search(q, is_left ? middle + 1 : begin, is_left ? end : middle, (axis + 1) % 3);
  }

  // Beyond this chord nothing can be as near as the last label, its whole millisecond included.
  double find_farthest_chord(const Query& q) const {
    if (q.best.size() < q.k) return 3;
    const double ms = q.best.back().time.ms - rule_.extra.ms + 1.0;
    const double angle = ms / 3.6e6 * rule_.straight_kmh * 1000 / kEarthRadiusM;
    return 2 * std::sin(std::min(angle, std::numbers::pi) / 2) * (1 + 1e-9) + 1e-12;
  }

  std::span<const LatLon> points_;
  std::span<const CounterId> ids_;
  CrowRule rule_;
  std::vector<Vector> vectors_;
  std::vector<std::uint32_t> order_;
};

template <class Find>
NearestIndex build_index(const CrowPoints& points, CounterSet counters, int k, const Context& context, Find&& find) {
  NearestIndex out;
  out.k = k;
  out.n_places = points.places.size();
  out.labels.resize(out.n_places * static_cast<std::size_t>(k));
  out.count.resize(out.n_places);
  out.counters = std::move(counters);
  Label* labels = out.labels.data();
  std::uint8_t* count = out.count.data();
  context.begin("listing counters of places", out.n_places);
  for_blocks(out.n_places, 512, context, [&](std::size_t begin, std::size_t end) {
    std::vector<Label> best;
    for (std::size_t p = begin; p < end; ++p) {
      find(points.places[p], best);
      std::copy(best.begin(), best.end(), labels + p * static_cast<std::size_t>(k));
      count[p] = static_cast<std::uint8_t>(best.size());
    }
  });
  out.blocks_of = find_blocks_of(out);
  return out;
}

}  // namespace

Duration find_crow_time(LatLon from, LatLon to, const CrowRule& rule) {
  if (!is_known(from) || !is_known(to)) return unreachable();
  return to_duration(find_distance_m(from, to) / rule.straight_kmh * 3.6) + rule.extra;
}

Links build_crow_links(std::span<const LatLon> points) {
  Links out;
  for (const LatLon p : points) {
    out.exits.push_row({});
    out.entries.push_row({});
    out.position.push_back({});
    out.access.push_back(is_known(p) ? Duration{0} : unreachable());
    out.snap_m.push_back(is_known(p) ? 0 : std::numeric_limits<double>::quiet_NaN());
    out.snapped.push_back(p);
    out.status.push_back(is_known(p) ? LinkStatus::on_node : LinkStatus::off_network);
  }
  return out;
}

NearestIndex build_crow_index(const CrowPoints& points, CounterSet counters, int k, const CrowRule& rule,
                              const Context& context) {
  const std::vector<CounterId> ids(counters.ids.begin(), counters.ids.end());
  const CounterTree tree(points.counters, ids, rule);
  return build_index(points, std::move(counters), k, context, [&](LatLon from, std::vector<Label>& best) {
    tree.find(from, static_cast<std::size_t>(k), best);
  });
}

NearestIndex build_crow_index_exhaustively(const CrowPoints& points, CounterSet counters, int k, const CrowRule& rule,
                                           const Context& context) {
  const std::vector<CounterId> ids(counters.ids.begin(), counters.ids.end());
  return build_index(points, std::move(counters), k, context, [&](LatLon from, std::vector<Label>& best) {
    best.clear();
    for (std::size_t i = 0; i < ids.size(); ++i) best.push_back({find_crow_time(from, points.counters[i], rule), ids[i]});
    keep_best(best, k);
  });
}

}  // namespace maillage
