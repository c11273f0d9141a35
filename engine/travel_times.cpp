#include "engine/travel_times.h"

#include <algorithm>
#include <numeric>

#include "engine/place_lists.h"

namespace maillage {
namespace {

// Times from one origin to some destinations: searches until every node they are entered at is settled.
class RowSearch {
 public:
  RowSearch(const RoadNetwork& network, const Links& origins, const Links& destinations)
      : network_(network), origins_(origins), destinations_(destinations), search_(network.n_nodes()),
        wanted_(network.n_nodes(), 0), settled_(network.n_nodes()) {}

  template <class Write>
  void run(std::size_t origin, std::span<const std::uint32_t> targets, Write&& write) {
    std::size_t n_wanted = 0;
    for (std::uint32_t d : targets)
      for (const LinkEnd& end : destinations_.entries[d])
        if (!wanted_[end.node.v]) {
          wanted_[end.node.v] = 1;
          settled_[end.node.v] = unreachable();
          ++n_wanted;
        }
    if (n_wanted > 0 && !origins_.exits[origin].empty())
      search_.run(network_.out, origins_.exits[origin], [&](NodeId node, Duration time) {
        if (!wanted_[node.v]) return Step::go_on;
        settled_[node.v] = time;
        return --n_wanted == 0 ? Step::stop : Step::go_on;
      });
    for (std::uint32_t d : targets) {
      Duration best = find_direct_time(network_, origins_.position[origin], destinations_.position[d]) +
                      origins_.access[origin] + destinations_.access[d];
      for (const LinkEnd& end : destinations_.entries[d]) best = std::min(best, settled_[end.node.v] + end.time);
      write(d, best);
    }
    for (std::uint32_t d : targets)
      for (const LinkEnd& end : destinations_.entries[d]) wanted_[end.node.v] = 0;
  }

 private:
  const RoadNetwork& network_;
  const Links& origins_;
  const Links& destinations_;
  Dijkstra search_;
  std::vector<std::uint8_t> wanted_;
  std::vector<Duration> settled_;
};

Matrix<Duration> find_table_by_hierarchy(const SearchedNetwork& searched, const Links& origins,
                                         const Links& destinations, const Context& context) {
  Matrix<Duration> out = find_time_table(*searched.hierarchy, origins.exits, destinations.entries, context);
  const auto on_edge = find_rows_on_edges(destinations);
  for (std::size_t o = 0; o < origins.n_points(); ++o) {
    if (origins.position[o].edge.is_none()) continue;
    visit_equal(on_edge, origins.position[o].edge, [&](std::uint32_t d) {
      out(o, d) = std::min(out(o, d), find_shared_edge_time(searched.network, origins, o, destinations, d));
    });
  }
  return out;
}

}  // namespace

Matrix<Duration> find_travel_times(const SearchedNetwork& searched, const Links& origins, const Links& destinations,
                                   const Context& context) {
  if (searched.hierarchy) return find_table_by_hierarchy(searched, origins, destinations, context);
  const RoadNetwork& network = searched.network;
  Matrix<Duration> out(origins.n_points(), destinations.n_points(), unreachable());
  std::vector<std::uint32_t> all(destinations.n_points());
  std::iota(all.begin(), all.end(), 0);
  Pool<RowSearch> searches([&] { return std::make_unique<RowSearch>(network, origins, destinations); });
  context.begin("finding travel times", origins.n_points());
  for_blocks(origins.n_points(), 1, context, [&](std::size_t begin, std::size_t end) {
    auto search = searches.borrow();
    for (std::size_t o = begin; o < end; ++o)
      search->run(o, all, [&](std::uint32_t d, Duration time) { out(o, d) = time; });
  });
  return out;
}

Duration find_pair_time(const RoadNetwork& network, PairQuery& query, const LinkedPoint& from, const LinkedPoint& to) {
  return std::min(query.find_time(from.links.exits[from.row], to.links.entries[to.row]),
                  find_shared_edge_time(network, from.links, from.row, to.links, to.row));
}

std::vector<Duration> find_pair_times(const SearchedNetwork& searched, const Links& origins, const Links& destinations,
                                      std::span<const std::pair<std::uint32_t, std::uint32_t>> pairs,
                                      const Context& context) {
  const RoadNetwork& network = searched.network;
  std::vector<Duration> out(pairs.size(), unreachable());
  if (searched.hierarchy) {
    Pool<PairQuery> queries([&] { return std::make_unique<PairQuery>(*searched.hierarchy); });
    context.begin("finding travel times", pairs.size());
    for_blocks(pairs.size(), 64, context, [&](std::size_t begin, std::size_t end) {
      auto query = queries.borrow();
      for (std::size_t i = begin; i < end; ++i)
        out[i] = find_pair_time(network, *query, {origins, pairs[i].first}, {destinations, pairs[i].second});
    });
    return out;
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rows;  // origin -> index of the pair
  for (std::uint32_t i = 0; i < pairs.size(); ++i) rows.emplace_back(pairs[i].first, i);
  const auto by_origin = build_ragged<std::uint32_t>(origins.n_points(), rows);
  Pool<RowSearch> searches([&] { return std::make_unique<RowSearch>(network, origins, destinations); });
  context.begin("finding travel times", origins.n_points());
  for_blocks(origins.n_points(), 1, context, [&](std::size_t begin, std::size_t end) {
    for (std::size_t o = begin; o < end; ++o) {
      if (by_origin[o].empty()) continue;
      auto search = searches.borrow();
      std::vector<std::uint32_t> targets;
      for (std::uint32_t i : by_origin[o]) targets.push_back(pairs[i].second);
      std::size_t next = 0;  // targets are written in their order
      search->run(o, targets, [&](std::uint32_t, Duration time) { out[by_origin[o][next++]] = time; });
    }
  });
  return out;
}

}  // namespace maillage
