// Nearest counters on towns drawn as text, and what closing and opening changes.
#include "engine/nearest.h"

#include <gtest/gtest.h>

#include "tests/support/ascii_town.h"
#include "tests/support/print.h"
#include "tests/support/town_times.h"

namespace maillage::test {
namespace {

// Places p, q, r; counters A, B, C, D on one road.
//   p to A 2, B 3, C 10, D 15    q to A 7, B 2, C 5, D 10    r to A 14, B 9, C 2, D 3
class Street : public testing::Test {
 protected:
  Street()
      : town_(build_ascii_town("A-p--B-q----C-r--D")) {
    network_ = build_network(town_);
    places_ = build_links(network_, to_points("pqr"));
    finder_ = build_place_finder(network_, places_);
  }

  std::vector<LatLon> to_points(const std::string& names) const {
    std::vector<LatLon> points;
    for (char c : names) points.push_back(town_.point(c));
    return points;
  }
  // Counters named by upper-case letters; A has id 0.
  CounterSet build_set(const std::string& names) const {
    CounterSet set;
    for (char c : names) set.ids.push_back(CounterId(static_cast<std::size_t>(c - 'A')));
    set.links = build_links(network_, to_points(names));
    return set;
  }
  std::shared_ptr<const NearestIndex> build_index(const std::string& names, int k) const {
    return std::make_shared<NearestIndex>(build_nearest_index({network_, places_}, build_set(names), k));
  }
  NearestView update(std::shared_ptr<const NearestIndex> base, const std::string& closed, const std::string& opened, int n_needed) const {
    CounterChange change;
    for (char c : closed) change.closed.push_back(CounterId(static_cast<std::size_t>(c - 'A')));
    change.opened = build_set(opened);
    return update_nearest(std::move(base), {network_, places_}, finder_, change, n_needed);
  }
  static std::string to_text(std::span<const Label> labels) {
    std::string text;
    for (const Label& l : labels) {
      if (!text.empty()) text.push_back(' ');
      text.push_back(static_cast<char>('A' + l.counter.v));
      text.append(std::to_string(l.time.ms / 60000));
    }
    return text;
  }

  AsciiTown town_;
  RoadNetwork network_;
  Links places_;
  PlaceFinder finder_;
};

constexpr PlaceId p(0), q(1), r(2);

TEST_F(Street, ListsTheNearestInOrder) {
  const auto index = build_index("ABCD", 4);
  EXPECT_EQ(to_text((*index)[p]), "A2 B3 C10 D15");
  EXPECT_EQ(to_text((*index)[q]), "B2 C5 A7 D10");
  EXPECT_EQ(to_text((*index)[r]), "C2 D3 B9 A14");
}

TEST_F(Street, ListsNoMoreThanAskedFor) {
  const auto index = build_index("ABCD", 2);
  EXPECT_EQ(to_text((*index)[p]), "A2 B3");
  EXPECT_EQ(to_text((*index)[q]), "B2 C5");
}

TEST_F(Street, ShortListsHoldAllThereAre) {
  const auto index = build_index("D", 3);
  EXPECT_EQ(to_text((*index)[p]), "D15");
  EXPECT_EQ(index->count[0], 1);
  EXPECT_FALSE(index->labels[1].time.is_reachable());
  const auto none = build_index("", 3);
  EXPECT_EQ(to_text((*none)[p]), "");
}

TEST_F(Street, ClosingPromotesTheNext) {
  const NearestView view = update(build_index("ABCD", 4), "B", "", 1);
  EXPECT_EQ(to_text(view[p]), "A2 C10 D15");
  EXPECT_EQ(to_text(view[q]), "C5 A7 D10");
  EXPECT_EQ(to_text(view[r]), "C2 D3 A14");
}

TEST_F(Street, ClosingTouchesOnlyPlacesThatListTheCounter) {
  const NearestView view = update(build_index("ABCD", 2), "A", "", 1);
  EXPECT_EQ(std::vector<PlaceId>(view.touched().begin(), view.touched().end()), std::vector<PlaceId>{p});
  EXPECT_EQ(to_text(view[p]), "B3");
  EXPECT_EQ(to_text(view[r]), "C2 D3");
}

TEST_F(Street, AListThatRunsDryIsFoundAnew) {
  const auto base = build_index("ABCD", 2);
  EXPECT_EQ(to_text(update(base, "AB", "", 1)[p]), "C10 D15");
  EXPECT_EQ(to_text(update(base, "A", "", 2)[p]), "B3 C10");
  EXPECT_EQ(to_text(update(base, "ABC", "", 2)[p]), "D15");
  EXPECT_EQ(to_text(update(base, "ABCD", "", 2)[p]), "");
}

TEST_F(Street, OpeningEntersTheListsItImproves) {
  const NearestView view = update(build_index("AD", 2), "", "B", 1);
  EXPECT_EQ(to_text(view[p]), "A2 B3");
  EXPECT_EQ(to_text(view[q]), "B2 A7");
  EXPECT_EQ(to_text(view[r]), "D3 B9");
  const NearestView far = update(build_index("AB", 2), "", "D", 1);
  EXPECT_EQ(to_text(far[p]), "A2 B3");
  EXPECT_EQ(to_text(far[r]), "D3 B9");
}

TEST_F(Street, OpeningReachesPlacesThatHadNone) {
  const NearestView view = update(build_index("", 2), "", "C", 1);
  EXPECT_EQ(to_text(view[p]), "C10");
  EXPECT_EQ(to_text(view[r]), "C2");
}

TEST_F(Street, ClosingAndOpeningTogether) {
  const NearestView view = update(build_index("AB", 2), "AB", "CD", 2);
  EXPECT_EQ(to_text(view[p]), "C10 D15");
  EXPECT_EQ(to_text(view[r]), "C2 D3");
}

TEST_F(Street, ACounterThatClosesAndOpensStaysAsItWas) {
  const auto base = build_index("ABCD", 3);
  const NearestView view = update(base, "B", "B", 3);
  for (PlaceId place : {p, q, r}) EXPECT_EQ(to_text(view[place]), to_text((*base)[place]));
}

TEST_F(Street, ClosingWhatTheBaselineLacksChangesNothing) {
  EXPECT_TRUE(update(build_index("AB", 2), "C", "", 1).touched().empty());
}

TEST_F(Street, EqualTimesGoToTheCounterThatComesFirst) {
  // the middle between A and D, 8.5 steps from both ends, has two counters at the same point too
  const std::vector<LatLon> middle{town_.between('A', 'D', 0.5)};
  const Links at = build_links(network_, middle);
  CounterSet set = build_set("ADDA");
  set.ids = {CounterId(2), CounterId(4), CounterId(6), CounterId(7)};
  const NearestIndex index = build_nearest_index({network_, at}, set, 3);
  const auto list = index[PlaceId(0)];
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0], (Label{{510000}, CounterId(2)}));
  EXPECT_EQ(list[1], (Label{{510000}, CounterId(4)}));
  EXPECT_EQ(list[2], (Label{{510000}, CounterId(6)}));
}

TEST_F(Street, APlaceAndACounterOnOnePieceOfRoadMeetThere) {
  const std::vector<LatLon> place{town_.between('q', 'C', 0.3)}, counter{town_.between('q', 'C', 0.7)};
  const Links at = build_links(network_, place);
  const CounterSet set{{CounterId(0)}, build_links(network_, counter)};
  const NearestIndex index = build_nearest_index({network_, at}, set, 1);
  EXPECT_NEAR(index[PlaceId(0)][0].time.ms, 120000, 2);
}

}  // namespace
}  // namespace maillage::test
