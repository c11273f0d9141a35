// The fields of the engine's structs, by name: the one list for writing them to a file, reading them
// back, and comparing them.
//
// `visit_fields(item, visit)` calls `visit(name, field)` for every field of `item`, const or not. What a
// struct merely points to (the segments of a network) is left to the caller. Fields are taken apart all
// at once, so that a struct which gains one does not compile until it stands here too; then raise
// kCacheFormat.
#pragma once

#include <concepts>
#include <type_traits>

#include "engine/counters.h"
#include "engine/hierarchy.h"
#include "engine/links.h"
#include "engine/nearest.h"
#include "engine/places.h"
#include "engine/road_network.h"
#include "engine/territory.h"

namespace maillage {

template <class Item, class Struct>
concept Of = std::same_as<std::remove_const_t<Item>, Struct>;

template <class Item>
struct IsRagged : std::false_type {};
template <class T>
struct IsRagged<Ragged<T>> : std::true_type {};
template <class Item>
struct IsMatrix : std::false_type {};
template <class T>
struct IsMatrix<Matrix<T>> : std::true_type {};

template <class Item, class Visit>
  requires IsRagged<std::remove_const_t<Item>>::value
void visit_fields(Item& item, Visit&& visit) {
  auto& [offset, values] = item;
  visit("offset", offset);
  visit("values", values);
}

template <class Item, class Visit>
  requires IsMatrix<std::remove_const_t<Item>>::value
void visit_fields(Item& item, Visit&& visit) {
  auto& [n_rows, n_columns, values] = item;
  visit("n_rows", n_rows);
  visit("n_columns", n_columns);
  visit("values", values);
}

template <Of<RoadSegments> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [mode, node_point, node_osm_id, node_delay_s, from, to, forward_s, backward_s, length_m, way, flags,
         way_id, turn_bans] = item;
  visit("mode", mode);
  visit("node_point", node_point);
  visit("node_osm_id", node_osm_id);
  visit("node_delay_s", node_delay_s);
  visit("from", from);
  visit("to", to);
  visit("forward_s", forward_s);
  visit("backward_s", backward_s);
  visit("length_m", length_m);
  visit("way", way);
  visit("flags", flags);
  visit("way_id", way_id);
  visit("turn_bans", turn_bans);
}

// All but `segments`.
template <Of<RoadNetwork> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [segments, n_junctions, junction_raw, raw_junction, component, main_component, n_components, edges,
         edge_segments, forward_cum_ms, backward_cum_ms, segment_edge, segment_rank, out, in, junction_copies,
         copy_banned, junction_exit, junction_entry, grid] = item;
  visit("n_junctions", n_junctions);
  visit("junction_raw", junction_raw);
  visit("raw_junction", raw_junction);
  visit("component", component);
  visit("main_component", main_component);
  visit("n_components", n_components);
  visit("edges", edges);
  visit("edge_segments", edge_segments);
  visit("forward_cum_ms", forward_cum_ms);
  visit("backward_cum_ms", backward_cum_ms);
  visit("segment_edge", segment_edge);
  visit("segment_rank", segment_rank);
  visit("out", out);
  visit("in", in);
  visit("junction_copies", junction_copies);
  visit("copy_banned", copy_banned);
  visit("junction_exit", junction_exit);
  visit("junction_entry", junction_entry);
  visit("grid", grid);
}

template <Of<SegmentGrid> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  SegmentGrid::visit_fields(item, visit);
}

template <Of<Hierarchy> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [rank_of, node_at, turn, out, in, first_top, blocks] = item;
  visit("rank_of", rank_of);
  visit("node_at", node_at);
  visit("turn", turn);
  visit("out", out);
  visit("in", in);
  visit("first_top", first_top);
  visit("blocks", blocks);
}

template <Of<Links> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [exits, entries, position, access, snap_m, snapped, status] = item;
  visit("exits", exits);
  visit("entries", entries);
  visit("position", position);
  visit("access", access);
  visit("snap_m", snap_m);
  visit("snapped", snapped);
  visit("status", status);
}

template <Of<PlaceFinder> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [at_node, on_edge] = item;
  visit("at_node", at_node);
  visit("on_edge", on_edge);
}

template <Of<CounterSet> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [ids, links] = item;
  visit("ids", ids);
  visit("links", links);
}

template <Of<NearestIndex> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [k, n_places, labels, count, node_radius, counters, blocks_of, entered_at, on_edge] = item;
  visit("k", k);
  visit("n_places", n_places);
  visit("labels", labels);
  visit("count", count);
  visit("node_radius", node_radius);
  visit("counters", counters);
  visit("blocks_of", blocks_of);
  visit("entered_at", entered_at);
  visit("on_edge", on_edge);
}

template <Of<Population> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [persons, car_share] = item;
  visit("persons", persons);
  visit("car_share", car_share);
}

template <Of<Groups> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [p_b, p_c, walk_class] = item;
  visit("p_b", p_b);
  visit("p_c", p_c);
  visit("walk_class", walk_class);
}

template <Of<Abilities> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [p_b, p_c] = item;
  visit("p_b", p_b);
  visit("p_c", p_c);
}

template <Of<Connectivity> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [adequate] = item;
  visit("adequate", adequate);
}

template <Of<Counters> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [point, open, level, area] = item;
  visit("point", point);
  visit("open", open);
  visit("level", level);
  visit("area", area);
}

template <Of<LinkOptions> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [max_snap_m, access_speed_kmh, extra] = item;
  visit("max_snap_m", max_snap_m);
  visit("access_speed_kmh", access_speed_kmh);
  visit("extra", extra);
}

// Without what it shares: network, segments, hierarchy, links and finder stand beside it.
template <Of<ModeNetwork> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [mode, walk_class, serves_no_car, network, hierarchy, place_options, counter_options, straight_kmh,
         transit, places, counters, finder] = item;
  visit("mode", mode);
  visit("walk_class", walk_class);
  visit("serves_no_car", serves_no_car);
  visit("place_options", place_options);
  visit("counter_options", counter_options);
  visit("straight_kmh", straight_kmh);
}

}  // namespace maillage
