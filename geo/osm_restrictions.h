// Turn restrictions of OSM: relations that forbid or prescribe the way on at a crossing, for cars.
//
// Obeyed are restrictions via one node that hold at all times. The others are findings.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/road_segments.h"

namespace osmium {
class Relation;
}

namespace maillage {

// Coming from one way, one may not (or may only) go on by another at a node.
struct TurnRestriction {
  std::int64_t relation = 0;
  std::int64_t from_way = 0;
  std::int64_t via_node = 0;
  std::int64_t to_way = 0;
  bool is_only = false;  // only_*: every other way on is forbidden
};

// What kind of restriction the tags are for a car.
enum class RestrictionKind : std::uint8_t { not_for_cars, forbidden, prescribed, conditional, unknown };
RestrictionKind find_restriction_kind(const osmium::Relation& relation);

// Adds the restrictions of a relation, if it is one; those not obeyed become findings.
void read_turn_restrictions(const osmium::Relation& relation, std::vector<TurnRestriction>& restrictions,
                            Findings& findings);

// A segment that ends at a via node, and the id of the way it belongs to.
struct SegmentAtVia {
  std::int64_t via_node = 0;
  std::int64_t way = 0;
  SegmentId segment;
};

// Turns restrictions into bans between segments. `at_vias` has every segment end at a via node that
// lets cars through; it is sorted here. A way that goes on beyond the via node leaves open which of
// its pieces is meant, unless one-way rules decide: a finding, not obeyed.
std::vector<TurnBan> build_turn_bans(std::span<const TurnRestriction> restrictions,
                                     std::vector<SegmentAtVia> at_vias, const RoadSegments& roads,
                                     Findings& findings);

}  // namespace maillage
