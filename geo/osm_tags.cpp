#include "geo/osm_tags.h"

#include <algorithm>

namespace maillage {
namespace {

// In the order of TagKey.
constexpr std::array<std::string_view, kTagKeys> kNames = {
    "highway", "route", "railway", "public_transport", "man_made", "area", "junction", "service",
    "duration",
    "oneway", "oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway:bicycle",
    "oneway:foot",
    "cycleway", "cycleway:left", "cycleway:right", "cycleway:both", "cycleway:left:oneway",
    "cycleway:right:oneway",
    "access", "access:forward", "access:backward",
    "vehicle", "vehicle:forward", "vehicle:backward",
    "motor_vehicle", "motor_vehicle:forward", "motor_vehicle:backward",
    "motorcar", "motorcar:forward", "motorcar:backward",
    "bicycle", "bicycle:forward", "bicycle:backward",
    "foot", "foot:forward", "foot:backward",
    "sidewalk", "sidewalk:left", "sidewalk:right", "sidewalk:both",
    "motorroad", "tunnel", "conveying", "impassable", "status", "construction",
    "seasonal", "winter_road", "ice_road",
    "maxspeed", "maxspeed:forward", "maxspeed:backward",
    "maxspeed:advisory", "maxspeed:advisory:forward", "maxspeed:advisory:backward",
    "maxspeed:type", "maxspeed:type:forward", "maxspeed:type:backward",
    "source:maxspeed", "source:maxspeed:forward", "source:maxspeed:backward",
    "zone:maxspeed", "zone:traffic",
    "surface", "tracktype", "smoothness",
    "maxheight", "maxheight:physical", "maxwidth", "maxwidth:physical", "maxlength", "maxweight",
    "barrier", "bollard", "kerb", "direction", "traffic_signals:direction"};
static_assert(!kNames.back().empty(), "a name for every key");

struct NamedKey {
  std::string_view name;
  TagKey key = TagKey::n_keys;
};

constexpr std::array<NamedKey, kTagKeys> sort_names() {
  std::array<NamedKey, kTagKeys> sorted{};
  for (std::size_t k = 0; k < kTagKeys; ++k) sorted[k] = {kNames[k], static_cast<TagKey>(k)};
  std::sort(sorted.begin(), sorted.end(),
            [](const NamedKey& a, const NamedKey& b) { return a.name < b.name; });
  return sorted;
}
constexpr std::array<NamedKey, kTagKeys> kSorted = sort_names();

constexpr std::string_view kConditional = ":conditional";
constexpr std::string_view kConditionalRules[] = {"access", "vehicle", "motor_vehicle", "motorcar", "bicycle",
                                                  "foot", "oneway", "maxspeed"};

bool is_conditional_rule(std::string_view key) {
  if (!key.ends_with(kConditional)) return false;
  const std::string_view rule = key.substr(0, key.find(':'));
  return std::ranges::find(kConditionalRules, rule) != std::end(kConditionalRules);
}

}  // namespace

std::string_view to_name(TagKey key) { return kNames[static_cast<std::size_t>(key)]; }

RoadTags::RoadTags(std::initializer_list<std::pair<std::string_view, std::string_view>> tags) {
  for (const auto& [key, value] : tags) add(key, value);
}

void RoadTags::add(std::string_view key, std::string_view value) {
  const auto at = std::ranges::lower_bound(kSorted, key, {}, &NamedKey::name);
  if (at != kSorted.end() && at->name == key) {
    values_[static_cast<std::size_t>(at->key)] = value;
  } else if (is_conditional_rule(key)) {
    has_conditional_ = true;
  }
}

std::string_view RoadTags::find(TagKey key, Direction direction) const {
  const std::size_t own = static_cast<std::size_t>(key) + (direction == Direction::forward ? 1 : 2);
  return !values_[own].empty() ? values_[own] : (*this)[key];
}

}  // namespace maillage
