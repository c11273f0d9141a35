#include "geo/road_tables.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace maillage {
namespace {

// Order in which links between the same two nodes are matched, the two directions apart.
auto find_pair_key(const DirectedLinks& links, std::uint32_t i) {
  const auto [low, high] = std::minmax(links.from[i], links.to[i]);
  return std::tuple(low, high, links.way[i]);
}

auto find_row_key(const DirectedLinks& links, std::uint32_t i) {
  const double length = std::isnan(links.length_m[i]) ? -1 : links.length_m[i];
  return std::tuple(find_pair_key(links, i), links.from[i] > links.to[i], length, links.time_s[i]);
}

// Rounded to milliseconds while the time still has all its digits: a float would blur the ties.
float to_whole_ms(double seconds) {
  const Duration time = to_duration(seconds);
  return time.is_reachable() ? static_cast<float>(time.ms / 1000.0) : kNoWay;
}

class SegmentWriter {
 public:
  SegmentWriter(RoadSegments& out, const DirectedLinks& links, const RoadTableOptions& options)
      : out_(out), links_(links), options_(options) {}

  // The two directions of one road. Where each link may be used both ways and their times differ,
  // they are two roads.
  void write_pair(std::uint32_t forward, std::uint32_t backward) {
    const bool alike = to_whole_ms(links_.time_s[forward]) == to_whole_ms(links_.time_s[backward]);
    write(forward, options_.both_ways && !alike ? nullptr : &backward);
    if (options_.both_ways && !alike) write(backward, nullptr);
  }

  // One segment of a forward and, if there is one, a backward link.
  void write(std::uint32_t forward, const std::uint32_t* backward) {
    const RawNodeId from(links_.from[forward]), to(links_.to[forward]);
    const double length = links_.length_m[forward];
    const float time = to_whole_ms(links_.time_s[forward]);
    out_.from.push_back(from);
    out_.to.push_back(to);
    out_.forward_s.push_back(time);
    out_.backward_s.push_back(backward ? to_whole_ms(links_.time_s[*backward])
                              : options_.both_ways ? time
                                                   : kNoWay);
    out_.length_m.push_back(static_cast<float>(
        std::isnan(length) ? find_distance_m(out_.node_point[from], out_.node_point[to]) : length));
    out_.way.push_back(find_way(links_.way[forward]));
    out_.flags.push_back(kOpenRoad);
  }

 private:
  std::uint32_t find_way(std::int64_t id) {
    const auto [it, is_new] = ways_.try_emplace(id, static_cast<std::uint32_t>(out_.way_id.size()));
    if (is_new) out_.way_id.push_back(id);
    return it->second;
  }

  RoadSegments& out_;
  const DirectedLinks& links_;
  const RoadTableOptions& options_;
  std::unordered_map<std::int64_t, std::uint32_t> ways_;
};

}  // namespace

RoadSegments to_road_segments(std::span<const LatLon> nodes, const DirectedLinks& links, const RoadTableOptions& options) {
  RoadSegments out;
  out.mode = options.mode;
  out.node_point.items().assign(nodes.begin(), nodes.end());
  std::vector<std::uint32_t> order(links.from.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return find_row_key(links, a) < find_row_key(links, b); });
  SegmentWriter writer(out, links, options);
  for (std::size_t begin = 0; begin < order.size();) {
    const auto key = find_pair_key(links, order[begin]);
    std::size_t middle = begin;  // first link against the order of its nodes
    while (middle < order.size() && find_pair_key(links, order[middle]) == key &&
           links.from[order[middle]] <= links.to[order[middle]])
      ++middle;
    std::size_t end = middle;
    while (end < order.size() && find_pair_key(links, order[end]) == key) ++end;
    const std::size_t n_pairs = std::min(middle - begin, end - middle);
    for (std::size_t i = 0; i < n_pairs; ++i)
      writer.write_pair(order[begin + i], order[middle + i]);
    for (std::size_t i = begin + n_pairs; i < middle; ++i) writer.write(order[i], nullptr);
    for (std::size_t i = middle + n_pairs; i < end; ++i) writer.write(order[i], nullptr);
    begin = end;
  }
  return out;
}

}  // namespace maillage
