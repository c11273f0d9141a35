// Sweeps over a contraction hierarchy against the k-label Dijkstra, label by label.
#include "engine/sweep.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/label_lines_wide.h"
#include "engine/nearest.h"
#include "tests/support/print.h"
#include "tests/support/random_territory.h"
#include "tests/support/random_town.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

// Counters at random nodes, some at the same, some farther off than the node itself, some unreachable.
Ragged<LinkEnd> draw_entries(std::size_t n_counters, std::size_t n_nodes, Dice& dice) {
  Ragged<LinkEnd> entries;
  for (std::size_t c = 0; c < n_counters; ++c) {
    std::vector<LinkEnd> ends;
    for (int i = dice.between(0, 2); i >= 0; --i)
      ends.push_back({NodeId(static_cast<std::size_t>(dice.between(0, static_cast<int>(n_nodes) - 1))),
                      {1000 * dice.between(0, 5)}});
    if (dice.chance(0.05)) ends.front().time = unreachable();
    entries.push_row(ends);
  }
  return entries;
}

void check_equal(const Hierarchy& h, const SweptLabels& swept, const NodeLabels& searched, int k) {
  std::vector<Label> buffer(static_cast<std::size_t>(swept.n_kept()));
  for (std::size_t v = 0; v < h.n_nodes(); ++v) {
    auto found = swept.read(h.rank_of[v], buffer);
    found = found.first(std::min(found.size(), static_cast<std::size_t>(k)));
    const auto expected = searched[NodeId(v)];
    ASSERT_EQ(std::vector<Label>(found.begin(), found.end()), std::vector<Label>(expected.begin(), expected.end()))
        << "node " << v << " k " << k;
  }
}

TEST(Sweep, EqualsTheKLabelSearch) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork net = build_road_network(std::make_shared<RoadSegments>(build_random_town(dice)));
    if (net.n_nodes() == 0) return;  // a town without roads
    const Hierarchy h = build_hierarchy(net.out, net.in);
    std::vector<CounterId> ids;
    for (int c = dice.between(1, 20); c > 0; --c) ids.push_back(CounterId(3 * ids.size() + 1));
    const Ragged<LinkEnd> entries = draw_entries(ids.size(), net.n_nodes(), dice);
    for (const int k : {1, 3, 8, 11, 30}) {
      check_equal(h, sweep_k_nearest(h, ids, entries, k), find_k_nearest(net.in, ids, entries, k), k);
      check_equal(h, sweep_k_nearest(h, ids, entries, k, {Direction::from_counters, nullptr}), find_k_nearest(net.out, ids, entries, k), k);
    }
  });
}

TEST(Sweep, OfFewNodesLeavesTheOthersOut) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork net = build_road_network(std::make_shared<RoadSegments>(build_random_town(dice)));
    if (net.n_nodes() == 0) return;  // a town without roads
    const Hierarchy h = build_hierarchy(net.out, net.in);
    const std::vector<CounterId> ids{CounterId(0), CounterId(1), CounterId(2)};
    const Ragged<LinkEnd> entries = draw_entries(ids.size(), net.n_nodes(), dice);
    const Ragged<LinkEnd> few = draw_entries(static_cast<std::size_t>(dice.between(0, 4)), net.n_nodes(), dice);
    for (const int k : {2, 9}) {
      const NodeLabels expected = find_k_nearest(net.in, ids, entries, k);
      const SweptLabels swept = sweep_k_nearest(h, ids, entries, k, {Direction::to_counters, &few});
      std::vector<Label> buffer(static_cast<std::size_t>(swept.n_kept()));
      for (const LinkEnd& end : few.values) {
        auto found = swept.read(h.rank_of[end.node.v], buffer);
        found = found.first(std::min(found.size(), static_cast<std::size_t>(k)));
        ASSERT_EQ(std::vector<Label>(found.begin(), found.end()),
                  std::vector<Label>(expected[end.node].begin(), expected[end.node].end()));
      }
    }
  });
}

TEST(Sweep, IsTheSameForAnyNumberOfThreads) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork net = build_road_network(std::make_shared<RoadSegments>(build_random_town(dice)));
    if (net.n_nodes() == 0) return;  // a town without roads
    const Hierarchy h = build_hierarchy(net.out, net.in);
    const std::vector<CounterId> ids{CounterId(0), CounterId(1), CounterId(2)};
    const Ragged<LinkEnd> entries = draw_entries(ids.size(), net.n_nodes(), dice);
    const NodeLabels expected = find_k_nearest(net.in, ids, entries, 3);
    for (const int threads : {1, 2, 8})
      check_equal(h, sweep_k_nearest(h, ids, entries, 3, {}, {threads, nullptr}), expected, 3);
  }, 4);
}

// Lines of random labels: what the vector code makes of them, and a sort.
TEST(LabelLine, TakesTheBestOfEachCounterInOrder) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    LabelLine line;
    std::fill_n(line.time, LabelLine::kWidth, unreachable().ms);
    std::fill_n(line.counter, LabelLine::kWidth, CounterId().v);
    std::vector<Label> all;
    for (int i = dice.between(0, 40); i > 0; --i) {
      const Label label{{dice.between(0, 9)}, CounterId(static_cast<std::size_t>(dice.between(0, 12)))};
      all.push_back(label);
      add_label(line, label.time, label.counter.v);
    }
    keep_best(all, LabelLine::kWidth);
    ASSERT_EQ(static_cast<std::size_t>(line.size()), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ((Label{{line.time[i]}, CounterId(line.counter[i])}), all[i]);
  });
}

LabelLine draw_line(Dice& dice, int longest) {
  LabelLine line;
  std::fill_n(line.time, LabelLine::kWidth, unreachable().ms);
  std::fill_n(line.counter, LabelLine::kWidth, CounterId().v);
  for (int i = dice.between(0, 12); i > 0; --i)
    add_label(line, {dice.between(0, longest)}, static_cast<std::uint32_t>(dice.between(0, 12)));
  return line;
}

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma,popcnt,bmi")
void merge_narrow(LabelLine& to, const LabelLine& from, std::int32_t time) { lines::merge(to, from, time); }
void write_minutes(const LabelLine& line, double* out) { lines::write_minutes(line, out); }
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma,popcnt,bmi,avx512f,avx512vl,avx512dq,avx512cd")
void merge_wide(LabelLine& to, const LabelLine& from, std::int32_t time) { lines::merge_wide(to, from, time); }
#pragma GCC pop_options

// To the last bit, as one that compares them would see.
TEST(LabelLine, ShowsMinutesAsADivisionDoes) {
  if (!has_line_kernel()) GTEST_SKIP() << "this processor has no vector kernel";
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    for (int round = 0; round < 1000; ++round) {
      LabelLine line;
      for (std::int32_t& ms : line.time) ms = dice.between(0, dice.between(0, 3) == 0 ? 100 : unreachable().ms - 1);
      line.time[dice.between(0, 7)] = unreachable().ms - dice.between(0, 1);
      double minutes[LabelLine::kWidth];
      write_minutes(line, minutes);
      for (int i = 0; i < LabelLine::kWidth; ++i) {
        const double expected = to_minutes({line.time[i]});
        ASSERT_TRUE(minutes[i] == expected || (std::isnan(minutes[i]) && std::isnan(expected))) << line.time[i];
      }
    }
  });
}

// Merging label by label, and by each of the vector kernels that this processor has.
TEST(LabelLine, MergesWithALaterLine) {
  std::vector<decltype(&merge_narrow)> kernels;
  if (has_line_kernel()) kernels.push_back(merge_narrow);
  if (has_wide_line_kernel()) kernels.push_back(merge_wide);
  if (kernels.empty()) GTEST_SKIP() << "this processor has no vector kernel";
  for_each_seed([&](std::uint64_t seed) {
    Dice dice(seed);
    for (int round = 0; round < 20; ++round) {
      const int longest = round % 4 == 0 ? unreachable().ms - 1 : 9;  // sums that leave the range are absent
      const LabelLine to = draw_line(dice, longest), from = draw_line(dice, longest);
      const Duration later{dice.between(0, longest)};
      LabelLine expected = to;
      for (int i = 0; i < from.size(); ++i) add_label(expected, Duration{from.time[i]} + later, from.counter[i]);
      for (const auto merge : kernels) {
        LabelLine found = to;
        merge(found, from, later.ms);
        for (int i = 0; i < LabelLine::kWidth; ++i) {
          ASSERT_EQ(found.time[i], expected.time[i]) << "lane " << i << " of round " << round;
          ASSERT_EQ(found.counter[i], expected.counter[i]) << "lane " << i << " of round " << round;
        }
      }
    }
  });
}
#endif

TEST(Hierarchy, IsTheSameForAnyNumberOfThreads) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork net = build_road_network(std::make_shared<RoadSegments>(build_random_town(dice)));
    const Hierarchy one = build_hierarchy(net.out, net.in, {1, nullptr});
    for (const int threads : {2, 8}) {
      const Hierarchy many = build_hierarchy(net.out, net.in, {threads, nullptr});
      ASSERT_EQ(one.rank_of, many.rank_of);
      ASSERT_EQ(one.blocks, many.blocks);
      ASSERT_EQ(one.out.offset, many.out.offset);
      for (std::size_t i = 0; i < one.out.values.size(); ++i) {
        ASSERT_EQ(one.out.values[i].head, many.out.values[i].head);
        ASSERT_EQ(one.out.values[i].time, many.out.values[i].time);
      }
    }
  }, 4);
}

TEST(Hierarchy, ArcsLeadUpInsideABlockOrIntoTheTop) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const RoadNetwork net = build_road_network(std::make_shared<RoadSegments>(build_random_town(dice)));
    const Hierarchy h = build_hierarchy(net.out, net.in);
    ASSERT_EQ(h.blocks.back(), h.first_top);
    for (std::size_t b = 0; b + 1 < h.blocks.size(); ++b)
      for (Rank r = h.blocks[b]; r < h.blocks[b + 1]; ++r)
        for (const auto* arcs : {&h.out, &h.in})
          for (const RankedArc& arc : (*arcs)[r]) {
            ASSERT_GT(arc.head, r);
            ASSERT_TRUE(arc.head < h.blocks[b + 1] || arc.head >= h.first_top);
          }
  }, 4);
}

TEST(NearestIndex, IsTheSameBySweepsAndBySearch) {
  for_each_seed([](std::uint64_t seed) {
    Dice dice(seed);
    const auto roads = std::make_shared<RoadSegments>(build_random_town(dice));
    const RoadNetwork net = build_road_network(roads);
    const Hierarchy h = build_hierarchy(net.out, net.in);
    std::vector<LatLon> homes, desks;
    for (int i = dice.between(1, 30); i > 0; --i) homes.push_back(pick_point(*roads, dice));
    for (int i = dice.between(1, 30); i > 0; --i) desks.push_back(pick_point(*roads, dice));
    CounterSet set;
    for (std::size_t i = 0; i < desks.size(); ++i) set.ids.push_back(CounterId(i));
    set.links = build_links(net, desks);
    const Links places = build_links(net, homes);
    for (const int k : {1, 8, 12}) {
      const NearestIndex fast = build_nearest_index({net, places, &h}, set, k);
      const NearestIndex slow = build_nearest_index({net, places}, set, k);
      ASSERT_EQ(fast.labels, slow.labels);
      ASSERT_EQ(fast.count, slow.count);
      ASSERT_EQ(fast.node_radius, slow.node_radius);
      ASSERT_EQ(fast.blocks_of.values, slow.blocks_of.values);
    }
  });
}

}  // namespace
}  // namespace maillage::test
