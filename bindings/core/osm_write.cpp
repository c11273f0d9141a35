// Converts numpy columns and lists of tags to the tables of geo/osm_write.h.
#include "geo/osm_write.h"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <span>
#include <string>
#include <vector>

namespace py = pybind11;

namespace maillage {
namespace {

template <class T>
using Column = py::array_t<T, py::array::c_style | py::array::forcecast>;
using NodeColumns =
    std::tuple<Column<std::int64_t>, Column<double>, Column<double>, Column<std::int32_t>>;
using WayColumns = std::tuple<Column<std::int64_t>, Column<std::uint64_t>, Column<std::int64_t>,
                              Column<std::int32_t>>;
using RestrictionColumns = std::tuple<Column<std::int64_t>, Column<std::int64_t>,
                                      Column<std::int64_t>, Column<std::int64_t>,
                                      Column<std::int32_t>>;

template <class T>
std::span<const T> to_span(const Column<T>& column) {
  if (column.ndim() != 1) throw py::value_error("expected a column of one dimension");
  return {column.data(), static_cast<std::size_t>(column.size())};
}

struct OsmPbfArguments {
  const std::vector<OsmTagSet>& tag_sets;
  const NodeColumns& nodes;
  const WayColumns& ways;
  const RestrictionColumns& restrictions;
};

OsmTables to_tables(const OsmPbfArguments& in) {
  const auto& [node_id, lon, lat, node_tags] = in.nodes;
  const auto& [way_id, offsets, refs, way_tags] = in.ways;
  const auto& [relation_id, from_way, via_node, to_way, relation_tags] = in.restrictions;
  return {in.tag_sets,
          {to_span(node_id), to_span(lon), to_span(lat), to_span(node_tags)},
          {to_span(way_id), to_span(offsets), to_span(refs), to_span(way_tags)},
          {to_span(relation_id), to_span(from_way), to_span(via_node), to_span(to_way),
           to_span(relation_tags)}};
}

}  // namespace

void bind_osm_write(py::module_& m) {
  m.def(
      "write_osm_pbf",
      [](const std::string& path, const std::vector<OsmTagSet>& tag_sets, const NodeColumns& nodes,
         const WayColumns& ways, const RestrictionColumns& restrictions) {
        const OsmTables tables = to_tables({tag_sets, nodes, ways, restrictions});
        py::gil_scoped_release unlocked;
        write_osm_pbf(path, tables);
      },
      py::arg("path"), py::kw_only(), py::arg("tag_sets"), py::arg("nodes"), py::arg("ways"),
      py::arg("restrictions"),
      "Writes road data as an OSM PBF file.\n\n"
      "tag_sets: list of lists of (key, value). nodes: (id, lon, lat, tag_set).\n"
      "ways: (id, ref_offsets of n_ways + 1, refs, tag_set). restrictions: (id, from_way,\n"
      "via_node, to_way, tag_set). Columns are one-dimensional arrays by ascending id; tag_set\n"
      "indexes tag_sets, -1 = no tags. The file appears whole or not at all. InputError for bad\n"
      "tables, IoError when it cannot be written.");
}

}  // namespace maillage
