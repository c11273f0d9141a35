// What one mode can do with a way: class, access, limits, caps and flags together.
#include "geo/osm_way_use.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace maillage {
namespace {

using Pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

SpeedRules build_car_rules() {
  SpeedRules rules;
  rules.highway_kmh = {{"motorway", 130}, {"primary", 80}, {"residential", 30}, {"service", 15}, {"track", 20},
                       {"ferry", 10},     {"shuttle_train", 40}};
  rules.by_access_kmh = {{"path", 6}, {"pedestrian", 5}, {"road", 12}};
  rules.maxspeed_factor = 1;
  rules.use_surface_caps = true;
  rules.surface_kmh = {{"gravel", 40}, {"sand", 10}};
  rules.tracktype_kmh = {{"grade3", 15}, {"grade5", 0}};
  rules.smoothness_kmh = {{"bad", 25}, {"impassable", 0}};
  return rules;
}

SpeedRules build_walk_rules() {
  SpeedRules rules;
  for (const char* road : {"primary", "residential", "path", "footway", "steps", "pedestrian", "platform", "pier"}) {
    rules.highway_kmh[road] = 4.5;
  }
  rules.highway_kmh["ferry"] = 10;
  rules.by_access_kmh = {{"trunk", 4.5}};
  return rules;
}

SpeedRules build_bike_rules() {
  SpeedRules rules;
  rules.highway_kmh = {{"primary", 15}, {"residential", 15}, {"cycleway", 18}, {"path", 10}, {"ferry", 10}};
  rules.by_access_kmh = {{"footway", 8}};
  rules.maxspeed_factor = 1;
  return rules;
}

WayUse use_by(Mode mode, Pairs tags, TagDoubts* doubts_out = nullptr) {
  TagDoubts doubts = 0;
  const SpeedRules rules = mode == Mode::car    ? build_car_rules()
                           : mode == Mode::walk ? build_walk_rules()
                                                : build_bike_rules();
  const WayUse use = find_way_use(RoadTags(tags), mode, rules, doubts);
  if (doubts_out) *doubts_out = doubts;
  return use;
}

void expect_speeds(const WayUse& use, double forward_kmh, double backward_kmh) {
  EXPECT_NEAR(use.forward_kmh, forward_kmh, 1e-4);
  EXPECT_NEAR(use.backward_kmh, backward_kmh, 1e-4);
}

TEST(WayUse, TheClassGivesTheSpeed) {
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}}), 80, 80);
  expect_speeds(use_by(Mode::car, {{"highway", "motorway"}}), 130, 0);
  expect_speeds(use_by(Mode::car, {{"highway", "primary;secondary"}}), 80, 80);
  for (const char* road : {"construction", "proposed", "raceway", "steps", "footway", "abandoned", ""}) {
    EXPECT_FALSE(use_by(Mode::car, {{"highway", road}}).is_open()) << road;
  }
  EXPECT_FALSE(use_by(Mode::car, {{"building", "yes"}}).is_open());
}

TEST(WayUse, LimitsReplaceTheClassSpeedOfCarsUpAndDown) {
  expect_speeds(use_by(Mode::car, {{"highway", "residential"}, {"maxspeed", "50"}}), 50, 50);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"maxspeed", "FR:urban"}}), 50, 50);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"maxspeed:forward", "70"}}), 70, 80);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"maxspeed", "70"}, {"maxspeed:backward", "90"}}), 70, 90);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"maxspeed", "90"}, {"maxspeed:advisory", "60"}}), 60, 60);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"source:maxspeed", "FR:urban"}}), 50, 50);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"source:maxspeed", "survey 2019"}}), 80, 80);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"maxspeed:type", "sign"}, {"zone:maxspeed", "FR:30"}}), 30, 30);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"maxspeed", "70"}, {"zone:traffic", "FR:urban"}}), 70, 70);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"maxspeed", "none"}, {"zone:traffic", "FR:urban"}}), 80, 80);
}

TEST(WayUse, AShareOfTheLimitOrNoneAtAll) {
  TagDoubts doubts = 0;
  SpeedRules rules = build_car_rules();
  const RoadTags tags{{"highway", "primary"}, {"maxspeed", "50"}};
  rules.maxspeed_factor = 0.8;
  expect_speeds(find_way_use(tags, Mode::car, rules, doubts), 40, 40);
  rules.maxspeed_factor = 0;
  expect_speeds(find_way_use(tags, Mode::car, rules, doubts), 80, 80);
}

TEST(WayUse, LimitsOnlyLowerTheSpeedOfBikes) {
  expect_speeds(use_by(Mode::bike, {{"highway", "residential"}, {"maxspeed", "50"}}), 15, 15);
  expect_speeds(use_by(Mode::bike, {{"highway", "residential"}, {"maxspeed", "walk"}}), 5, 5);
}

TEST(WayUse, AnUnknownLimitIsAFinding) {
  TagDoubts doubts = 0;
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"maxspeed", "fast"}}, &doubts), 80, 80);
  EXPECT_EQ(doubts, kUnknownMaxspeed);
}

TEST(WayUse, CapsLowerTheSpeedAndZeroCloses) {
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"surface", "gravel"}}), 40, 40);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"surface", "asphalt"}}), 80, 80);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"surface", "gravel;sand"}}), 10, 10);
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"smoothness", "bad"}, {"surface", "gravel"}}), 25, 25);
  expect_speeds(use_by(Mode::car, {{"highway", "residential"}, {"surface", "gravel"}, {"maxspeed", "50"}}), 40, 40);
  expect_speeds(use_by(Mode::car, {{"highway", "track"}}), 20, 20);
  expect_speeds(use_by(Mode::car, {{"highway", "track"}, {"tracktype", "grade3"}}), 15, 15);
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "track"}, {"tracktype", "grade5"}}).is_open());
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "primary"}, {"smoothness", "impassable"}}).is_open());

  TagDoubts doubts = 0;
  SpeedRules rules = build_car_rules();
  rules.use_surface_caps = false;
  expect_speeds(find_way_use(RoadTags{{"highway", "primary"}, {"surface", "sand"}}, Mode::car, rules, doubts), 80, 80);
}

TEST(WayUse, AccessClosesRestrictsOrOpens) {
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "primary"}, {"access", "no"}}).is_open());
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "residential"}, {"motor_vehicle", "agricultural"}}).is_open());
  for (const char* word : {"private", "destination", "delivery", "customers", "permit"}) {
    const WayUse use = use_by(Mode::car, {{"highway", "service"}, {"access", word}});
    expect_speeds(use, 15, 15);
    EXPECT_EQ(use.flags, kRestricted) << word;
  }
  EXPECT_EQ(use_by(Mode::car, {{"highway", "service"}, {"access", "private"}, {"motorcar", "yes"}}).flags, kOpenRoad);
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "path"}}).is_open());
  expect_speeds(use_by(Mode::car, {{"highway", "path"}, {"motor_vehicle", "yes"}}), 6, 6);
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "path"}, {"access", "yes"}}).is_open());
  expect_speeds(use_by(Mode::car, {{"highway", "road"}, {"access", "yes"}}), 12, 12);
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "pedestrian"}, {"motor_vehicle", "destination"}}).is_open());
  expect_speeds(use_by(Mode::bike, {{"highway", "footway"}, {"bicycle", "designated"}}), 8, 8);
  EXPECT_FALSE(use_by(Mode::bike, {{"highway", "footway"}}).is_open());
  EXPECT_FALSE(use_by(Mode::bike, {{"highway", "residential"}, {"bicycle", "dismount"}}).is_open());
}

TEST(WayUse, AccessMayDifferByDirection) {
  expect_speeds(use_by(Mode::car, {{"highway", "primary"}, {"motor_vehicle:backward", "no"}}), 80, 0);
  const WayUse use = use_by(Mode::car, {{"highway", "primary"}, {"vehicle:forward", "destination"}, {"oneway", "-1"}});
  expect_speeds(use, 0, 80);
  EXPECT_EQ(use.flags, kOpenRoad);  // the restricted direction is closed anyway
}

TEST(WayUse, WalkersAndCyclists) {
  expect_speeds(use_by(Mode::walk, {{"highway", "steps"}}), 4.5, 4.5);
  EXPECT_FALSE(use_by(Mode::bike, {{"highway", "steps"}}).is_open());
  expect_speeds(use_by(Mode::walk, {{"highway", "residential"}, {"oneway", "yes"}}), 4.5, 4.5);
  EXPECT_FALSE(use_by(Mode::walk, {{"highway", "trunk"}}).is_open());
  expect_speeds(use_by(Mode::walk, {{"highway", "trunk"}, {"foot", "yes"}}), 4.5, 4.5);
  EXPECT_FALSE(use_by(Mode::walk, {{"highway", "primary"}, {"motorroad", "yes"}}).is_open());
  EXPECT_FALSE(use_by(Mode::bike, {{"highway", "primary"}, {"motorroad", "yes"}}).is_open());
  EXPECT_TRUE(use_by(Mode::car, {{"highway", "primary"}, {"motorroad", "yes"}}).is_open());
  expect_speeds(use_by(Mode::walk, {{"railway", "platform"}}), 4.5, 4.5);
  expect_speeds(use_by(Mode::walk, {{"man_made", "pier"}}), 4.5, 4.5);
  EXPECT_FALSE(use_by(Mode::walk, {{"highway", "footway"}, {"foot", "no"}}).is_open());
}

TEST(WayUse, PrivateWaysAreClosedOnFoot) {
  for (const char* word : {"private", "delivery", "permit", "residents"}) {
    EXPECT_FALSE(use_by(Mode::walk, {{"highway", "residential"}, {"access", word}}).is_open()) << word;
    EXPECT_EQ(use_by(Mode::bike, {{"highway", "residential"}, {"access", word}}).flags, kRestricted) << word;
  }
  EXPECT_FALSE(use_by(Mode::walk, {{"highway", "footway"}, {"foot", "private"}}).is_open());
  for (const char* road : {"footway", "path", "steps"})
    EXPECT_EQ(use_by(Mode::walk, {{"highway", road}, {"access", "private"}}).flags, kRestricted) << road;
  EXPECT_EQ(use_by(Mode::walk, {{"highway", "residential"}, {"access", "private"}, {"foot", "yes"}}).flags, kOpenRoad);
  for (const char* word : {"destination", "customers", "private;customers"})
    EXPECT_EQ(use_by(Mode::walk, {{"highway", "residential"}, {"access", word}}).flags, kRestricted) << word;
}

TEST(WayUse, NobodyOnFootAttachesInsideATunnel) {
  EXPECT_EQ(use_by(Mode::walk, {{"highway", "footway"}, {"tunnel", "yes"}}).flags, kNoAttach);
  EXPECT_EQ(use_by(Mode::walk, {{"highway", "footway"}, {"tunnel", "building_passage"}}).flags, kOpenRoad);
  EXPECT_EQ(use_by(Mode::car, {{"highway", "primary"}, {"tunnel", "yes"}}).flags, kOpenRoad);
}

TEST(WayUse, ASidewalkOpensTrunkRoadsToWalkers) {
  for (const char* side : {"both", "left", "right", "yes"})
    expect_speeds(use_by(Mode::walk, {{"highway", "trunk"}, {"sidewalk", side}}), 4.5, 4.5);
  for (const char* key : {"sidewalk:both", "sidewalk:left", "sidewalk:right"})
    EXPECT_TRUE(use_by(Mode::walk, {{"highway", "trunk"}, {key, "yes"}}).is_open()) << key;
  for (const char* side : {"no", "none", "separate"})
    EXPECT_FALSE(use_by(Mode::walk, {{"highway", "trunk"}, {"sidewalk", side}}).is_open()) << side;
  EXPECT_FALSE(use_by(Mode::walk, {{"highway", "trunk"}, {"sidewalk", "both"}, {"foot", "no"}}).is_open());
  EXPECT_FALSE(use_by(Mode::walk, {{"highway", "trunk"}, {"sidewalk", "both"}, {"access", "private"}}).is_open());
  EXPECT_TRUE(use_by(Mode::walk, {{"highway", "trunk"}, {"sidewalk", "both"}, {"access", "yes"}}).is_open());
  EXPECT_FALSE(use_by(Mode::bike, {{"highway", "trunk"}, {"sidewalk", "both"}}).is_open());
}

TEST(WayUse, AreasAreForWalkersOnly) {
  EXPECT_TRUE(use_by(Mode::walk, {{"highway", "pedestrian"}, {"area", "yes"}}).is_open());
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "service"}, {"area", "yes"}}).is_open());
  EXPECT_FALSE(use_by(Mode::bike, {{"highway", "path"}, {"area", "yes"}}).is_open());
}

TEST(WayUse, FerriesHaveATimetable) {
  WayUse use = use_by(Mode::car, {{"route", "ferry"}, {"duration", "00:35"}});
  expect_speeds(use, 10, 10);
  EXPECT_EQ(use.duration_s, 2100);
  EXPECT_EQ(use.flags, kNoAttach | kTimetabled);
  use = use_by(Mode::car, {{"route", "ferry"}});
  EXPECT_EQ(use.duration_s, 0);
  EXPECT_FALSE(use_by(Mode::car, {{"route", "ferry"}, {"motor_vehicle", "no"}}).is_open());
  EXPECT_TRUE(use_by(Mode::walk, {{"route", "ferry"}, {"motor_vehicle", "no"}}).is_open());
  EXPECT_EQ(use_by(Mode::car, {{"route", "shuttle_train"}, {"duration", "PT20M"}}).duration_s, 1200);
  EXPECT_FALSE(use_by(Mode::car, {{"route", "hiking"}}).is_open());
  TagDoubts doubts = 0;
  EXPECT_EQ(use_by(Mode::car, {{"route", "ferry"}, {"duration", "long"}}, &doubts).duration_s, 0);
  EXPECT_EQ(doubts, kUnknownDuration);
}

TEST(WayUse, OutOfUse) {
  TagDoubts doubts = 0;
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "primary"}, {"construction", "yes"}}, &doubts).is_open());
  EXPECT_EQ(doubts, kUnderConstruction);
  EXPECT_TRUE(use_by(Mode::car, {{"highway", "primary"}, {"construction", "minor"}}).is_open());
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "primary"}, {"impassable", "yes"}}).is_open());
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "service"}, {"service", "emergency_access"}}).is_open());
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "primary"}, {"oneway", "reversible"}}).is_open());
  EXPECT_FALSE(use_by(Mode::car, {{"highway", "residential"}, {"maxwidth", "1.8 m"}}).is_open());
  EXPECT_TRUE(use_by(Mode::car, {{"highway", "residential"}, {"maxwidth", "2"}}).is_open());
  EXPECT_TRUE(use_by(Mode::walk, {{"highway", "residential"}, {"maxwidth", "1"}}).is_open());
}

TEST(WayUse, SeasonsAndConditionsAreFindings) {
  TagDoubts doubts = 0;
  EXPECT_TRUE(use_by(Mode::car, {{"highway", "primary"}, {"seasonal", "summer"}}, &doubts).is_open());
  EXPECT_EQ(doubts, kSeasonal);
  EXPECT_TRUE(use_by(Mode::car, {{"highway", "primary"}, {"access:conditional", "no @ (Nov-Apr)"}}, &doubts).is_open());
  EXPECT_EQ(doubts, kConditional);
  EXPECT_TRUE(use_by(Mode::car, {{"highway", "primary"}, {"seasonal", "no"}}, &doubts).is_open());
  EXPECT_EQ(doubts, 0);
}

TEST(NodeDelays, FollowTheSignAndItsDirection) {
  SpeedRules rules;
  rules.delay_s = {{"traffic_signals", 8}, {"stop", 4}, {"junction", 2}};
  EXPECT_EQ(find_node_delay(RoadTags{{"highway", "traffic_signals"}}, rules).forward_s, 8);
  EXPECT_EQ(find_node_delay(RoadTags{{"highway", "traffic_signals"}}, rules).backward_s, 8);
  const NodeDelay stop = find_node_delay(RoadTags{{"highway", "stop"}, {"direction", "forward"}}, rules);
  EXPECT_EQ(stop.forward_s, 4);
  EXPECT_EQ(stop.backward_s, 0);
  const NodeDelay lights =
      find_node_delay(RoadTags{{"highway", "traffic_signals"}, {"traffic_signals:direction", "backward"}}, rules);
  EXPECT_EQ(lights.forward_s, 0);
  EXPECT_EQ(lights.backward_s, 8);
  EXPECT_EQ(find_node_delay(RoadTags{{"highway", "give_way"}}, rules).forward_s, 0);
  EXPECT_EQ(find_node_delay(RoadTags{{"highway", "junction"}}, rules).forward_s, 0);
}

}  // namespace
}  // namespace maillage
