#include "geo/osm_restrictions.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <osmium/osm/relation.hpp>

namespace maillage {
namespace {

using Words = std::initializer_list<std::string_view>;

std::string describe(std::int64_t relation) { return "relation " + std::to_string(relation); }

std::string_view find_tag(const osmium::Relation& relation, const char* key) {
  const char* value = relation.tags().get_value_by_key(key);
  return value ? std::string_view(value) : std::string_view{};
}

bool is_restriction(const osmium::Relation& relation) {
  const std::string_view type = find_tag(relation, "type");
  return type == "restriction" || type.starts_with("restriction:");
}

// Whether a list such as `bicycle;psv` names cars.
bool names_cars(std::string_view list) {
  while (!list.empty()) {
    const std::size_t cut = list.find(';');
    std::string_view word = list.substr(0, cut);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word == "motorcar" || word == "motor_vehicle" || word == "vehicle") return true;
    list = cut == std::string_view::npos ? std::string_view{} : list.substr(cut + 1);
  }
  return false;
}

// The restriction that holds for cars: the most special key that is there.
std::string_view find_car_value(const osmium::Relation& relation) {
  for (const char* key : {"restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle", "restriction"}) {
    const std::string_view value = find_tag(relation, key);
    if (!value.empty()) return value;
  }
  return {};
}

bool has_condition(const osmium::Relation& relation) {
  for (const char* key : {"day_on", "day_off", "hour_on", "hour_off"}) {
    if (relation.tags().has_key(key)) return true;
  }
  for (const char* key : {"restriction:conditional", "restriction:motorcar:conditional",
                          "restriction:motor_vehicle:conditional", "restriction:vehicle:conditional"}) {
    if (relation.tags().has_key(key)) return true;
  }
  return false;
}

struct Members {
  std::vector<std::int64_t> from_ways, via_nodes, to_ways;
  bool has_via_way = false;
};

Members find_members(const osmium::Relation& relation) {
  Members members;
  for (const osmium::RelationMember& member : relation.members()) {
    const bool is_way = member.type() == osmium::item_type::way;
    const bool is_node = member.type() == osmium::item_type::node;
    if (std::strcmp(member.role(), "from") == 0 && is_way) members.from_ways.push_back(member.ref());
    if (std::strcmp(member.role(), "to") == 0 && is_way) members.to_ways.push_back(member.ref());
    if (std::strcmp(member.role(), "via") == 0 && is_node) members.via_nodes.push_back(member.ref());
    if (std::strcmp(member.role(), "via") == 0 && is_way) members.has_via_way = true;
  }
  return members;
}

bool arrives(const RoadSegments& roads, SegmentId segment, RawNodeId via) {
  return (roads.to[segment] == via && roads.forward_s[segment] != kNoWay) ||
         (roads.from[segment] == via && roads.backward_s[segment] != kNoWay);
}

bool leaves(const RoadSegments& roads, SegmentId segment, RawNodeId via) {
  return (roads.from[segment] == via && roads.forward_s[segment] != kNoWay) ||
         (roads.to[segment] == via && roads.backward_s[segment] != kNoWay);
}

RawNodeId find_via(const RoadSegments& roads, const SegmentAtVia& at) {
  const RawNodeId to = roads.to[at.segment];
  return roads.node_osm_id[to] == at.via_node ? to : roads.from[at.segment];
}

// Segments at one via node, as one restriction sees them.
struct Turn {
  std::vector<SegmentId> from, to, others;  // others: ways on that are not `to`
};

Turn find_turn(const TurnRestriction& restriction, std::span<const SegmentAtVia> ends, const RoadSegments& roads,
               RawNodeId via) {
  Turn turn;
  for (const SegmentAtVia& end : ends) {
    if (end.way == restriction.from_way && arrives(roads, end.segment, via)) turn.from.push_back(end.segment);
    if (!leaves(roads, end.segment, via)) continue;
    (end.way == restriction.to_way ? turn.to : turn.others).push_back(end.segment);
  }
  return turn;
}

}  // namespace

RestrictionKind find_restriction_kind(const osmium::Relation& relation) {
  const std::string_view type = find_tag(relation, "type");
  const bool is_for_others = type.starts_with("restriction:") && !names_cars(type.substr(type.find(':') + 1));
  if (is_for_others || names_cars(find_tag(relation, "except"))) return RestrictionKind::not_for_cars;
  const std::string_view value = find_car_value(relation);
  if (has_condition(relation)) return RestrictionKind::conditional;
  if (value.empty()) return RestrictionKind::not_for_cars;
  if (value.starts_with("no_")) return RestrictionKind::forbidden;
  if (value.starts_with("only_")) return RestrictionKind::prescribed;
  return value == "none" ? RestrictionKind::not_for_cars : RestrictionKind::unknown;
}

void read_turn_restrictions(const osmium::Relation& relation, std::vector<TurnRestriction>& restrictions,
                            Findings& findings) {
  if (!is_restriction(relation)) return;
  const RestrictionKind kind = find_restriction_kind(relation);
  const std::string name = describe(relation.id());
  if (kind == RestrictionKind::not_for_cars) return;
  if (kind == RestrictionKind::conditional) return findings.add("turn_restriction_conditional", name);
  if (kind == RestrictionKind::unknown) return findings.add("turn_restriction_unknown", name);

  const Members members = find_members(relation);
  if (members.has_via_way) return findings.add("turn_restriction_via_way", name);
  if (members.via_nodes.size() != 1 || members.from_ways.empty() || members.to_ways.empty()) {
    return findings.add("turn_restriction_unclear", name + " lacks a member from, via or to");
  }
  const bool is_only = kind == RestrictionKind::prescribed;
  if (is_only && members.to_ways.size() > 1) {
    return findings.add("turn_restriction_unclear", name + " prescribes several ways on");
  }
  for (const std::int64_t from : members.from_ways) {
    for (const std::int64_t to : members.to_ways) {
      restrictions.push_back({relation.id(), from, members.via_nodes.front(), to, is_only});
    }
  }
}

std::vector<TurnBan> build_turn_bans(std::span<const TurnRestriction> restrictions,
                                     std::vector<SegmentAtVia> at_vias, const RoadSegments& roads,
                                     Findings& findings) {
  std::ranges::stable_sort(at_vias, {}, &SegmentAtVia::via_node);
  std::vector<TurnBan> bans;
  for (const TurnRestriction& restriction : restrictions) {
    const auto ends = std::ranges::equal_range(at_vias, restriction.via_node, {}, &SegmentAtVia::via_node);
    const std::string name = describe(restriction.relation);
    if (ends.empty()) {
      findings.add("turn_restriction_off_network", name);
      continue;
    }
    const RawNodeId via = find_via(roads, ends.front());
    const Turn turn = find_turn(restriction, {ends.begin(), ends.end()}, roads, via);
    if (turn.from.empty() || turn.to.empty()) {
      findings.add("turn_restriction_off_network", name);
    } else if (turn.from.size() > 1 || turn.to.size() > 1) {
      findings.add("turn_restriction_unclear", name + ": a way goes on beyond the node");
    } else {
      for (const SegmentId to : restriction.is_only ? turn.others : turn.to) bans.push_back({turn.from[0], via, to});
    }
  }
  return bans;
}

}  // namespace maillage
