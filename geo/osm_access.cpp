#include "geo/osm_access.h"

#include <algorithm>
#include <initializer_list>
#include <span>

#include "geo/osm_values.h"

namespace maillage {
namespace {

using Words = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view word, Words words) { return std::ranges::find(words, word) != words.end(); }

// The size of a large family car; the same figures as OSRM's car profile.
constexpr double kCarHeightM = 2.0;
constexpr double kCarWidthM = 1.9;
constexpr double kCarLengthM = 4.8;
constexpr double kCarWeightT = 2.0;

Access to_single_access(std::string_view word, TagDoubts& doubts) {
  if (word.empty()) return Access::unsaid;
  if (is_one_of(word, {"yes", "permissive", "designated", "official", "public", "allowed", "true", "1", "hov"})) {
    return Access::yes;
  }
  if (is_one_of(word, {"destination", "customers", "customer", "visitors", "unknown"})) return Access::restricted;
  if (is_one_of(word, {"private", "delivery", "permit", "residents", "resident", "employees", "staff", "members",
                       "students"})) {
    return Access::by_leave;
  }
  if (is_one_of(word, {"no", "agricultural", "forestry", "agricultural;forestry", "emergency", "psv", "bus",
                       "taxi", "share_taxi", "minibus", "coach", "hgv", "goods", "military", "restricted",
                       "emergency_vehicle", "use_sidepath", "dismount", "foot", "official_only", "false", "0"})) {
    return Access::no;
  }
  doubts |= kUnknownAccess;
  return Access::unsaid;
}

// Wider access wins in a list.
int find_width(Access access) {
  switch (access) {
    case Access::yes: return 4;
    case Access::restricted: return 3;
    case Access::by_leave: return 2;
    case Access::no: return 1;
    case Access::unsaid: break;
  }
  return 0;
}

std::span<const TagKey> find_hierarchy(Mode mode) {
  static constexpr TagKey kCar[] = {TagKey::motorcar, TagKey::motor_vehicle, TagKey::vehicle, TagKey::access};
  static constexpr TagKey kBike[] = {TagKey::bicycle, TagKey::vehicle, TagKey::access};
  static constexpr TagKey kWalk[] = {TagKey::foot, TagKey::access};
  switch (mode) {
    case Mode::car: return kCar;
    case Mode::bike: return kBike;
    case Mode::walk: break;
  }
  return kWalk;
}

constexpr OpenDirections kBoth = {true, true};
constexpr OpenDirections kForward = {true, false};
constexpr OpenDirections kBackward = {false, true};
constexpr OpenDirections kClosed = {false, false};

// The directions a oneway value leaves open; `is_said` tells whether it says anything.
struct OnewayValue {
  OpenDirections open = kBoth;
  bool is_said = false;
};

OnewayValue to_oneway(std::string_view value, TagDoubts& doubts) {
  if (value.empty()) return {};
  if (is_one_of(value, {"yes", "true", "1"})) return {kForward, true};
  if (is_one_of(value, {"-1", "reverse"})) return {kBackward, true};
  if (is_one_of(value, {"no", "false", "0", "alternating"})) return {kBoth, true};
  if (value == "reversible") {
    doubts |= kReversible;
    return {kClosed, true};
  }
  doubts |= kUnknownOneway;
  return {};
}

OnewayValue find_first_oneway(const RoadTags& tags, std::initializer_list<TagKey> keys, TagDoubts& doubts) {
  for (const TagKey key : keys) {
    const OnewayValue oneway = to_oneway(tags[key], doubts);
    if (oneway.is_said) return oneway;
  }
  return {};
}

bool is_implied_oneway(const RoadTags& tags) {
  return tags[TagKey::highway] == "motorway" || is_one_of(tags[TagKey::junction], {"roundabout", "circular"});
}

OpenDirections find_vehicle_directions(const OnewayValue& oneway, const RoadTags& tags) {
  if (oneway.is_said) return oneway.open;
  return is_implied_oneway(tags) ? kForward : kBoth;
}

bool has_contraflow_cycleway(const RoadTags& tags) {
  for (const TagKey key : {TagKey::cycleway, TagKey::cycleway_left, TagKey::cycleway_right, TagKey::cycleway_both}) {
    if (tags[key].starts_with("opposite")) return true;
  }
  return is_one_of(tags[TagKey::cycleway_left_oneway], {"-1", "no"}) ||
         is_one_of(tags[TagKey::cycleway_right_oneway], {"-1", "no"});
}

OpenDirections find_walk_directions(const RoadTags& tags, TagDoubts& doubts) {
  const OnewayValue oneway = to_oneway(tags[TagKey::oneway_foot], doubts);
  if (oneway.is_said) return oneway.open;
  if (is_one_of(tags[TagKey::highway], {"steps", "footway"})) {
    if (tags[TagKey::conveying] == "forward") return kForward;
    if (tags[TagKey::conveying] == "backward") return kBackward;
  }
  return kBoth;
}

OpenDirections find_bike_directions(const RoadTags& tags, TagDoubts& doubts) {
  const OnewayValue own = to_oneway(tags[TagKey::oneway_bicycle], doubts);
  if (own.is_said) return own.open;
  const OnewayValue general = find_first_oneway(tags, {TagKey::oneway_vehicle, TagKey::oneway}, doubts);
  const OpenDirections open = find_vehicle_directions(general, tags);
  return open != kClosed && has_contraflow_cycleway(tags) ? kBoth : open;
}

bool is_below(const RoadTags& tags, std::initializer_list<TagKey> keys, double metres) {
  for (const TagKey key : keys) {
    if (tags[key].empty()) continue;
    const auto limit = to_metres(tags[key]);
    if (limit && *limit > 0 && *limit < metres) return true;
  }
  return false;
}

bool is_open_kerb(const RoadTags& node) {
  return is_one_of(node[TagKey::kerb], {"lowered", "flush", "rolled", "no"}) || node[TagKey::highway] == "crossing";
}

bool stops_cars(const RoadTags& node, std::string_view barrier) {
  if (is_one_of(barrier, {"gate", "lift_gate", "swing_gate", "sliding_gate", "sliding_beam", "hampshire_gate",
                          "bump_gate", "cattle_grid", "border_control", "toll_booth", "sally_port", "entrance",
                          "height_restrictor", "arch", "no", "traffic_signals"})) {
    return barrier == "height_restrictor" && is_too_small_for_cars(node);
  }
  if (barrier == "bollard") return node[TagKey::bollard] != "rising";
  if (barrier == "kerb") return !is_open_kerb(node);
  return true;
}

bool stops_everyone(std::string_view barrier) {
  return is_one_of(barrier, {"wall", "fence", "hedge", "city_wall", "retaining_wall", "guard_rail", "ditch"});
}

bool stops_bikes(std::string_view barrier) {
  return is_one_of(barrier, {"stile", "turnstile", "full-height_turnstile", "kissing_gate", "wicket_gate"});
}

}  // namespace

Access to_access(std::string_view value, TagDoubts& doubts) {
  Access widest = Access::unsaid;
  while (true) {
    const std::size_t cut = value.find(';');
    std::string_view word = value.substr(0, cut);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    const Access access = to_single_access(word, doubts);
    if (find_width(access) > find_width(widest)) widest = access;
    if (cut == std::string_view::npos) return widest;
    value.remove_prefix(cut + 1);
  }
}

ModeAccess find_access(const RoadTags& tags, Mode mode, Direction direction, TagDoubts& doubts) {
  for (const TagKey key : find_hierarchy(mode)) {
    const Access access = to_access(tags.find(key, direction), doubts);
    if (access != Access::unsaid) return {access, key != TagKey::access};
  }
  return {};
}

OpenDirections find_open_directions(const RoadTags& tags, Mode mode, TagDoubts& doubts) {
  if (mode == Mode::walk) return find_walk_directions(tags, doubts);
  if (mode == Mode::bike) return find_bike_directions(tags, doubts);
  const OnewayValue oneway = find_first_oneway(
      tags, {TagKey::oneway_motorcar, TagKey::oneway_motor_vehicle, TagKey::oneway_vehicle, TagKey::oneway}, doubts);
  return find_vehicle_directions(oneway, tags);
}

bool is_too_small_for_cars(const RoadTags& tags) {
  if (is_below(tags, {TagKey::maxheight, TagKey::maxheight_physical}, kCarHeightM)) return true;
  if (is_below(tags, {TagKey::maxwidth, TagKey::maxwidth_physical}, kCarWidthM)) return true;
  if (is_below(tags, {TagKey::maxlength}, kCarLengthM)) return true;
  const auto tonnes = to_tonnes(tags[TagKey::maxweight]);
  return tonnes && *tonnes > 0 && *tonnes < kCarWeightT;
}

bool has_sidewalk(const RoadTags& tags) {
  if (is_one_of(tags[TagKey::sidewalk], {"both", "left", "right", "yes"})) return true;
  return tags[TagKey::sidewalk_left] == "yes" || tags[TagKey::sidewalk_right] == "yes" ||
         tags[TagKey::sidewalk_both] == "yes";
}

bool is_blocking(const RoadTags& node, Mode mode) {
  const std::string_view barrier = node[TagKey::barrier];
  if (barrier.empty() && mode != Mode::car) return false;
  TagDoubts doubts = 0;
  const ModeAccess said = find_access(node, mode, Direction::forward, doubts);
  if (said.access != Access::unsaid) return said.access == Access::no;
  if (barrier.empty()) return false;
  switch (mode) {
    case Mode::car: return stops_cars(node, barrier);
    case Mode::bike: return stops_everyone(barrier) || stops_bikes(barrier);
    case Mode::walk: break;
  }
  return stops_everyone(barrier);
}

}  // namespace maillage
