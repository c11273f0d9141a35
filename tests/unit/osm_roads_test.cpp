// Small towns written as OSM line text (OPL), with answers that a person can work out.
//
// Nodes lie on the equator or a meridian, 0.001 degrees = 111.195 m apart. At 36 km/h a segment of
// that length takes 11.1195 s.
#include "geo/osm_roads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "tests/support/temporary_folder.h"

namespace maillage {
namespace {

constexpr double kStepM = 111.19508;
constexpr double kStepS = 11.119508;  // at 36 km/h

OsmRoadOptions car() {
  OsmRoadOptions options{Mode::car, {}};
  options.rules.highway_kmh = {{"primary", 36}, {"residential", 36}, {"service", 36}, {"ferry", 36}};
  return options;
}

OsmRoadOptions walk() {
  OsmRoadOptions options{Mode::walk, {}};
  options.rules.highway_kmh = {{"primary", 3.6}, {"residential", 3.6}, {"footway", 3.6}, {"pedestrian", 3.6}, {"ferry", 36}};
  return options;
}

OsmRoadOptions bike() {
  OsmRoadOptions options{Mode::bike, {}};
  options.rules.highway_kmh = {{"primary", 18}, {"residential", 18}};
  return options;
}

RoadSegments read_one(const std::string& text, const OsmRoadOptions& options, Findings* findings = nullptr) {
  Findings own;
  return std::move(read_osm_text(text, {options}, findings ? *findings : own).at(0));
}

std::int64_t count(const Findings& findings, const std::string& kind) {
  const auto at = findings.kinds().find(kind);
  return at == findings.kinds().end() ? 0 : at->second.count;
}

// The street: nodes 1..5 eastward along the equator, 0.001 degrees apart.
std::string street(const std::string& node3_tags = "") {
  return "n1 x0.000 y0\nn2 x0.001 y0\nn3 x0.002 y0 " + node3_tags + "\nn4 x0.003 y0\nn5 x0.004 y0\n";
}

TEST(OsmRoads, AWayBecomesOneSegmentBetweenNeighbouringNodes) {
  const RoadSegments roads = read_one(street() + "w7 Thighway=primary Nn1,n2,n3\n", car());
  ASSERT_EQ(roads.n_nodes(), 3u);
  ASSERT_EQ(roads.n_segments(), 2u);
  EXPECT_EQ(roads.mode, Mode::car);
  EXPECT_EQ(roads.node_osm_id.items(), (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(roads.way_id, std::vector<std::int64_t>{7});
  EXPECT_TRUE(roads.node_delay_s.empty());
  EXPECT_TRUE(roads.turn_bans.empty());
  for (const SegmentId s : {SegmentId(0), SegmentId(1)}) {
    EXPECT_EQ(roads.from[s].v, s.v);
    EXPECT_EQ(roads.to[s].v, s.v + 1);
    EXPECT_NEAR(roads.length_m[s], kStepM, 1e-3);
    EXPECT_NEAR(roads.forward_s[s], kStepS, 1e-4);
    EXPECT_NEAR(roads.backward_s[s], kStepS, 1e-4);
    EXPECT_EQ(roads.way[s], 0u);
    EXPECT_EQ(roads.flags[s], kOpenRoad);
  }
  EXPECT_NEAR(roads.node_point[RawNodeId(2)].lon, 0.002, 1e-9);
}

TEST(OsmRoads, OneReadingServesSeveralModes) {
  Findings findings;
  const std::string text = street() + "w7 Thighway=primary,oneway=yes Nn1,n2\nw8 Thighway=footway Nn2,n3,n4\n";
  const auto roads = read_osm_text(text, {walk(), car(), bike()}, findings);
  ASSERT_EQ(roads.size(), 3u);
  EXPECT_EQ(roads[0].mode, Mode::walk);
  EXPECT_EQ(roads[0].n_segments(), 3u);
  EXPECT_NEAR(roads[0].backward_s[SegmentId(0)], kStepM, 1e-3);
  EXPECT_EQ(roads[1].n_segments(), 1u);
  EXPECT_EQ(roads[1].backward_s[SegmentId(0)], kNoWay);
  EXPECT_EQ(roads[2].n_segments(), 1u);
  EXPECT_EQ(roads[2].way_id, std::vector<std::int64_t>{7});
  EXPECT_TRUE(findings.kinds().empty());
}

TEST(OsmRoads, ABollardEndsTheRoadForCarsOnBothSides) {
  const std::string text = street("Tbarrier=bollard") + "w7 Thighway=primary Nn1,n2,n3,n4\nw8 Thighway=primary Nn3,n5\n";
  const RoadSegments roads = read_one(text, car());
  ASSERT_EQ(roads.n_segments(), 4u);
  // Node 3 is there three times: for 2-3, 3-4 and 3-5, and no two segments share one.
  EXPECT_EQ(std::ranges::count(roads.node_osm_id.items(), 3), 3);
  std::set<std::uint32_t> ends;
  for (std::uint32_t s = 1; s < 4; ++s) {
    for (const RawNodeId end : {roads.from[SegmentId(s)], roads.to[SegmentId(s)]}) {
      if (roads.node_osm_id[end] != 3) continue;
      EXPECT_TRUE(ends.insert(end.v).second);
    }
  }
  EXPECT_EQ(ends.size(), 3u);

  const RoadSegments footpaths = read_one(text, walk());
  EXPECT_EQ(std::ranges::count(footpaths.node_osm_id.items(), 3), 1);
}

TEST(OsmRoads, AGateLetsThrough) {
  const RoadSegments roads = read_one(street("Tbarrier=gate") + "w7 Thighway=primary Nn1,n2,n3,n4\n", car());
  EXPECT_EQ(roads.n_nodes(), 4u);
}

TEST(OsmRoads, FerriesSpreadTheirDurationByLength) {
  // 1-2 is a third of the crossing 1-2-4, which takes 35 minutes; 36 km/h would give 33 s.
  const RoadSegments roads = read_one(street() + "w7 Troute=ferry,duration=00:35 Nn1,n2,n4\n", car());
  ASSERT_EQ(roads.n_segments(), 2u);
  EXPECT_NEAR(roads.forward_s[SegmentId(0)], 700, 0.01);
  EXPECT_NEAR(roads.backward_s[SegmentId(1)], 1400, 0.01);
  EXPECT_EQ(roads.flags[SegmentId(0)], kNoAttach | kTimetabled);

  const RoadSegments by_length = read_one(street() + "w7 Troute=ferry Nn1,n2,n4\n", car());
  EXPECT_NEAR(by_length.forward_s[SegmentId(1)], 2 * kStepS, 1e-3);
}

TEST(OsmRoads, PrivateRoadsAreMarked) {
  const RoadSegments roads = read_one(street() + "w7 Thighway=primary Nn1,n2\nw8 Thighway=service,access=private Nn2,n3\n", car());
  EXPECT_EQ(roads.flags[SegmentId(0)], kOpenRoad);
  EXPECT_EQ(roads.flags[SegmentId(1)], kRestricted);
}

TEST(OsmRoads, WaysAreSplitWhereTheExtractLacksNodes) {
  Findings findings;
  const RoadSegments roads = read_one(street() + "w7 Thighway=primary Nn1,n2,n98,n99,n4,n5\n", car(), &findings);
  ASSERT_EQ(roads.n_segments(), 2u);
  EXPECT_EQ(roads.node_osm_id[roads.from[SegmentId(1)]], 4);
  EXPECT_EQ(count(findings, "way_cut"), 1);
  EXPECT_EQ(findings.kinds().at("way_cut").examples.at(0), "way 7 lacks 2 of 6 nodes");
}

// Flags of a way's segments, in its order.
std::vector<int> find_flags(const RoadSegments& roads, std::size_t n) {
  std::vector<int> flags;
  for (std::size_t s = 0; s < n; ++s) flags.push_back(roads.flags[SegmentId(s)]);
  return flags;
}

TEST(OsmRoads, WalkersDoNotAttachBeyondTheLastCrossingBeforeTheBorder) {
  // Way 7 runs on to nodes 98 and 99, which the extract lacks; way 8 crosses it at node 3.
  const std::string cross = "w8 Thighway=primary Nn6,n3\n";
  const RoadSegments out = read_one(street() + "n6 x0.002 y0.001\nw7 Thighway=primary Nn1,n2,n3,n4,n5,n98,n99\n" + cross, walk());
  EXPECT_EQ(find_flags(out, 4), (std::vector<int>{0, 0, kNoAttach, kNoAttach}));
  const RoadSegments in = read_one(street() + "n6 x0.002 y0.001\nw7 Thighway=primary Nn98,n1,n2,n3,n4,n5\n" + cross, walk());
  EXPECT_EQ(find_flags(in, 4), (std::vector<int>{kNoAttach, kNoAttach, 0, 0}));
  const RoadSegments hole = read_one(street() + "n6 x0.002 y0.001\nw7 Thighway=primary Nn1,n2,n98,n3,n4,n5\n" + cross, walk());
  EXPECT_EQ(find_flags(hole, 3), (std::vector<int>{kNoAttach, 0, 0}));
  const RoadSegments whole = read_one(street() + "n6 x0.002 y0.001\nw7 Thighway=primary Nn1,n2,n3,n4,n5\n" + cross, walk());
  EXPECT_EQ(find_flags(whole, 4), (std::vector<int>{0, 0, 0, 0}));
  const RoadSegments car_roads = read_one(street() + "n6 x0.002 y0.001\nw7 Thighway=primary Nn1,n2,n3,n98\n" + cross, car());
  EXPECT_EQ(find_flags(car_roads, 2), (std::vector<int>{0, 0}));
}

TEST(OsmRoads, NodesWithoutUsableCoordinatesCountAsLacking) {
  Findings findings;
  const RoadSegments roads = read_one(
      "n1 x0 y0\nn2 x0.001 y0\nn3 x200 y95\nn4\nw7 Thighway=primary Nn1,n2,n3,n4\n", car(), &findings);
  EXPECT_EQ(roads.n_segments(), 1u);
  EXPECT_EQ(count(findings, "bad_coordinates"), 2);
  EXPECT_EQ(count(findings, "way_cut"), 1);
}

TEST(OsmRoads, RepeatedNodesAndNodesOnOneSpotAreFine) {
  // Node 9 lies on node 2: a segment of length 0. The repeated 2 gives none.
  const RoadSegments roads = read_one(street() + "n9 x0.001 y0\nw7 Thighway=primary Nn1,n2,n2,n9,n3\n", car());
  ASSERT_EQ(roads.n_segments(), 3u);
  EXPECT_EQ(roads.length_m[SegmentId(1)], 0);
  EXPECT_EQ(roads.forward_s[SegmentId(1)], 0);
  EXPECT_TRUE(std::isfinite(roads.forward_s[SegmentId(2)]));
}

TEST(OsmRoads, AFerryOfLengthZeroIsFinite) {
  const RoadSegments roads = read_one("n1 x0 y0\nn2 x0 y0\nw7 Troute=ferry,duration=10 Nn1,n2\n", car());
  EXPECT_TRUE(std::isfinite(roads.forward_s[SegmentId(0)]));
}

TEST(OsmRoads, ObjectsInAnyOrder) {
  const std::string text = "w7 Thighway=primary Nn1,n2,n3\nn3 x0.002 y0\nn1 x0 y0\nn2 x0.001 y0\n";
  const RoadSegments roads = read_one(text, car());
  EXPECT_EQ(roads.n_segments(), 2u);
  EXPECT_NEAR(roads.length_m[SegmentId(1)], kStepM, 1e-3);
}

TEST(OsmRoads, NegativeIdsOfEditorsAreIds) {
  const RoadSegments roads = read_one("n-1 x0 y0\nn-2 x0.001 y0\nw-7 Thighway=primary Nn-1,n-2\n", car());
  EXPECT_EQ(roads.node_osm_id.items(), (std::vector<std::int64_t>{-1, -2}));
  EXPECT_EQ(roads.way_id, std::vector<std::int64_t>{-7});
}

TEST(OsmRoads, AWayOfOneNodeIsNoRoad) {
  const RoadSegments roads = read_one(street() + "w6 Thighway=primary Nn3\nw7 Thighway=primary Nn1,n2\n", car());
  EXPECT_EQ(roads.n_nodes(), 2u);
  EXPECT_EQ(roads.way_id, std::vector<std::int64_t>{7});
}

TEST(OsmRoads, DelaysAtSignalsSignsAndJunctions) {
  OsmRoadOptions options = car();
  options.rules.delay_s = {{"traffic_signals", 8}, {"stop", 4}, {"junction", 2}};
  // 2: signals where three roads meet (8, not 10). 3: stop for those who drive west to east.
  const std::string text =
      "n1 x0.000 y0\nn2 x0.001 y0 Thighway=traffic_signals\nn3 x0.002 y0 Thighway=stop,direction=forward\n"
      "n4 x0.003 y0\nn5 x0.001 y0.001\nn6 x0.003 y0.001\nn7 x0.004 y0\n"
      "w1 Thighway=primary Nn1,n2,n3,n4,n7\nw2 Thighway=residential Nn2,n5\nw3 Thighway=residential Nn4,n6\n";
  const RoadSegments roads = read_one(text, options);
  ASSERT_EQ(roads.node_delay_s.size(), roads.n_nodes());
  std::map<std::int64_t, float> delay_s;
  for (std::uint32_t n = 0; n < roads.n_nodes(); ++n) delay_s[roads.node_osm_id[RawNodeId(n)]] = roads.node_delay_s[RawNodeId(n)];
  EXPECT_EQ(delay_s, (std::map<std::int64_t, float>{{1, 0}, {2, 8}, {3, 0}, {4, 2}, {5, 0}, {6, 0}, {7, 0}}));
  EXPECT_NEAR(roads.forward_s[SegmentId(1)], kStepS + 4, 1e-3);   // 2 -> 3
  EXPECT_NEAR(roads.backward_s[SegmentId(2)], kStepS, 1e-3);      // 4 -> 3
  EXPECT_NEAR(roads.forward_s[SegmentId(0)], kStepS, 1e-3);       // the signals are the node's
}

// A crossing of four roads at node 10; way and far node share their number:
//
//        w1
//    w4  10  w2
//        w3
std::string crossing(const std::string& relation) {
  return "n1 x0 y0.001\nn2 x0.001 y0\nn3 x0 y-0.001\nn4 x-0.001 y0\nn10 x0 y0\n"
         "w1 Thighway=primary Nn1,n10\nw2 Thighway=primary Nn10,n2\nw3 Thighway=primary Nn10,n3\n"
         "w4 Thighway=primary Nn4,n10\n" + relation;
}

// Bans as `from>to` of way ids, sorted.
std::set<std::string> find_bans(const RoadSegments& roads) {
  std::set<std::string> bans;
  for (const TurnBan& ban : roads.turn_bans) {
    EXPECT_EQ(roads.node_osm_id[ban.via], 10);
    bans.insert(std::to_string(roads.way_id[roads.way[ban.from]]) + ">" + std::to_string(roads.way_id[roads.way[ban.to]]));
  }
  return bans;
}

std::set<std::string> bans_of(const std::string& tags, const std::string& members, Findings* findings = nullptr) {
  return find_bans(read_one(crossing("r5 T" + tags + " M" + members + "\n"), car(), findings));
}

using Bans = std::set<std::string>;
const char* const kLeft = "w1@from,n10@via,w2@to";

TEST(TurnRestrictions, NoAndOnly) {
  EXPECT_EQ(bans_of("type=restriction,restriction=no_left_turn", kLeft), Bans{"1>2"});
  EXPECT_EQ(bans_of("type=restriction,restriction=only_left_turn", kLeft), (Bans{"1>1", "1>3", "1>4"}));
  EXPECT_EQ(bans_of("type=restriction,restriction=no_u_turn", "w1@from,n10@via,w1@to"), Bans{"1>1"});
  EXPECT_EQ(bans_of("type=restriction,restriction=no_entry", "w1@from,w3@from,n10@via,w2@to"), (Bans{"1>2", "3>2"}));
}

TEST(TurnRestrictions, OnlyThoseForCarsCount) {
  EXPECT_EQ(bans_of("type=restriction,restriction=no_left_turn,except=bicycle;psv", kLeft), Bans{"1>2"});
  EXPECT_EQ(bans_of("type=restriction,restriction=no_left_turn,except=psv;motorcar", kLeft), Bans{});
  EXPECT_EQ(bans_of("type=restriction,restriction:motorcar=no_left_turn", kLeft), Bans{"1>2"});
  EXPECT_EQ(bans_of("type=restriction,restriction:hgv=no_left_turn", kLeft), Bans{});
  EXPECT_EQ(bans_of("type=restriction:hgv,restriction=no_left_turn", kLeft), Bans{});
  EXPECT_EQ(bans_of("type=restriction,restriction:motor_vehicle=none,restriction=no_left_turn", kLeft), Bans{});
  EXPECT_TRUE(read_one(crossing("r5 Ttype=restriction,restriction=no_left_turn M" + std::string(kLeft) + "\n"), bike()).turn_bans.empty());
}

TEST(TurnRestrictions, ThoseThatHoldAtTimesAreCountedAndNotObeyed) {
  Findings findings;
  EXPECT_EQ(bans_of("type=restriction,restriction:conditional=no_left_turn%20%%40%%20%(Mo-Fr)", kLeft, &findings), Bans{});
  EXPECT_EQ(bans_of("type=restriction,restriction=no_left_turn,hour_on=07:00", kLeft, &findings), Bans{});
  EXPECT_EQ(count(findings, "turn_restriction_conditional"), 2);
}

TEST(TurnRestrictions, WhatIsNotObeyedIsCounted) {
  Findings findings;
  EXPECT_EQ(bans_of("type=restriction,restriction=no_left_turn", "w1@from,w3@via,w2@to", &findings), Bans{});
  EXPECT_EQ(count(findings, "turn_restriction_via_way"), 1);
  EXPECT_EQ(bans_of("type=restriction,restriction=no_left_turn", "w1@from,n10@via", &findings), Bans{});
  EXPECT_EQ(bans_of("type=restriction,restriction=no_left_turn", "w1@from,n10@via,w77@to", &findings), Bans{});
  EXPECT_EQ(bans_of("type=restriction,restriction=no_left_turn", "w1@from,n77@via,w2@to", &findings), Bans{});
  EXPECT_EQ(bans_of("type=restriction,restriction=please_do_not", kLeft, &findings), Bans{});
  EXPECT_EQ(count(findings, "turn_restriction_unclear"), 1);
  EXPECT_EQ(count(findings, "turn_restriction_off_network"), 2);
  EXPECT_EQ(count(findings, "turn_restriction_unknown"), 1);
}

TEST(TurnRestrictions, AreCountedOnceForSeveralReadingsOfCars) {
  std::string relations;
  for (int r = 0; r < 7; ++r) {
    relations.append("r").append(std::to_string(r + 1));
    relations += " Ttype=restriction,restriction=no_left_turn Mw1@from,n10@via,w77@to\n";
  }
  Findings findings;
  read_osm_text(crossing(relations), {walk(), car(), car()}, findings);
  EXPECT_EQ(count(findings, "turn_restriction_off_network"), 7);
  EXPECT_EQ(findings.kinds().at("turn_restriction_off_network").examples.size(), Findings::kExamplesKept);
}

TEST(TurnRestrictions, AWayThatGoesOnBeyondTheNodeIsUnclearUnlessOneway) {
  const std::string nodes = "n1 x0 y0.001\nn2 x0.001 y0\nn3 x0 y-0.001\nn10 x0 y0\n";
  const std::string side = "w2 Thighway=primary Nn10,n2\nr5 Ttype=restriction,restriction=no_left_turn M" + std::string(kLeft) + "\n";
  Findings findings;
  EXPECT_TRUE(read_one(nodes + "w1 Thighway=primary Nn1,n10,n3\n" + side, car(), &findings).turn_bans.empty());
  EXPECT_EQ(count(findings, "turn_restriction_unclear"), 1);
  const RoadSegments oneway = read_one(nodes + "w1 Thighway=primary,oneway=yes Nn1,n10,n3\n" + side, car());
  ASSERT_EQ(oneway.turn_bans.size(), 1u);
  EXPECT_EQ(oneway.turn_bans[0].from, SegmentId(0));  // 1 -> 10, the only piece that arrives
}

TEST(OsmRoads, TagsOfDoubtBecomeFindingsOnceAWay) {
  Findings findings;
  const std::string text = street() +
      "w1 Thighway=primary,maxspeed=fast Nn1,n2\n"
      "w2 Thighway=primary,access=perhaps Nn2,n3\n"
      "w3 Thighway=primary,oneway=reversible Nn3,n4\n"
      "w4 Thighway=primary,access:conditional=no Nn4,n5\n"
      "w5 Thighway=primary,seasonal=summer Nn1,n5\n"
      "r1 Ttype=multipolygon,highway=pedestrian Mw1@outer\n";
  OsmRoadOptions with_limits = car();
  with_limits.rules.maxspeed_factor = 1;
  read_osm_text(text, {with_limits, with_limits, walk()}, findings);
  for (const char* kind : {"unknown_maxspeed", "unknown_access", "reversible_way", "conditional_rule", "seasonal_road",
                           "pedestrian_area_relation"}) {
    EXPECT_EQ(count(findings, kind), 1) << kind;
  }
  EXPECT_EQ(findings.kinds().at("unknown_maxspeed").examples.at(0), "way 1: maxspeed=fast");
  EXPECT_EQ(findings.kinds().at("unknown_access").examples.at(0), "way 2: access=perhaps");
}

template <class Error>
std::string message_of(const std::string& path) {
  Findings findings;
  try {
    read_osm_roads(path, {car()}, findings);
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << path << " was read without the expected error";
  return {};
}

class BadFiles : public testing::Test {
 protected:
  const test::TemporaryFolder own_;
  const std::filesystem::path folder_ = own_.path();
  std::string write(const std::string& name, const std::string& bytes) {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
};

TEST_F(BadFiles, AreErrorsThatNameTheFileAndWhatWasExpected) {
  const std::string missing = (folder_ / "none.osm.pbf").string();
  EXPECT_EQ(message_of<IoError>(missing), missing + ": no such file; expected an OpenStreetMap file in PBF format (.osm.pbf)");
  EXPECT_NE(message_of<InputError>(folder_.string()).find("is a directory"), std::string::npos);
  EXPECT_NE(message_of<InputError>(write("empty.osm.pbf", "")).find("is empty"), std::string::npos);
  for (const std::string& bytes : {std::string("id,lon,lat\n1,2,3\n"), std::string("<?xml version='1.0'?><osm/>"),
                                   std::string(1000, '\0'), std::string("\0\0\0\x0d\x0a\x09OSMHeader", 15)}) {
    const std::string path = write("other.osm.pbf", bytes);
    const std::string message = message_of<InputError>(path);
    EXPECT_TRUE(message.starts_with(path)) << message;
    EXPECT_NE(message.find("PBF"), std::string::npos) << message;
  }
}

TEST_F(BadFiles, WithoutARoadOfTheMode) {
  const std::string text = street() + "w1 Thighway=footway Nn1,n2\n";
  Findings findings;
  EXPECT_EQ(read_osm_text(text, {walk()}, findings).at(0).n_segments(), 1u);
  try {
    read_osm_text(text, {walk(), car()}, findings, "town.osm.pbf");
    FAIL() << "a file without a road for cars was accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("town.osm.pbf: has no road for mode car"), std::string::npos) << error.what();
  }
  // Roads without any of their nodes are no roads either.
  EXPECT_THROW(read_osm_text("w1 Thighway=primary Nn1,n2\n", {car()}, findings), InputError);
  EXPECT_THROW(read_osm_text("this is not OPL\n", {car()}, findings), InputError);
}

TEST(OsmRoads, NoOptionsGiveNoRoads) {
  Findings findings;
  EXPECT_TRUE(read_osm_text(street(), {}, findings).empty());
}

}  // namespace
}  // namespace maillage
