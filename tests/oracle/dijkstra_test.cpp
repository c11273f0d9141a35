// Dijkstra by its certificate and against Boost.Graph; k nearest labels against one search a counter.
#include "engine/dijkstra.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <boost/property_map/function_property_map.hpp>
#include <limits>

#include "engine/boost_graph.h"
#include "engine/road_network.h"
#include "tests/support/print.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

// With at least one node: now and then a town has no road that can be used.
RoadNetwork build_random_network(Dice& dice) {
  for (;;) {
    RoadNetwork network = build_road_network(std::make_shared<RoadSegments>(build_random_town(dice)));
    if (network.n_nodes() > 0) return network;
  }
}

std::vector<LinkEnd> draw_sources(const RoadNetwork& network, Dice& dice) {
  std::vector<LinkEnd> sources;
  for (int i = dice.between(1, 3); i > 0; --i)
    sources.push_back({NodeId(dice.below(network.n_nodes())), {dice.chance(0.5) ? 0 : dice.between(0, 90000)}});
  return sources;
}

// No arc can improve a time, every node that is reached is a source or has a tight arc into it, and
// no arc leads from a reached node to one that is not.
void check_certificate(const ArcLists& graph, const std::vector<LinkEnd>& sources, const std::vector<Duration>& times) {
  std::vector<std::uint8_t> is_explained(times.size(), 0);
  for (const LinkEnd& s : sources) {
    ASSERT_LE(times[s.node.v], s.time);
    if (times[s.node.v] == s.time) is_explained[s.node.v] = 1;
  }
  // arcs of no duration may stand in a ring: explanations spread from the sources
  std::vector<std::uint32_t> order(times.size());
  for (std::uint32_t v = 0; v < order.size(); ++v) order[v] = v;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return times[a] < times[b]; });
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t v : order) {
      if (!times[v].is_reachable()) continue;
      for (const Arc& arc : graph[v]) {
        ASSERT_LE(times[arc.head.v], times[v] + arc.time);
        if (!is_explained[v] || is_explained[arc.head.v] || times[arc.head.v] != times[v] + arc.time) continue;
        is_explained[arc.head.v] = 1;
        changed = true;
      }
    }
  }
  for (std::size_t v = 0; v < times.size(); ++v) ASSERT_EQ(is_explained[v] != 0, times[v].is_reachable()) << "node " << v;
}

TEST(Dijkstra, TimesHaveACertificate) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork network = build_random_network(dice);
    const auto sources = draw_sources(network, dice);
    check_certificate(network.out, sources, find_times_from(network.out, sources));
    check_certificate(network.in, sources, find_times_from(network.in, sources));
  });
}

std::vector<std::int64_t> find_boost_times(const ArcLists& graph, LinkEnd source) {
  const std::size_t n = graph.n_rows();
  std::vector<std::int64_t> times(n);
  const auto index = boost::typed_identity_property_map<std::uint32_t>();
  const auto weight = boost::make_function_property_map<BoostEdge>(
      [&](const BoostEdge& e) { return std::int64_t{graph.values[e.arc].time.ms}; });
  boost::dijkstra_shortest_paths(
      graph, source.node.v,
      boost::weight_map(weight)
          .vertex_index_map(index)
          .distance_map(boost::make_iterator_property_map(times.begin(), index))
          .predecessor_map(boost::dummy_property_map())
          .distance_inf(std::numeric_limits<std::int64_t>::max()));
  return times;
}

TEST(Dijkstra, AgreesWithBoostGraph) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork network = build_random_network(dice);
    for (const ArcLists* graph : {&network.out, &network.in}) {
      const LinkEnd source{NodeId(dice.below(network.n_nodes())), {0}};
      const auto ours = find_times_from(*graph, std::vector<LinkEnd>{source});
      const auto theirs = find_boost_times(*graph, source);
      for (std::size_t v = 0; v < ours.size(); ++v) {
        const bool reached = theirs[v] < std::numeric_limits<std::int32_t>::max();
        ASSERT_EQ(ours[v], reached ? Duration{static_cast<std::int32_t>(theirs[v])} : unreachable()) << "node " << v;
      }
    }
  });
}

TEST(Dijkstra, BoostSeesTheArcsOfEveryNode) {
  Dice dice(3);
  const RoadNetwork network = build_random_network(dice);
  std::size_t n_arcs = 0;
  for (auto [v, end] = vertices(network.out); v != end; ++v) {
    std::size_t i = 0;
    for (auto [e, last] = out_edges(*v, network.out); e != last; ++e, ++i) {
      EXPECT_EQ(source(*e, network.out), *v);
      EXPECT_EQ(target(*e, network.out), network.out[*v][i].head.v);
    }
    EXPECT_EQ(i, network.out[*v].size());
    EXPECT_EQ(out_degree(*v, network.out), i);
    n_arcs += i;
  }
  EXPECT_EQ(n_arcs, network.out.values.size());
}

TEST(Dijkstra, ASearchForgetsTheOneBefore) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork network = build_random_network(dice);
    Dijkstra search(network.n_nodes());
    for (int round = 0; round < 4; ++round) {
      const auto sources = draw_sources(network, dice);
      const Duration limit{round % 2 ? dice.between(0, 200000) : std::numeric_limits<std::int32_t>::max() - 1};
      std::vector<Duration> times(network.n_nodes(), unreachable());
      Duration last{0};
      search.run(network.out, sources, [&](NodeId node, Duration time) {
        EXPECT_LE(last, time);
        EXPECT_FALSE(times[node.v].is_reachable()) << "settled twice";
        last = time;
        if (time > limit) return Step::stop;
        times[node.v] = time;
        return Step::go_on;
      });
      const auto expected = find_times_from(network.out, sources);
      for (std::size_t v = 0; v < times.size(); ++v)
        ASSERT_EQ(times[v], expected[v] <= limit ? expected[v] : unreachable());
    }
  }, 2);
}

TEST(Dijkstra, APrunedNodeIsNotLeft) {
  // 0 -> 1 -> 2, and 0 -> 2 by a longer arc
  ArcLists graph;
  graph.push_row({Arc{NodeId(1), {10}}, Arc{NodeId(2), {50}}});
  graph.push_row({Arc{NodeId(2), {10}}});
  graph.push_row({});
  std::vector<Duration> times(3, unreachable());
  Dijkstra(3).run(graph, std::vector<LinkEnd>{{NodeId(0), {0}}}, [&](NodeId node, Duration time) {
    times[node.v] = time;
    return node == NodeId(1) ? Step::prune : Step::go_on;
  });
  EXPECT_EQ(times, (std::vector<Duration>{{0}, {10}, {50}}));
}

TEST(Dijkstra, TimesThatLeaveTheRangeAreUnreachable) {
  ArcLists graph;
  graph.push_row({Arc{NodeId(1), {2'000'000'000}}});
  graph.push_row({Arc{NodeId(2), {2'000'000'000}}});
  graph.push_row({});
  const auto times = find_times_from(graph, std::vector<LinkEnd>{{NodeId(0), {0}}});
  EXPECT_EQ(times[1], Duration{2'000'000'000});
  EXPECT_EQ(times[2], unreachable());
  EXPECT_EQ(find_times_from(graph, std::vector<LinkEnd>{{NodeId(0), unreachable()}})[0], unreachable());
}

// Counters with gaps in their ids, entered at one to three nodes.
struct RandomCounters {
  std::vector<CounterId> ids;
  Ragged<LinkEnd> entries;
};

RandomCounters draw_counters(const RoadNetwork& network, Dice& dice) {
  RandomCounters out;
  std::uint32_t id = 0;
  for (int i = dice.between(0, 12); i > 0; --i) {
    id += static_cast<std::uint32_t>(dice.between(1, 3));
    out.ids.push_back(CounterId(id));
    const bool is_off = dice.chance(0.1);
    out.entries.push_row(is_off ? std::vector<LinkEnd>() : draw_sources(network, dice));
  }
  return out;
}

TEST(KNearest, AgreesWithOneSearchACounter) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork network = build_random_network(dice);
    const RandomCounters counters = draw_counters(network, dice);
    std::vector<std::vector<Label>> expected(network.n_nodes());
    for (std::size_t c = 0; c < counters.ids.size(); ++c) {
      const auto times = find_times_from(network.in, counters.entries[c]);
      for (std::size_t v = 0; v < times.size(); ++v)
        if (times[v].is_reachable()) expected[v].push_back({times[v], counters.ids[c]});
    }
    for (auto& labels : expected) std::sort(labels.begin(), labels.end());
    for (const int k : {1, 2, 3, 8, 40}) {
      const NodeLabels found = find_k_nearest(network.in, counters.ids, counters.entries, k);
      for (std::size_t v = 0; v < network.n_nodes(); ++v) {
        const auto labels = found[NodeId(v)];
        ASSERT_EQ(labels.size(), std::min<std::size_t>(static_cast<std::size_t>(k), expected[v].size()));
        for (std::size_t i = 0; i < labels.size(); ++i) ASSERT_EQ(labels[i], expected[v][i]) << "k " << k << " node " << v << " rank " << i;
      }
    }
  });
}

TEST(KNearest, TiesAreOrderedByCounter) {
  ArcLists reversed;  // nodes 0 - 1 - 2, one minute each way
  reversed.push_row({Arc{NodeId(1), {60000}}});
  reversed.push_row({Arc{NodeId(0), {60000}}, Arc{NodeId(2), {60000}}});
  reversed.push_row({Arc{NodeId(1), {60000}}});
  const std::vector<CounterId> ids{CounterId(3), CounterId(5), CounterId(9)};
  Ragged<LinkEnd> entries;
  entries.push_row({LinkEnd{NodeId(2), {0}}});
  entries.push_row({LinkEnd{NodeId(0), {0}}});
  entries.push_row({LinkEnd{NodeId(1), {60000}}});
  const NodeLabels found = find_k_nearest(reversed, ids, entries, 3);
  const auto middle = found[NodeId(1)];
  ASSERT_EQ(middle.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(middle[i], (Label{{60000}, ids[i]}));
}

TEST(KNearest, AStopAskedForIsObeyedWithinALongSweep) {
  ArcLists line;  // long enough that the sweep looks up
  const std::size_t n = 200000;
  for (std::size_t v = 0; v < n; ++v) line.push_row({Arc{NodeId((v + 1) % n), {1}}});
  const std::vector<CounterId> ids{CounterId(0)};
  Ragged<LinkEnd> entries;
  entries.push_row({LinkEnd{NodeId(0), {0}}});
  Progress progress;
  progress.stop = true;
  EXPECT_THROW((void)find_k_nearest(line, ids, entries, 1, {1, &progress}), Cancelled);
}

}  // namespace
}  // namespace maillage::test
