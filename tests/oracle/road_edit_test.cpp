// Roads that change: the edited network and its hierarchy against a network built from nothing and a plain search.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/hierarchy_update.h"
#include "engine/nearest.h"
#include "engine/road_edit.h"
#include "engine/scenario.h"
#include "engine/sweep.h"
#include "tests/support/dice.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

EditRoads draw_edit(const RoadSegments& roads, Dice& dice) {
  EditRoads edit{roads.mode, {}, std::nullopt, std::nullopt};
  const bool everywhere = dice.chance(0.1);
  for (int i = dice.between(1, 6); i > 0; --i) edit.segments.push_back(SegmentId(dice.below(roads.n_segments())));
  if (everywhere) {
    edit.segments.clear();
    for (std::size_t s = 0; s < roads.n_segments(); ++s) edit.segments.push_back(SegmentId(s));
  }
  if (dice.chance(0.3))
    edit.speed_kmh = dice.uniform(1, 90);
  else if (dice.chance(0.5) || everywhere)
    edit.factor = dice.uniform(0.5, 2);
  return edit;
}

std::vector<LatLon> draw_points(const RoadSegments& roads, int n, Dice& dice) {
  std::vector<LatLon> points;
  for (; n > 0; --n) points.push_back(pick_point(roads, dice));
  return points;
}

CounterSet build_counters(const RoadNetwork& net, const std::vector<LatLon>& points) {
  CounterSet set;
  for (std::size_t i = 0; i < points.size(); ++i) set.ids.push_back(CounterId(i));
  set.links = build_links(net, points);
  return set;
}

// The lists of every place on the edited network, with its hierarchy or without, are those of a new network.
void check_equal(const RoadNetwork& edited, const Hierarchy& hierarchy, const std::vector<LatLon>& homes,
                 const std::vector<LatLon>& desks) {
  const RoadNetwork anew = build_road_network(edited.segments);
  const Links places = build_links(edited, homes);
  const NearestIndex expected = build_nearest_index({anew, build_links(anew, homes)}, build_counters(anew, desks), 8);
  const CounterSet counters = build_counters(edited, desks);
  const NearestIndex searched = build_nearest_index({edited, places}, counters, 8);
  const NearestIndex swept = build_nearest_index({edited, places, &hierarchy}, counters, 8);
  ASSERT_EQ(expected.count, searched.count);
  ASSERT_EQ(expected.labels, searched.labels);
  ASSERT_EQ(expected.count, swept.count);
  ASSERT_EQ(expected.labels, swept.labels);
  ASSERT_EQ(searched.node_radius, swept.node_radius);
}

// Arcs lead to later turns and higher ranks, inside a block or into the top.
void check_order(const Hierarchy& h) {
  ASSERT_EQ(h.blocks.front(), 0u);
  ASSERT_EQ(h.blocks.back(), h.first_top);
  for (Rank r = 0; r < h.n_nodes(); ++r) {
    const auto block_end = std::upper_bound(h.blocks.begin(), h.blocks.end(), r);
    ASSERT_EQ(h.rank_of[h.node_at[r].v], r);
    for (const auto* arcs : {&h.out, &h.in})
      for (const RankedArc& arc : (*arcs)[r]) {
        ASSERT_GT(arc.head, r);
        ASSERT_GT(h.turn[arc.head], h.turn[r]);
        ASSERT_TRUE(arc.head >= h.first_top || arc.head < *block_end);
      }
  }
}

TEST(EditedRoads, GiveTheListsOfANetworkBuiltFromNothing) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    auto net = std::make_shared<RoadNetwork>(build_road_network(std::make_shared<RoadSegments>(build_random_town(dice))));
    Hierarchy hierarchy = build_hierarchy(net->out, net->in);
    const std::vector<LatLon> homes = draw_points(*net->segments, 20, dice), desks = draw_points(*net->segments, 12, dice);
    for (int round = 0; round < 4; ++round) {
      auto roads = std::make_shared<RoadSegments>(build_edited_roads(*net->segments, draw_edit(*net->segments, dice)));
      auto after = std::make_shared<RoadNetwork>(build_edited_network(*net, roads));
      const std::vector<NodeId> was = find_nodes_before(*net, *after);
      const double most_reached = dice.chance(0.2) ? 0.03 : 2;  // contracted again as a whole, or only where needed
      hierarchy = update_hierarchy(hierarchy, {net->out, after->out, after->in, was, most_reached});
      check_order(hierarchy);
      net = after;
      check_equal(*net, hierarchy, homes, desks);
      if (::testing::Test::HasFatalFailure()) return;
    }
  });
}

void check_equal(const Links& found, const Links& expected) {
  auto check_ends = [](const Ragged<LinkEnd>& a, const Ragged<LinkEnd>& b) {
    ASSERT_TRUE(std::ranges::equal(a.offset, b.offset));
    for (std::size_t i = 0; i < a.values.size(); ++i) {
      ASSERT_EQ(a.values[i].node, b.values[i].node);
      ASSERT_EQ(a.values[i].time, b.values[i].time);
    }
  };
  check_ends(found.exits, expected.exits);
  check_ends(found.entries, expected.entries);
  ASSERT_EQ(found.access, expected.access);
  ASSERT_EQ(found.status, expected.status);
  for (std::size_t i = 0; i < found.n_points(); ++i) {
    ASSERT_EQ(found.position[i].edge, expected.position[i].edge) << "point " << i;
    ASSERT_EQ(found.position[i].forward_ms, expected.position[i].forward_ms);
    ASSERT_EQ(found.position[i].backward_ms, expected.position[i].backward_ms);
  }
}

TEST(EditedRoads, AttachPointsAsIfAllWereAttachedAnew) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    auto net = std::make_shared<RoadNetwork>(build_road_network(std::make_shared<RoadSegments>(build_random_town(dice))));
    const std::vector<LatLon> homes = draw_points(*net->segments, 40, dice);
    const LinkOptions options{dice.chance(0.5) ? 1600.0 : 100.0, 5, {0}};
    Links links = build_links(*net, homes, options);
    for (int round = 0; round < 4; ++round) {
      auto roads = std::make_shared<RoadSegments>(build_edited_roads(*net->segments, draw_edit(*net->segments, dice)));
      auto after = std::make_shared<RoadNetwork>(build_edited_network(*net, roads));
      links = build_edited_links({*net, links}, *after, {homes, options});
      check_equal(links, build_links(*after, homes, options));
      if (::testing::Test::HasFatalFailure()) return;
      net = after;
    }
  });
}

TEST(EditedRoads, KeepTheNodesTheyHad) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork before = build_road_network(std::make_shared<RoadSegments>(build_random_town(dice)));
    const RoadNetwork after = build_road_network(before.segments);
    const std::vector<NodeId> was = find_nodes_before(before, after);
    ASSERT_EQ(was.size(), before.n_nodes());
    for (std::size_t n = 0; n < was.size(); ++n) ASSERT_EQ(was[n], NodeId(n));
  });
}

}  // namespace
}  // namespace maillage::test
