// Roads of an OpenStreetMap file, for one or several modes in a single reading.
//
// Way and node tags are read as geo/osm_access.h and geo/osm_way_use.h say, turn restrictions as
// geo/osm_restrictions.h says.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/parallel.h"
#include "engine/road_segments.h"
#include "geo/speeds.h"

namespace maillage {

struct OsmRoadOptions {
  Mode mode = Mode::car;
  SpeedRules rules;
};

// Reads the roads of a PBF file (or of a `.opl` text file), one RoadSegments per option, in their order.
//
// Every node of a usable way becomes a node, in the order of the ways; a node that blocks the mode
// (a bollard for cars) becomes one node for each piece of road that ends there, so that nobody passes.
// Segments follow the ways and their nodes; a segment may have length 0. Seconds are length over
// speed; a ferry's duration is shared out by length. A delay that holds for one direction only
// (a stop sign with direction=forward) is part of the seconds of the segment that ends there; other
// delays are in `node_delay_s`. `node_osm_id` and `way_id` are OSM's. Turn bans are for cars only.
//
// Findings, each counted once a way, node or relation whatever the number of modes: way_cut (nodes
// that the file lacks; the way is split there), bad_coordinates, unknown_access, unknown_oneway,
// unknown_maxspeed, unknown_duration, reversible_way, conditional_rule, seasonal_road,
// road_under_construction, pedestrian_area_relation, turn_restriction_via_way, _conditional,
// _unclear, _unknown, _off_network.
//
// Errors: IoError if the file is not there or cannot be read; InputError for a directory, an empty,
// damaged or foreign file, a history file, and a file without any road of one of the modes.
// Cost: two passes over the file; memory in proportion to its roads.
std::vector<RoadSegments> read_osm_roads(const std::string& path, const std::vector<OsmRoadOptions>& options,
                                         Findings& findings, const Context& context = {});

// The same from OSM's line text (OPL) in memory; `name` stands for the file in messages.
std::vector<RoadSegments> read_osm_text(std::string_view text, const std::vector<OsmRoadOptions>& options,
                                        Findings& findings, const std::string& name = "OPL text");

// The same from the bytes of a PBF file.
std::vector<RoadSegments> read_osm_bytes(std::string_view bytes, const std::vector<OsmRoadOptions>& options,
                                         Findings& findings, const std::string& name = "PBF bytes");

}  // namespace maillage
