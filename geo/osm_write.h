// Writes road data as an OSM PBF file that any reader of OpenStreetMap data opens.
//
// Nodes, ways and turn restrictions come as flat columns; tags as a list of distinct tag sets and
// an index into it per object, because a few hundred sets serve millions of objects. The same
// tables give the same file: no timestamps, no user names, a fixed generator, objects by type and
// id. (The bytes inside the compressed blocks are zlib's; another zlib may pack them differently.)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace maillage {

using OsmTagSet = std::vector<std::pair<std::string, std::string>>;

// Rows in ascending order of id; every column of a table has one entry per row.
struct OsmNodeTable {
  std::span<const std::int64_t> id;
  std::span<const double> lon;            // degrees, WGS84
  std::span<const double> lat;            // degrees, WGS84
  std::span<const std::int32_t> tag_set;  // index into OsmTables::tag_sets, -1 = no tags
};

struct OsmWayTable {
  std::span<const std::int64_t> id;
  std::span<const std::uint64_t> ref_offsets;  // n_ways + 1; row w is refs[offsets[w], offsets[w+1])
  std::span<const std::int64_t> refs;          // ids of nodes, in the direction of the way
  std::span<const std::int32_t> tag_set;
};

// One `type=restriction` relation a row: from way, via node, to way.
struct OsmRestrictionTable {
  std::span<const std::int64_t> id;
  std::span<const std::int64_t> from_way;
  std::span<const std::int64_t> via_node;
  std::span<const std::int64_t> to_way;
  std::span<const std::int32_t> tag_set;
};

struct OsmTables {
  std::vector<OsmTagSet> tag_sets;
  OsmNodeTable nodes;
  OsmWayTable ways;
  OsmRestrictionTable restrictions;
};

// Writes `tables` to `path`: dense nodes with 1e-7 degree coordinates, no metadata, the bounding
// box of the nodes and "sorted by type then id" in the header. The file appears whole or not at
// all: it is written under a temporary name beside `path` and renamed, replacing what was there.
//
// Throws InputError, naming table, row and value, when ids do not ascend, a coordinate is outside
// -180..180 / -90..90, columns differ in length, an offset or a tag set index is out of range;
// IoError when the file cannot be written. References to nodes that are not in the table are
// allowed, as in extracts.
void write_osm_pbf(const std::string& path, const OsmTables& tables);

}  // namespace maillage
