// The drawings of the tests mean what they say.
#include "tests/support/ascii_town.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/print.h"

namespace maillage::test {
namespace {

TEST(AsciiTown, ARoadOfThreeStepsHasThreeSegments) {
  const AsciiTown town = build_ascii_town("A--B");
  ASSERT_EQ(town.roads.n_nodes(), 4u);
  ASSERT_EQ(town.roads.n_segments(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(town.roads.forward_s[SegmentId(i)], 60);
    EXPECT_EQ(town.roads.backward_s[SegmentId(i)], 60);
    EXPECT_NEAR(town.roads.length_m[SegmentId(i)], kStepM, 1e-3);
  }
  EXPECT_NEAR(town.point('B').lon, 0.003, 1e-12);
}

TEST(AsciiTown, ArrowsAreOneWay) {
  const AsciiTown town = build_ascii_town("A>B<C");
  EXPECT_EQ(town.roads.n_segments(), 4u);
  EXPECT_EQ(town.roads.forward_s[town.segment('A', Side::east)], 60);
  EXPECT_EQ(town.roads.backward_s[town.segment('A', Side::east)], kNoWay);
  EXPECT_EQ(town.roads.forward_s[town.segment('C', Side::west)], kNoWay);
  EXPECT_EQ(town.roads.backward_s[town.segment('C', Side::west)], 60);
  const AsciiTown down = build_ascii_town("A\nv\nB");
  EXPECT_EQ(down.roads.forward_s[down.segment('A', Side::south)], 60);
  EXPECT_EQ(down.roads.backward_s[down.segment('B', Side::north)], kNoWay);
}

TEST(AsciiTown, DiagonalsJoinTheirTips) {
  const AsciiTown town = build_ascii_town(
      "A   B\n"
      " \\ / \n"
      "  C  ");
  EXPECT_EQ(town.roads.n_segments(), 4u);
  EXPECT_NO_THROW((void)town.segment('A', Side::south_east));
  EXPECT_NO_THROW((void)town.segment('C', Side::north_east));
  EXPECT_THROW((void)town.segment('C', Side::north), std::invalid_argument);
}

TEST(AsciiTown, PointsBesideARoadAreNotOnIt) {
  const AsciiTown town = build_ascii_town(
      "A---B\n"
      "  p  ");
  EXPECT_EQ(town.roads.n_segments(), 4u);
  EXPECT_THROW((void)town.segment('p', Side::north), std::invalid_argument);
  EXPECT_NEAR(find_distance_m(town.point('p'), town.between('A', 'B', 0.5)), kStepM, 0.01);
}

TEST(AsciiTown, RestrictedRoadsAndFerriesAreMarked) {
  const AsciiTown town = build_ascii_town(
      "A=B~C\n"
      "  :  \n"
      "  D  ");
  EXPECT_EQ(town.roads.flags[town.segment('A', Side::east)], kRestricted);
  EXPECT_EQ(town.roads.flags[town.segment('B', Side::east)], kNoAttach);
  EXPECT_EQ(town.roads.flags[town.segment('D', Side::north)], kRestricted);
}

TEST(AsciiTown, RefusesWhatHasNoMeaning) {
  EXPECT_THROW((void)build_ascii_town("A-A"), std::invalid_argument);
  EXPECT_THROW((void)build_ascii_town("A><B"), std::invalid_argument);
}

}  // namespace
}  // namespace maillage::test
