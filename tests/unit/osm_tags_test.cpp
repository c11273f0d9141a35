// What OSM tags mean for each mode: tables of tag values and what is expected of them.
#include "geo/osm_tags.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "geo/osm_access.h"
#include "geo/osm_values.h"
#include "geo/osm_way_use.h"

namespace maillage {
namespace {

using Pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

TEST(RoadTags, KeepKnownKeysAndLetTheLaterOneWin) {
  const RoadTags tags{{"highway", "primary"}, {"name", "Rue"}, {"highway", "trunk"}, {"maxspeed:forward", "50"}};
  EXPECT_EQ(tags[TagKey::highway], "trunk");
  EXPECT_EQ(tags[TagKey::maxspeed_forward], "50");
  EXPECT_EQ(tags[TagKey::oneway], "");
}

TEST(RoadTags, EveryNameFindsItsOwnKey) {
  // One tag a key: if two names were swapped, a neighbour would hold the value.
  EXPECT_EQ(RoadTags({{"cycleway:left:oneway", "x"}})[TagKey::cycleway_left_oneway], "x");
  EXPECT_EQ(RoadTags({{"zone:traffic", "x"}})[TagKey::zone_traffic], "x");
  EXPECT_EQ(RoadTags({{"traffic_signals:direction", "x"}})[TagKey::traffic_signals_direction], "x");
  EXPECT_EQ(RoadTags({{"maxheight:physical", "x"}})[TagKey::maxheight_physical], "x");
  EXPECT_EQ(RoadTags({{"source:maxspeed:backward", "x"}})[TagKey::source_maxspeed_backward], "x");
  EXPECT_EQ(RoadTags({{"foot:backward", "x"}})[TagKey::foot_backward], "x");
  EXPECT_EQ(RoadTags({{"sidewalk:both", "x"}})[TagKey::sidewalk_both], "x");
  EXPECT_EQ(RoadTags({{"tunnel", "x"}})[TagKey::tunnel], "x");
}

TEST(RoadTags, DirectionsFallBackToTheGeneralKey) {
  const RoadTags tags{{"motor_vehicle", "yes"}, {"motor_vehicle:backward", "no"}};
  EXPECT_EQ(tags.find(TagKey::motor_vehicle, Direction::forward), "yes");
  EXPECT_EQ(tags.find(TagKey::motor_vehicle, Direction::backward), "no");
}

TEST(RoadTags, ConditionalRulesAreNoticed) {
  EXPECT_TRUE(RoadTags({{"access:conditional", "no @ (Nov-Apr)"}}).has_conditional());
  EXPECT_TRUE(RoadTags({{"maxspeed:conditional", "30 @ (22:00-06:00)"}}).has_conditional());
  EXPECT_TRUE(RoadTags({{"motor_vehicle:backward:conditional", "no"}}).has_conditional());
  EXPECT_FALSE(RoadTags({{"motorcycle:conditional", "no"}}).has_conditional());
  EXPECT_FALSE(RoadTags({{"access", "no"}}).has_conditional());
}

struct LimitCase {
  const char* value;
  double kmh;  // 0 = says nothing
  bool is_understood = true;
};

class SpeedLimits : public testing::TestWithParam<LimitCase> {};

TEST_P(SpeedLimits, AreRead) {
  const SpeedLimit limit = to_speed_limit(GetParam().value, {});
  EXPECT_NEAR(limit.kmh, GetParam().kmh, 1e-6) << GetParam().value;
  EXPECT_EQ(limit.is_understood, GetParam().is_understood) << GetParam().value;
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, SpeedLimits,
    testing::Values(LimitCase{"50", 50}, LimitCase{" 50 ", 50}, LimitCase{"7.5", 7.5}, LimitCase{"7,5", 7.5},
                    LimitCase{"50 km/h", 50}, LimitCase{"50kmh", 50}, LimitCase{"30 mph", 48.28032},
                    LimitCase{"30mph", 48.28032}, LimitCase{"10 knots", 18.52}, LimitCase{"1", 1},
                    LimitCase{"300", 300}, LimitCase{"0", 0, false}, LimitCase{"301", 0, false},
                    LimitCase{"-50", 0, false}, LimitCase{"50 furlongs", 0, false}, LimitCase{"", 0},
                    LimitCase{"1e9", 0, false}, LimitCase{"50.60.70", 0, false}, LimitCase{"nan", 0, false}));

INSTANTIATE_TEST_SUITE_P(
    Lists, SpeedLimits,
    testing::Values(LimitCase{"50;70", 50}, LimitCase{"70;50", 50}, LimitCase{"80; 50", 50}, LimitCase{"120|100|60", 60},
                    LimitCase{"|80", 80}, LimitCase{"none;100", 100}, LimitCase{"abc;70", 70, false}));

INSTANTIATE_TEST_SUITE_P(
    Words, SpeedLimits,
    testing::Values(LimitCase{"walk", 5}, LimitCase{"none", 0}, LimitCase{"signals", 0}, LimitCase{"variable", 0},
                    LimitCase{"FR:urban", 50}, LimitCase{"fr:Urban", 50}, LimitCase{"FR:rural", 80},
                    LimitCase{"FR:trunk", 110}, LimitCase{"FR:motorway", 130}, LimitCase{"FR:zone30", 30},
                    LimitCase{"FR:30", 30}, LimitCase{"FR:walk", 5}, LimitCase{"DE:zone:30", 30},
                    LimitCase{"DE:rural", 100}, LimitCase{"DE:motorway", 0}, LimitCase{"DE:living_street", 7},
                    LimitCase{"BE-VLG:rural", 70}, LimitCase{"BE:zone30", 30}, LimitCase{"ES:trunk", 90},
                    LimitCase{"ES:motorway", 120}, LimitCase{"IT:rural", 90}, LimitCase{"IT:motorway", 130},
                    LimitCase{"CH:rural", 80}, LimitCase{"CH:motorway", 120}, LimitCase{"PT:motorway", 120},
                    LimitCase{"NL:motorway", 100}, LimitCase{"GB:nsl_single", 96.56064},
                    LimitCase{"GB:nsl_dual", 112.65408}, LimitCase{"LU:rural", 90}, LimitCase{"AD:urban", 50},
                    LimitCase{"MC:urban", 50}, LimitCase{"zone:30", 30}, LimitCase{"ZZ:nonsense", 0, false},
                    LimitCase{"fast", 0, false}, LimitCase{"FR:zone999", 0, false}, LimitCase{"abc30", 0, false}));

TEST(SpeedLimits, ZonesOfTheRulesComeFirst) {
  const ValueByName zones = {{"FR:rural", 90}, {"none", 130}, {"walk", 0}};
  EXPECT_EQ(to_speed_limit("fr:RURAL", zones).kmh, 90);
  EXPECT_EQ(to_speed_limit("none", zones).kmh, 130);
  EXPECT_EQ(to_speed_limit("walk", zones).kmh, 0);
  EXPECT_EQ(to_speed_limit("FR:urban", zones).kmh, 50);
}

struct DurationCase {
  const char* value;
  double seconds;  // 0 = not understood
};

class Durations : public testing::TestWithParam<DurationCase> {};

TEST_P(Durations, AreRead) {
  EXPECT_DOUBLE_EQ(to_duration_s(GetParam().value).value_or(0), GetParam().seconds) << GetParam().value;
}

INSTANTIATE_TEST_SUITE_P(
    Formats, Durations,
    testing::Values(DurationCase{"35", 2100}, DurationCase{"00:35", 2100}, DurationCase{"1:10", 4200},
                    DurationCase{"1:10:00", 4200}, DurationCase{"01:10:30", 4230}, DurationCase{"PT35M", 2100},
                    DurationCase{"PT1H10M", 4200}, DurationCase{"PT1H", 3600}, DurationCase{"PT90S", 90},
                    DurationCase{"PT1.5H", 5400}, DurationCase{"P1DT2H", 93600}, DurationCase{"00:90", 5400},
                    DurationCase{" 20 ", 1200}, DurationCase{"0", 0}, DurationCase{"00:00", 0},
                    DurationCase{"-5", 0}, DurationCase{"PT", 0}, DurationCase{"P", 0}, DurationCase{"P1M", 0},
                    DurationCase{"PT5", 0}, DurationCase{"P5H", 0}, DurationCase{"1:2:3:4", 0},
                    DurationCase{"half an hour", 0}, DurationCase{"", 0}, DurationCase{"1::2", 0},
                    DurationCase{"99999999", 0}, DurationCase{"P7D", 604800}, DurationCase{"P8D", 0}));

TEST(Measures, AreRead) {
  EXPECT_DOUBLE_EQ(to_metres("3").value(), 3);
  EXPECT_DOUBLE_EQ(to_metres("3.2 m").value(), 3.2);
  EXPECT_DOUBLE_EQ(to_metres("2,5").value(), 2.5);
  EXPECT_NEAR(to_metres("6'7\"").value(), 2.00660, 1e-5);
  EXPECT_NEAR(to_metres("6 ft").value(), 1.8288, 1e-9);
  EXPECT_FALSE(to_metres("default").has_value());
  EXPECT_FALSE(to_metres("3 cubits").has_value());
  EXPECT_DOUBLE_EQ(to_tonnes("3.5 t").value(), 3.5);
  EXPECT_DOUBLE_EQ(to_tonnes("900 kg").value(), 0.9);
  EXPECT_FALSE(to_tonnes("none").has_value());
}

TEST(AccessValues, HaveFourReadings) {
  TagDoubts doubts = 0;
  for (const char* word : {"yes", "permissive", "designated", "official", "public"}) {
    EXPECT_EQ(to_access(word, doubts), Access::yes) << word;
  }
  for (const char* word : {"private", "delivery", "permit", "residents", "staff"}) {
    EXPECT_EQ(to_access(word, doubts), Access::by_leave) << word;
  }
  for (const char* word : {"destination", "customers", "visitors"}) {
    EXPECT_EQ(to_access(word, doubts), Access::restricted) << word;
  }
  for (const char* word : {"no", "agricultural", "forestry", "emergency", "psv", "military", "use_sidepath"}) {
    EXPECT_EQ(to_access(word, doubts), Access::no) << word;
  }
  EXPECT_EQ(to_access("", doubts), Access::unsaid);
  EXPECT_EQ(doubts, 0);
  EXPECT_EQ(to_access("ask_the_mayor", doubts), Access::unsaid);
  EXPECT_EQ(doubts, kUnknownAccess);
}

TEST(AccessValues, TheWidestOfAListCounts) {
  TagDoubts doubts = 0;
  EXPECT_EQ(to_access("bus;destination", doubts), Access::restricted);
  EXPECT_EQ(to_access("agricultural;forestry", doubts), Access::no);
  EXPECT_EQ(to_access("private;destination", doubts), Access::restricted);
  EXPECT_EQ(to_access("no; yes", doubts), Access::yes);
}

TEST(AccessHierarchy, TheMostSpecialKeyOfTheModeDecides) {
  TagDoubts doubts = 0;
  const auto read = [&](Pairs tags, Mode mode) {
    return find_access(RoadTags(tags), mode, Direction::forward, doubts).access;
  };
  EXPECT_EQ(read({{"access", "no"}, {"motorcar", "yes"}}, Mode::car), Access::yes);
  EXPECT_EQ(read({{"access", "no"}, {"motor_vehicle", "destination"}}, Mode::car), Access::restricted);
  EXPECT_EQ(read({{"vehicle", "no"}, {"motor_vehicle", "yes"}}, Mode::car), Access::yes);
  EXPECT_EQ(read({{"access", "yes"}, {"vehicle", "no"}}, Mode::car), Access::no);
  EXPECT_EQ(read({{"access", "no"}, {"foot", "yes"}}, Mode::car), Access::no);
  EXPECT_EQ(read({{"access", "no"}, {"foot", "yes"}}, Mode::walk), Access::yes);
  EXPECT_EQ(read({{"motor_vehicle", "no"}}, Mode::walk), Access::unsaid);
  EXPECT_EQ(read({{"vehicle", "no"}}, Mode::walk), Access::unsaid);
  EXPECT_EQ(read({{"motor_vehicle", "no"}}, Mode::bike), Access::unsaid);
  EXPECT_EQ(read({{"vehicle", "no"}}, Mode::bike), Access::no);
  EXPECT_EQ(read({{"vehicle", "no"}, {"bicycle", "yes"}}, Mode::bike), Access::yes);
  EXPECT_EQ(read({{"motorcar", "gibberish"}, {"access", "private"}}, Mode::car), Access::by_leave);
}

struct OnewayCase {
  Mode mode;
  std::vector<std::pair<std::string_view, std::string_view>> tags;
  const char* open;  // f, b, fb or nothing
};

TEST(Oneways, LeaveDirectionsOpen) {
  const std::vector<OnewayCase> cases = {
      {Mode::car, {}, "fb"},
      {Mode::car, {{"oneway", "yes"}}, "f"},
      {Mode::car, {{"oneway", "true"}}, "f"},
      {Mode::car, {{"oneway", "1"}}, "f"},
      {Mode::car, {{"oneway", "-1"}}, "b"},
      {Mode::car, {{"oneway", "reverse"}}, "b"},
      {Mode::car, {{"oneway", "no"}}, "fb"},
      {Mode::car, {{"oneway", "alternating"}}, "fb"},
      {Mode::car, {{"oneway", "reversible"}}, ""},
      {Mode::car, {{"oneway", "perhaps"}}, "fb"},
      {Mode::car, {{"junction", "roundabout"}}, "f"},
      {Mode::car, {{"junction", "circular"}}, "f"},
      {Mode::car, {{"junction", "roundabout"}, {"oneway", "-1"}}, "b"},
      {Mode::car, {{"junction", "roundabout"}, {"oneway", "no"}}, "fb"},
      {Mode::car, {{"highway", "motorway"}}, "f"},
      {Mode::car, {{"highway", "motorway"}, {"oneway", "no"}}, "fb"},
      {Mode::car, {{"highway", "motorway_link"}}, "fb"},
      {Mode::car, {{"oneway", "yes"}, {"oneway:motor_vehicle", "no"}}, "fb"},
      {Mode::car, {{"oneway", "no"}, {"oneway:vehicle", "yes"}}, "f"},
      {Mode::car, {{"oneway", "yes"}, {"oneway:bicycle", "no"}}, "f"},
      {Mode::bike, {{"oneway", "yes"}}, "f"},
      {Mode::bike, {{"oneway", "yes"}, {"oneway:bicycle", "no"}}, "fb"},
      {Mode::bike, {{"oneway:bicycle", "yes"}}, "f"},
      {Mode::bike, {{"oneway", "yes"}, {"cycleway", "opposite"}}, "fb"},
      {Mode::bike, {{"oneway", "yes"}, {"cycleway", "opposite_lane"}}, "fb"},
      {Mode::bike, {{"oneway", "yes"}, {"cycleway:left", "opposite_track"}}, "fb"},
      {Mode::bike, {{"oneway", "yes"}, {"cycleway:left:oneway", "-1"}}, "fb"},
      {Mode::bike, {{"oneway", "yes"}, {"cycleway", "lane"}}, "f"},
      {Mode::bike, {{"oneway", "yes"}, {"oneway:motor_vehicle", "no"}}, "f"},
      {Mode::bike, {{"junction", "roundabout"}}, "f"},
      {Mode::walk, {{"oneway", "yes"}}, "fb"},
      {Mode::walk, {{"junction", "roundabout"}}, "fb"},
      {Mode::walk, {{"oneway:foot", "yes"}}, "f"},
      {Mode::walk, {{"highway", "steps"}, {"conveying", "forward"}}, "f"},
      {Mode::walk, {{"highway", "steps"}, {"conveying", "backward"}}, "b"},
      {Mode::walk, {{"highway", "steps"}, {"conveying", "yes"}}, "fb"}};
  for (const OnewayCase& c : cases) {
    RoadTags tags;
    std::string shown;
    for (const auto& [key, value] : c.tags) {
      tags.add(key, value);
      shown += std::string(key) + "=" + std::string(value) + " ";
    }
    TagDoubts doubts = 0;
    const OpenDirections open = find_open_directions(tags, c.mode, doubts);
    EXPECT_EQ(std::string(open[0] ? "f" : "") + (open[1] ? "b" : ""), c.open) << shown;
  }
  TagDoubts doubts = 0;
  find_open_directions(RoadTags{{"oneway", "reversible"}}, Mode::car, doubts);
  EXPECT_EQ(doubts, kReversible);
  doubts = 0;
  find_open_directions(RoadTags{{"oneway", "perhaps"}}, Mode::car, doubts);
  EXPECT_EQ(doubts, kUnknownOneway);
}

struct BarrierCase {
  std::vector<std::pair<std::string_view, std::string_view>> tags;
  const char* stopped;  // of c(ar), b(ike), w(alk)
};

TEST(Barriers, StopSomeModes) {
  const std::vector<BarrierCase> cases = {
      {{{"barrier", "gate"}}, ""},
      {{{"barrier", "lift_gate"}}, ""},
      {{{"barrier", "toll_booth"}}, ""},
      {{{"barrier", "cattle_grid"}}, ""},
      {{{"barrier", "border_control"}}, ""},
      {{{"barrier", "swing_gate"}}, ""},
      {{{"barrier", "entrance"}}, ""},
      {{{"barrier", "gate"}, {"access", "no"}}, "cbw"},
      {{{"barrier", "gate"}, {"access", "private"}}, ""},
      {{{"barrier", "gate"}, {"access", "no"}, {"foot", "yes"}}, "cb"},
      {{{"barrier", "gate"}, {"motor_vehicle", "no"}}, "c"},
      {{{"barrier", "gate"}, {"motor_vehicle", "agricultural"}}, "c"},
      {{{"barrier", "bollard"}}, "c"},
      {{{"barrier", "bollard"}, {"bollard", "rising"}}, ""},
      {{{"barrier", "bollard"}, {"motor_vehicle", "yes"}}, ""},
      {{{"barrier", "bollard"}, {"bicycle", "no"}}, "cb"},
      {{{"barrier", "block"}}, "c"},
      {{{"barrier", "chain"}}, "c"},
      {{{"barrier", "cycle_barrier"}}, "c"},
      {{{"barrier", "yes"}}, "c"},
      {{{"barrier", "kerb"}}, "c"},
      {{{"barrier", "kerb"}, {"kerb", "lowered"}}, ""},
      {{{"barrier", "stile"}}, "cb"},
      {{{"barrier", "kissing_gate"}}, "cb"},
      {{{"barrier", "wall"}}, "cbw"},
      {{{"barrier", "fence"}}, "cbw"},
      {{{"barrier", "height_restrictor"}}, ""},
      {{{"barrier", "height_restrictor"}, {"maxheight", "1.9"}}, "c"},
      {{{"barrier", "height_restrictor"}, {"maxheight", "2.1"}}, ""},
      {{{"highway", "traffic_signals"}}, ""},
      {{{"motor_vehicle", "no"}}, "c"},
      {{{"highway", "crossing"}, {"foot", "no"}}, ""}};
  for (const BarrierCase& c : cases) {
    RoadTags tags;
    std::string shown;
    for (const auto& [key, value] : c.tags) {
      tags.add(key, value);
      shown += std::string(key) + "=" + std::string(value) + " ";
    }
    std::string stopped;
    if (is_blocking(tags, Mode::car)) stopped += "c";
    if (is_blocking(tags, Mode::bike)) stopped += "b";
    if (is_blocking(tags, Mode::walk)) stopped += "w";
    EXPECT_EQ(stopped, c.stopped) << shown;
  }
}

}  // namespace
}  // namespace maillage
