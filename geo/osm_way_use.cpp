#include "geo/osm_way_use.h"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "geo/osm_values.h"

namespace maillage {
namespace {

// Construction of these kinds leaves the road open.
constexpr std::string_view kOpenConstruction[] = {"no", "minor", "widening"};

// The value of a table for a word; of a list of words (`asphalt;gravel`) the lowest value.
std::optional<double> find_lowest(const ValueByName& table, std::string_view words) {
  std::optional<double> lowest;
  while (!words.empty()) {
    const std::size_t cut = words.find(';');
    const auto at = table.find(words.substr(0, cut));
    if (at != table.end()) lowest = std::min(lowest.value_or(at->second), at->second);
    words = cut == std::string_view::npos ? std::string_view{} : words.substr(cut + 1);
  }
  return lowest;
}

// The class speed, and whether the class is open only to those the access tags name.
struct ClassSpeed {
  double kmh = 0;
  bool needs_name = false;
};

ClassSpeed find_class_speed(std::string_view road_class, const SpeedRules& rules) {
  const auto open = rules.highway_kmh.find(road_class);
  if (open != rules.highway_kmh.end()) return {open->second, false};
  const auto named = rules.by_access_kmh.find(road_class);
  if (named != rules.by_access_kmh.end()) return {named->second, true};
  return {};
}

bool is_timetabled(std::string_view road_class) { return road_class == "ferry" || road_class == "shuttle_train"; }

bool is_out_of_use(const RoadTags& tags, Mode mode, TagDoubts& doubts) {
  if (tags[TagKey::impassable] == "yes" || tags[TagKey::status] == "impassable") return true;
  if (mode != Mode::walk && tags[TagKey::area] == "yes") return true;
  if (mode != Mode::car) return false;
  if (tags[TagKey::service] == "emergency_access" || is_too_small_for_cars(tags)) return true;
  const std::string_view construction = tags[TagKey::construction];
  if (construction.empty() || std::ranges::find(kOpenConstruction, construction) != std::end(kOpenConstruction)) {
    return false;
  }
  doubts |= kUnderConstruction;
  return true;
}

// Whether tags that name the mode, a sidewalk on foot, or access=yes on a track or an unclassed road
// for cars, open a class that is otherwise closed. access=yes on a path says nothing about cars.
bool is_opened(const ModeAccess& access, const RoadTags& tags, Mode mode) {
  if (access.access == Access::unsaid) return mode == Mode::walk && has_sidewalk(tags);
  if (access.access != Access::yes) return false;
  if (mode == Mode::walk && has_sidewalk(tags)) return true;
  const std::string_view road_class = find_road_class(tags);
  return access.is_named || (mode == Mode::car && (road_class == "track" || road_class == "road"));
}

bool is_made_for_walkers(std::string_view road_class) {
  constexpr std::string_view kClasses[] = {"footway",   "path",     "pedestrian", "steps",   "cycleway",
                                           "bridleway", "corridor", "platform",   "crossing"};
  return std::ranges::find(kClasses, road_class) != std::end(kClasses);
}

// Whose leave is needed on foot is not known, so a private road is closed, and so is a footway with
// foot=private. A footway with access=private alone leads to the doors of those who live there: it may
// begin or end a walk.
bool is_closed_to_walkers(const ModeAccess& access, const RoadTags& tags) {
  if (access.access != Access::by_leave) return false;
  return access.is_named || !is_made_for_walkers(find_road_class(tags));
}

bool is_allowed(const ModeAccess& access, const RoadTags& tags, Mode mode, const ClassSpeed& speed) {
  if (access.access == Access::no || (mode == Mode::walk && is_closed_to_walkers(access, tags))) return false;
  const bool is_motorroad = mode != Mode::car && tags[TagKey::motorroad] == "yes";
  return !(speed.needs_name || is_motorroad) || is_opened(access, tags, mode);
}

// The limit for a direction. An advisory or posted limit decides alone; where there is none, the
// words that say which kind of limit holds.
double find_limit_kmh(const RoadTags& tags, Direction direction, const ValueByName& zones, TagDoubts& doubts) {
  for (const TagKey key : {TagKey::maxspeed_advisory, TagKey::maxspeed}) {
    const std::string_view value = tags.find(key, direction);
    if (value.empty()) continue;
    const SpeedLimit limit = to_speed_limit(value, zones);
    if (!limit.is_understood) doubts |= kUnknownMaxspeed;
    if (limit.is_understood || limit.kmh > 0) return limit.kmh;
  }
  for (const TagKey key : {TagKey::source_maxspeed, TagKey::maxspeed_type}) {
    const double kmh = to_speed_limit(tags.find(key, direction), zones).kmh;
    if (kmh > 0) return kmh;
  }
  for (const TagKey key : {TagKey::zone_maxspeed, TagKey::zone_traffic}) {
    const double kmh = to_speed_limit(tags[key], zones).kmh;
    if (kmh > 0) return kmh;
  }
  return 0;
}

double find_cap_kmh(const RoadTags& tags, const SpeedRules& rules) {
  double cap = std::numeric_limits<double>::infinity();
  if (!rules.use_surface_caps) return cap;
  cap = std::min(cap, find_lowest(rules.surface_kmh, tags[TagKey::surface]).value_or(cap));
  cap = std::min(cap, find_lowest(rules.tracktype_kmh, tags[TagKey::tracktype]).value_or(cap));
  return std::min(cap, find_lowest(rules.smoothness_kmh, tags[TagKey::smoothness]).value_or(cap));
}

float find_speed_kmh(const RoadTags& tags, Direction direction, double class_kmh, Mode mode, const SpeedRules& rules,
                     TagDoubts& doubts) {
  double kmh = class_kmh;
  if (rules.maxspeed_factor > 0) {
    const double limit = find_limit_kmh(tags, direction, rules.zone_kmh, doubts) * rules.maxspeed_factor;
    if (limit > 0) kmh = mode == Mode::car ? limit : std::min(kmh, limit);
  }
  return static_cast<float>(std::min(kmh, find_cap_kmh(tags, rules)));
}

bool is_seasonal(const RoadTags& tags) {
  const std::string_view seasonal = tags[TagKey::seasonal];
  return (!seasonal.empty() && seasonal != "no") || tags[TagKey::winter_road] == "yes" ||
         tags[TagKey::ice_road] == "yes";
}

}  // namespace

std::string_view find_road_class(const RoadTags& tags) {
  const std::string_view highway = tags[TagKey::highway];
  if (!highway.empty()) return highway.substr(0, highway.find(';'));
  const std::string_view route = tags[TagKey::route];
  if (is_timetabled(route)) return route;
  if (tags[TagKey::man_made] == "pier") return "pier";
  if (tags[TagKey::railway] == "platform" || tags[TagKey::public_transport] == "platform") return "platform";
  return {};
}

WayUse find_way_use(const RoadTags& tags, Mode mode, const SpeedRules& rules, TagDoubts& doubts) {
  const std::string_view road_class = find_road_class(tags);
  const ClassSpeed class_speed = find_class_speed(road_class, rules);
  WayUse use;
  if (!(class_speed.kmh > 0) || is_out_of_use(tags, mode, doubts)) return use;

  const OpenDirections open = find_open_directions(tags, mode, doubts);
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    if (!open[static_cast<std::size_t>(direction)]) continue;
    const ModeAccess access = find_access(tags, mode, direction, doubts);
    if (!is_allowed(access, tags, mode, class_speed)) continue;
    float& kmh = direction == Direction::forward ? use.forward_kmh : use.backward_kmh;
    kmh = is_timetabled(road_class) ? static_cast<float>(class_speed.kmh)
                                    : find_speed_kmh(tags, direction, class_speed.kmh, mode, rules, doubts);
    const bool is_limited = access.access == Access::restricted || access.access == Access::by_leave;
    if (is_limited && kmh > 0) use.flags |= kRestricted;
  }
  if (tags.has_conditional()) doubts |= kConditional;
  if (!use.is_open()) return use;

  if (mode == Mode::walk && tags[TagKey::tunnel] == "yes") use.flags |= kNoAttach;
  if (is_seasonal(tags)) doubts |= kSeasonal;
  if (is_timetabled(road_class)) {
    use.flags |= kNoAttach | kTimetabled;
    const auto duration_s = to_duration_s(tags[TagKey::duration]);
    if (duration_s) use.duration_s = static_cast<float>(*duration_s);
    if (!duration_s && !tags[TagKey::duration].empty()) doubts |= kUnknownDuration;
  }
  return use;
}

NodeDelay find_node_delay(const RoadTags& node, const SpeedRules& rules) {
  const std::string_view sign = node[TagKey::highway];
  if (sign != "traffic_signals" && sign != "stop" && sign != "give_way") return {};
  const auto at = rules.delay_s.find(sign);
  if (at == rules.delay_s.end()) return {};
  const float delay_s = static_cast<float>(at->second);
  std::string_view direction = node[TagKey::traffic_signals_direction];
  if (direction.empty()) direction = node[TagKey::direction];
  return {direction == "backward" ? 0 : delay_s, direction == "forward" ? 0 : delay_s};
}

}  // namespace maillage
