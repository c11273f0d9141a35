// Who may use a road or pass a node: access tags, one-way rules, barriers.
//
// Pure functions of the tags. Rules that depend on the time of day or on the user
// (`access:conditional`) are not read; the caller counts them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/road_segments.h"
#include "geo/osm_tags.h"

namespace maillage {

// What is odd about the tags of a road, as bits.
enum TagDoubt : std::uint16_t {
  kUnknownAccess = 1,     // an access value that is no word of ours; read as if absent
  kUnknownOneway = 2,     // likewise for oneway
  kReversible = 4,        // oneway=reversible: closed, for its direction depends on the hour
  kUnknownMaxspeed = 8,   // a limit that is not understood; the class speed counts
  kUnknownDuration = 16,  // a ferry's duration that is not understood; its length counts
  kConditional = 32,      // a rule that holds at times only; not obeyed
  kSeasonal = 64,         // open in some seasons only; taken as open
  kUnderConstruction = 128,  // a road of a class, with construction=*: closed
};
using TagDoubts = std::uint16_t;

enum class Access : std::uint8_t {
  unsaid,      // no tag says anything: the class of road decides
  yes,         // allowed in so many words
  restricted,  // destination, customers, ...: only at the start or the end of a trip
  by_leave,    // private, delivery, residents, ...: likewise, and only for those whom the owner lets in
  no,
};

// Reads an access value. Of a list (`bus;destination`) the widest counts. Unknown words are `unsaid`
// and raise kUnknownAccess.
Access to_access(std::string_view value, TagDoubts& doubts);

// What the access tags say for one direction. The most special key that is present decides: in a car
// motorcar, motor_vehicle, vehicle, access; by bike bicycle, vehicle, access; on foot foot, access.
struct ModeAccess {
  Access access = Access::unsaid;
  bool is_named = false;  // by a key for the mode or for vehicles, rather than by access=* alone
};
ModeAccess find_access(const RoadTags& tags, Mode mode, Direction direction, TagDoubts& doubts);

// Directions that one-way rules leave open, [forward, backward]. A motorway, a roundabout and a
// circular junction are one-way unless oneway=no. By bike oneway:bicycle and contraflow cycleways
// (`opposite`, `opposite_lane`, ...) come first; on foot only oneway:foot and escalators count.
using OpenDirections = std::array<bool, 2>;
OpenDirections find_open_directions(const RoadTags& tags, Mode mode, TagDoubts& doubts);

// Whether a car of 1.9 x 4.8 m, 2.0 m high and 2 t is too large for the road's physical or legal
// limits (maxwidth, maxlength, maxheight, maxweight).
bool is_too_small_for_cars(const RoadTags& tags);

// Whether the road has a sidewalk of its own: `sidewalk` or `sidewalk:left`, `:right`, `:both` says so.
// One that is mapped as a way beside the road (`separate`) does not count.
bool has_sidewalk(const RoadTags& tags);

// Whether the node lets nobody of the mode through. Access tags decide where they say anything; else
// the kind of barrier: gates, booths and the like let all pass; bollards, blocks, chains and what is
// unknown stop cars; stiles and turnstiles stop bikes too; walls and fences stop everyone.
bool is_blocking(const RoadTags& node, Mode mode);

}  // namespace maillage
