#include "geo/osm_roads.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include <osmium/osm.hpp>

#include "geo/osm_access.h"
#include "geo/osm_segments.h"
#include "geo/osm_source.h"
#include "geo/osm_tags.h"
#include "geo/osm_way_use.h"

namespace maillage {
namespace {

// A doubt as a kind of finding, and the keys worth showing with it.
struct NamedDoubt {
  TagDoubt doubt;
  const char* kind;
  std::vector<TagKey> keys;
};

const std::vector<NamedDoubt>& find_named_doubts() {
  using enum TagKey;
  static const std::vector<NamedDoubt> doubts = {
      {kUnknownAccess, "unknown_access", {access, vehicle, motor_vehicle, motorcar, bicycle, foot}},
      {kUnknownOneway, "unknown_oneway", {oneway, oneway_motor_vehicle, oneway_vehicle, oneway_bicycle, oneway_foot}},
      {kReversible, "reversible_way", {oneway}},
      {kUnknownMaxspeed, "unknown_maxspeed", {maxspeed, maxspeed_forward, maxspeed_backward, maxspeed_advisory}},
      {kUnknownDuration, "unknown_duration", {duration}},
      {kConditional, "conditional_rule", {}},
      {kSeasonal, "seasonal_road", {seasonal, winter_road, ice_road}},
      {kUnderConstruction, "road_under_construction", {construction}}};
  return doubts;
}

// `way 7: maxspeed=fast`
std::string describe_way(std::int64_t way, const RoadTags& tags, const std::vector<TagKey>& keys) {
  std::string text = "way " + std::to_string(way);
  const char* before = ": ";
  for (const TagKey key : keys) {
    if (tags[key].empty()) continue;
    text.append(before).append(to_name(key)).append("=").append(tags[key]);
    before = ", ";
  }
  return text;
}

RoadTags to_road_tags(const osmium::TagList& tags) {
  RoadTags road_tags;
  for (const osmium::Tag& tag : tags) road_tags.add(tag.key(), tag.value());
  return road_tags;
}

// Whether the tags may be those of a road: spares the many ways that are buildings and fields.
bool may_be_road(const osmium::TagList& tags) {
  for (const char* key : {"highway", "route", "man_made", "railway", "public_transport"}) {
    if (tags.has_key(key)) return true;
  }
  return false;
}

const char* to_word(Mode mode) {
  switch (mode) {
    case Mode::car: return "car";
    case Mode::bike: return "bike";
    case Mode::walk: break;
  }
  return "walk";
}

// First pass: the ways that some mode can use, and turn restrictions.
class WayReader {
 public:
  WayReader(const std::vector<OsmRoadOptions>& options, Findings& findings)
      : options_(options), findings_(findings),
        has_car_(std::ranges::any_of(options, [](const auto& o) { return o.mode == Mode::car; })),
        has_walk_(std::ranges::any_of(options, [](const auto& o) { return o.mode == Mode::walk; })),
        use_(options.size()) {
    ways_.uses.resize(options.size());
  }

  void take(const osmium::memory::Buffer& buffer) {
    for (const osmium::OSMObject& object : buffer.select<osmium::OSMObject>()) {
      if (!object.visible()) continue;
      if (object.type() == osmium::item_type::way) take(static_cast<const osmium::Way&>(object));
      if (object.type() == osmium::item_type::relation) take(static_cast<const osmium::Relation&>(object));
    }
  }

  OsmWays finish() && { return std::move(ways_); }

 private:
  const std::vector<OsmRoadOptions>& options_;
  Findings& findings_;
  bool has_car_, has_walk_;
  std::vector<WayUse> use_;
  OsmWays ways_;

  void take(const osmium::Way& way) {
    if (!may_be_road(way.tags())) return;
    const RoadTags tags = to_road_tags(way.tags());
    TagDoubts doubts = 0;
    bool is_open = false;
    for (std::size_t o = 0; o < options_.size(); ++o) {
      use_[o] = find_way_use(tags, options_[o].mode, options_[o].rules, doubts);
      is_open = is_open || use_[o].is_open();
    }
    if (doubts != 0) add_doubts(way.id(), tags, doubts);
    if (!is_open) return;
    ways_.way_id.push_back(way.id());
    for (const osmium::NodeRef& node : way.nodes()) ways_.ref_id.push_back(node.ref());
    ways_.first_ref.push_back(ways_.ref_id.size());
    for (std::size_t o = 0; o < options_.size(); ++o) ways_.uses[o].push_back(use_[o]);
  }

  void take(const osmium::Relation& relation) {
    if (has_car_) read_turn_restrictions(relation, ways_.restrictions, findings_);
    if (!has_walk_) return;
    const char* type = relation.tags().get_value_by_key("type", "");
    const std::string_view highway = relation.tags().get_value_by_key("highway", "");
    if (std::string_view(type) == "multipolygon" && (highway == "pedestrian" || highway == "footway")) {
      findings_.add("pedestrian_area_relation", "relation " + std::to_string(relation.id()));
    }
  }

  void add_doubts(std::int64_t way, const RoadTags& tags, TagDoubts doubts) {
    for (const NamedDoubt& named : find_named_doubts()) {
      if ((doubts & named.doubt) != 0) findings_.add(named.kind, describe_way(way, tags, named.keys));
    }
  }
};

// Sorts the ids of the nodes that the ways need, and points the ways' refs at them.
void index_nodes(OsmWays& ways) {
  ways.node_id = ways.ref_id;
  std::ranges::sort(ways.node_id);
  ways.node_id.erase(std::unique(ways.node_id.begin(), ways.node_id.end()), ways.node_id.end());
  ways.node_id.shrink_to_fit();
  ways.refs.reserve(ways.ref_id.size());
  std::size_t last = 0;
  for (const std::int64_t id : ways.ref_id) {
    // Neighbours along a way were often mapped one after the other.
    if (last + 1 < ways.node_id.size() && ways.node_id[last + 1] == id) {
      ++last;
    } else {
      last = static_cast<std::size_t>(std::ranges::lower_bound(ways.node_id, id) - ways.node_id.begin());
    }
    ways.refs.push_back(static_cast<std::uint32_t>(last));
  }
  ways.ref_id = {};
}

// Second pass: points and tags of the needed nodes.
class NodeReader {
 public:
  NodeReader(OsmWays& ways, const std::vector<OsmRoadOptions>& options, Findings& findings)
      : ways_(ways), options_(options), findings_(findings) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    ways_.point.assign(ways_.n_nodes(), LatLon{kUnknown, kUnknown});
    ways_.node_flags.assign(ways_.n_nodes(), 0);
  }

  void take(const osmium::memory::Buffer& buffer) {
    for (const osmium::Node& node : buffer.select<osmium::Node>()) {
      if (!node.visible()) continue;
      const std::size_t at = find(node.id());
      if (at < ways_.n_nodes()) take(node, static_cast<std::uint32_t>(at));
    }
  }

 private:
  OsmWays& ways_;
  const std::vector<OsmRoadOptions>& options_;
  Findings& findings_;
  std::size_t cursor_ = 0;  // first id not below the last one looked for

  // Index of a needed node, or n_nodes. Files are sorted by id as a rule, so the cursor moves little.
  std::size_t find(std::int64_t id) {
    const std::vector<std::int64_t>& ids = ways_.node_id;
    const bool is_back = cursor_ > 0 && id <= ids[cursor_ - 1];
    if (is_back) cursor_ = 0;
    constexpr int kSteps = 8;
    for (int step = 0; step < kSteps && cursor_ < ids.size() && ids[cursor_] < id; ++step) ++cursor_;
    if (cursor_ < ids.size() && ids[cursor_] < id) {
      cursor_ = static_cast<std::size_t>(std::lower_bound(ids.begin() + static_cast<std::ptrdiff_t>(cursor_),
                                                          ids.end(), id) - ids.begin());
    }
    return cursor_ < ids.size() && ids[cursor_] == id ? cursor_ : ids.size();
  }

  void take(const osmium::Node& node, std::uint32_t at) {
    if (!node.location().valid()) {
      findings_.add("bad_coordinates", "node " + std::to_string(node.id()) +
                                           ": its coordinates are missing or beyond 90 and 180 degrees");
      return;
    }
    ways_.point[at] = {node.location().lat_without_check(), node.location().lon_without_check()};
    if (!node.tags().empty()) take_tags(to_road_tags(node.tags()), at);
  }

  void take_tags(const RoadTags& tags, std::uint32_t at) {
    for (const Mode mode : {Mode::car, Mode::walk, Mode::bike}) {
      if (is_blocking(tags, mode)) ways_.node_flags[at] |= to_blocking_flag(mode);
    }
    std::vector<NodeDelay> delays;
    for (const OsmRoadOptions& option : options_) delays.push_back(find_node_delay(tags, option.rules));
    if (std::ranges::all_of(delays, [](const NodeDelay& d) { return d.forward_s <= 0 && d.backward_s <= 0; })) return;
    ways_.node_flags[at] |= kHasDelay;
    ways_.node_delay[at] = std::move(delays);
  }
};

void mark_vias(OsmWays& ways) {
  for (const TurnRestriction& restriction : ways.restrictions) {
    const auto at = std::ranges::lower_bound(ways.node_id, restriction.via_node);
    if (at == ways.node_id.end() || *at != restriction.via_node) continue;
    ways.node_flags[static_cast<std::size_t>(at - ways.node_id.begin())] |= kIsVia;
  }
}

void add_cut_ways(const OsmWays& ways, Findings& findings) {
  for (std::size_t way = 0; way < ways.n_ways(); ++way) {
    const std::size_t n_refs = ways.first_ref[way + 1] - ways.first_ref[way];
    std::size_t n_lacking = 0;
    for (std::size_t r = ways.first_ref[way]; r < ways.first_ref[way + 1]; ++r) {
      if (!ways.has_point(ways.refs[r])) ++n_lacking;
    }
    if (n_lacking == 0) continue;
    findings.add("way_cut", "way " + std::to_string(ways.way_id[way]) + " lacks " + std::to_string(n_lacking) +
                                " of " + std::to_string(n_refs) + " nodes");
  }
}

void check_size(const OsmWays& ways, const std::string& name) {
  if (ways.ref_id.size() < std::numeric_limits<std::uint32_t>::max() / 2) return;
  throw InputError(name + ": has " + std::to_string(ways.ref_id.size()) +
                   " points of roads, expected fewer than 2,147,483,647; take a smaller extract");
}

// The segments of every option, side by side. What several car options find alike is counted once.
std::vector<RoadSegments> build_all(const OsmWays& ways, const std::vector<OsmRoadOptions>& options,
                                    Findings& findings, const Context& context) {
  std::vector<RoadSegments> roads(options.size());
  std::vector<Findings> found(options.size());
  for_blocks(options.size(), 1, {context.n_threads, nullptr}, [&](std::size_t begin, std::size_t end) {
    for (std::size_t o = begin; o < end; ++o) roads[o] = build_osm_segments(ways, o, options[o], found[o]);
  });
  const auto car = std::ranges::find(options, Mode::car, &OsmRoadOptions::mode);
  if (car == options.end()) return roads;
  for (const auto& [kind, of_kind] : found[static_cast<std::size_t>(car - options.begin())].kinds()) {
    const std::int64_t n_shown = static_cast<std::int64_t>(of_kind.examples.size());
    for (const std::string& example : of_kind.examples) findings.add(kind, example);
    findings.add(kind, of_kind.count - n_shown, "");
  }
  return roads;
}

std::vector<RoadSegments> read_source(const OsmSource& source, const std::vector<OsmRoadOptions>& options,
                                      Findings& findings, const Context& context) {
  using osmium::osm_entity_bits::node;
  using osmium::osm_entity_bits::relation;
  using osmium::osm_entity_bits::way;

  WayReader way_reader(options, findings);
  read_osm_buffers(source, way | relation, context, [&](const auto& buffer) { way_reader.take(buffer); });
  OsmWays ways = std::move(way_reader).finish();
  check_size(ways, source.name);
  index_nodes(ways);

  NodeReader node_reader(ways, options, findings);
  read_osm_buffers(source, node, context, [&](const auto& buffer) { node_reader.take(buffer); });
  mark_vias(ways);
  find_ref_lengths(ways);
  add_cut_ways(ways, findings);

  std::vector<RoadSegments> roads = build_all(ways, options, findings, context);
  for (const RoadSegments& of_mode : roads) {
    if (of_mode.n_segments() > 0) continue;
    throw InputError(source.name + ": has no road for mode " + to_word(of_mode.mode) +
                     "; expected ways with highway=* of a class that the speed rules know, and their nodes");
  }
  return roads;
}

}  // namespace

std::vector<RoadSegments> read_osm_roads(const std::string& path, const std::vector<OsmRoadOptions>& options,
                                         Findings& findings, const Context& context) {
  return read_source(find_osm_source(path), options, findings, context);
}

std::vector<RoadSegments> read_osm_text(std::string_view text, const std::vector<OsmRoadOptions>& options,
                                        Findings& findings, const std::string& name) {
  return read_source({name, text, OsmFormat::opl}, options, findings, {});
}

std::vector<RoadSegments> read_osm_bytes(std::string_view bytes, const std::vector<OsmRoadOptions>& options,
                                         Findings& findings, const std::string& name) {
  return read_source({name, bytes, OsmFormat::pbf}, options, findings, {});
}

}  // namespace maillage
