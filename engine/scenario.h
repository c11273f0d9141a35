// Edits to a territory, by index. Names are resolved and checked by whoever writes the scenario;
// here they are applied, in their order, and nothing they leave alone is copied.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "engine/territory.h"

namespace maillage {

struct CloseCounter {
  CounterId counter;
  std::optional<ServiceId> service;  // none: the whole counter
};
// Opens a closed counter again, as it was.
struct ReopenCounter {
  CounterId counter;
};
// Adds a counter behind all others.
struct OpenCounter {
  LatLon point;
  std::vector<std::uint8_t> level;  // n_services
  std::int32_t area = -1;           // for the zero-inside convention
};
struct MoveCounter {
  CounterId counter;
  LatLon point;
  std::int32_t area = -1;
};
// Services and levels change, the counter stays (e.g. post office to agency).
struct ConvertCounter {
  CounterId counter;
  std::vector<std::uint8_t> level;  // n_services
};
struct SetPersons {
  PlaceId place;
  GroupId group;
  double persons;
};
struct SetAdequate {
  PlaceId place;
  double adequate;
};
// Roads of a mode: another speed, a factor on the speed, or (neither) closed in both directions.
struct EditRoads {
  Mode mode = Mode::car;
  std::vector<SegmentId> segments;
  std::optional<double> speed_kmh;
  std::optional<double> factor;
};

// Other timetables, one for each network that has them, in the order of the networks.
struct SetTimetables {
  std::vector<std::shared_ptr<const TransitMode>> modes;
};

using Edit = std::variant<CloseCounter, ReopenCounter, OpenCounter, MoveCounter, ConvertCounter, SetPersons,
                          SetAdequate, EditRoads, SetTimetables>;

// The territory after the edits. It shares all unchanged parts with the one before.
std::shared_ptr<const Territory> apply_edits(const std::shared_ptr<const Territory>& territory,
                                             std::span<const Edit> edits, const Context& context = {});

// The roads after one edit; directions that were forbidden stay so.
RoadSegments build_edited_roads(const RoadSegments& before, const EditRoads& edit);

// Segments of roads by the data's own ids, ascending.
std::vector<SegmentId> find_segments(const RoadSegments& segments, std::span<const std::int64_t> ways);

}  // namespace maillage
