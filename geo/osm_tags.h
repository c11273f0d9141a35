// The tags of one road or node that say who may use it and how fast, found by key in one step.
//
// Only the keys below are kept; values are views into the memory of whoever owns the tags.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace maillage {

// A key that may also be given for one direction is followed by its :forward and :backward forms.
enum class TagKey : std::uint8_t {
  highway, route, railway, public_transport, man_made, area, junction, service, duration,
  oneway, oneway_motorcar, oneway_motor_vehicle, oneway_vehicle, oneway_bicycle, oneway_foot,
  cycleway, cycleway_left, cycleway_right, cycleway_both, cycleway_left_oneway, cycleway_right_oneway,
  access, access_forward, access_backward,
  vehicle, vehicle_forward, vehicle_backward,
  motor_vehicle, motor_vehicle_forward, motor_vehicle_backward,
  motorcar, motorcar_forward, motorcar_backward,
  bicycle, bicycle_forward, bicycle_backward,
  foot, foot_forward, foot_backward,
  sidewalk, sidewalk_left, sidewalk_right, sidewalk_both,
  motorroad, tunnel, conveying, impassable, status, construction,
  seasonal, winter_road, ice_road,
  maxspeed, maxspeed_forward, maxspeed_backward,
  maxspeed_advisory, maxspeed_advisory_forward, maxspeed_advisory_backward,
  maxspeed_type, maxspeed_type_forward, maxspeed_type_backward,
  source_maxspeed, source_maxspeed_forward, source_maxspeed_backward,
  zone_maxspeed, zone_traffic,
  surface, tracktype, smoothness,
  maxheight, maxheight_physical, maxwidth, maxwidth_physical, maxlength, maxweight,
  barrier, bollard, kerb, direction, traffic_signals_direction,
  n_keys
};

inline constexpr std::size_t kTagKeys = static_cast<std::size_t>(TagKey::n_keys);

// The key as it stands in the data, such as `maxspeed:forward`.
std::string_view to_name(TagKey key);

enum class Direction : std::uint8_t { forward, backward };

class RoadTags {
 public:
  RoadTags() = default;
  RoadTags(std::initializer_list<std::pair<std::string_view, std::string_view>> tags);

  // Keeps the tag if its key is one of ours; a later one of the same key replaces the earlier.
  void add(std::string_view key, std::string_view value);

  // The value, empty when the key is absent.
  std::string_view operator[](TagKey key) const { return values_[static_cast<std::size_t>(key)]; }

  // The value for one direction of a key that has directions: its own form, else the general one.
  std::string_view find(TagKey key, Direction direction) const;

  // Whether some rule holds only at certain times or for certain users (`access:conditional`, ...).
  bool has_conditional() const { return has_conditional_; }

 private:
  std::array<std::string_view, kTagKeys> values_{};
  bool has_conditional_ = false;
};

}  // namespace maillage
