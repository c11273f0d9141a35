#include "geo/osm_write.h"

#include <unistd.h>

#include <cmath>
#include <exception>
#include <filesystem>
#include <osmium/builder/osm_object_builder.hpp>
#include <osmium/io/pbf_output.hpp>
#include <osmium/io/writer.hpp>
#include <osmium/memory/buffer.hpp>
#include <osmium/osm/box.hpp>
#include <system_error>

#include "engine/error.h"

namespace maillage {
namespace {

// Objects are handed to the writer in buffers of about this size; it splits them into PBF blocks.
constexpr std::size_t kBufferBytes = 8U << 20U;

[[noreturn]] void fail(const char* table, std::size_t row, const std::string& what) {
  throw InputError(std::string(table) + ": row " + std::to_string(row) + ": " + what);
}

void check_length(const char* column, std::size_t length, std::size_t expected) {
  if (length != expected) {
    throw InputError(std::string(column) + ": has " + std::to_string(length) +
                     " values, expected " + std::to_string(expected));
  }
}

void check_ids(const char* table, std::span<const std::int64_t> ids) {
  for (std::size_t row = 0; row < ids.size(); ++row) {
    if (ids[row] <= 0) fail(table, row, "id is " + std::to_string(ids[row]) + ", expected > 0");
    if (row > 0 && ids[row] <= ids[row - 1]) {
      fail(table, row, "id is " + std::to_string(ids[row]) + ", expected more than " +
                           std::to_string(ids[row - 1]) + " of the row before");
    }
  }
}

void check_tag_sets(const char* table, std::span<const std::int32_t> tag_set, std::size_t n_sets) {
  for (std::size_t row = 0; row < tag_set.size(); ++row) {
    if (tag_set[row] < -1 || tag_set[row] >= static_cast<std::int64_t>(n_sets)) {
      fail(table, row, "tag_set is " + std::to_string(tag_set[row]) + ", expected -1.." +
                           std::to_string(static_cast<std::int64_t>(n_sets) - 1));
    }
  }
}

void check_nodes(const OsmNodeTable& nodes, std::size_t n_sets) {
  const std::size_t n = nodes.id.size();
  check_length("nodes.lon", nodes.lon.size(), n);
  check_length("nodes.lat", nodes.lat.size(), n);
  check_length("nodes.tag_set", nodes.tag_set.size(), n);
  check_ids("nodes", nodes.id);
  check_tag_sets("nodes", nodes.tag_set, n_sets);
  for (std::size_t row = 0; row < n; ++row) {
    // written so that NaN fails too
    if (!(std::abs(nodes.lon[row]) <= 180.0)) {
      fail("nodes", row, "lon is " + std::to_string(nodes.lon[row]) + ", expected -180..180");
    }
    if (!(std::abs(nodes.lat[row]) <= 90.0)) {
      fail("nodes", row, "lat is " + std::to_string(nodes.lat[row]) + ", expected -90..90");
    }
  }
}

void check_ways(const OsmWayTable& ways, std::size_t n_sets) {
  const std::size_t n = ways.id.size();
  check_length("ways.ref_offsets", ways.ref_offsets.size(), n + 1);
  check_length("ways.tag_set", ways.tag_set.size(), n);
  check_ids("ways", ways.id);
  check_tag_sets("ways", ways.tag_set, n_sets);
  if (ways.ref_offsets[0] != 0) fail("ways", 0, "ref_offsets does not begin with 0");
  for (std::size_t row = 0; row < n; ++row) {
    if (ways.ref_offsets[row + 1] < ways.ref_offsets[row]) {
      fail("ways", row, "ref_offsets decreases");
    }
  }
  check_length("ways.refs", ways.refs.size(), ways.ref_offsets[n]);
}

void check_restrictions(const OsmRestrictionTable& restrictions, std::size_t n_sets) {
  const std::size_t n = restrictions.id.size();
  check_length("restrictions.from_way", restrictions.from_way.size(), n);
  check_length("restrictions.via_node", restrictions.via_node.size(), n);
  check_length("restrictions.to_way", restrictions.to_way.size(), n);
  check_length("restrictions.tag_set", restrictions.tag_set.size(), n);
  check_ids("restrictions", restrictions.id);
  check_tag_sets("restrictions", restrictions.tag_set, n_sets);
}

class PbfFile {
 public:
  PbfFile(const std::string& path, const OsmTables& tables)
      : tables_(tables),
        writer_(osmium::io::File(path, "pbf,add_metadata=false,pbf_dense_nodes=true"),
                header_of(tables.nodes), osmium::io::overwrite::allow) {}

  void write() {
    write_nodes();
    write_ways();
    write_restrictions();
    flush();
    writer_.close();
  }

 private:
  static osmium::io::Header header_of(const OsmNodeTable& nodes) {
    osmium::io::Header header;
    header.set("generator", "maillage");
    header.set("sorting", "Type_then_ID");
    osmium::Box box;
    for (std::size_t row = 0; row < nodes.id.size(); ++row) {
      box.extend(osmium::Location(nodes.lon[row], nodes.lat[row]));
    }
    if (box.valid()) header.add_box(box);
    return header;
  }

  void write_nodes() {
    const OsmNodeTable& nodes = tables_.nodes;
    for (std::size_t row = 0; row < nodes.id.size(); ++row) {
      {
        osmium::builder::NodeBuilder builder{buffer_};
        builder.set_id(nodes.id[row]);
        builder.set_location(osmium::Location(nodes.lon[row], nodes.lat[row]));
        add_tags(builder, nodes.tag_set[row]);
      }
      commit();
    }
  }

  void write_ways() {
    const OsmWayTable& ways = tables_.ways;
    for (std::size_t row = 0; row < ways.id.size(); ++row) {
      {
        osmium::builder::WayBuilder builder{buffer_};
        builder.set_id(ways.id[row]);
        {
          osmium::builder::WayNodeListBuilder refs{builder};
          for (std::uint64_t i = ways.ref_offsets[row]; i < ways.ref_offsets[row + 1]; ++i) {
            refs.add_node_ref(ways.refs[i]);
          }
        }
        add_tags(builder, ways.tag_set[row]);
      }
      commit();
    }
  }

  void write_restrictions() {
    const OsmRestrictionTable& table = tables_.restrictions;
    for (std::size_t row = 0; row < table.id.size(); ++row) {
      {
        osmium::builder::RelationBuilder builder{buffer_};
        builder.set_id(table.id[row]);
        {
          osmium::builder::RelationMemberListBuilder members{builder};
          members.add_member(osmium::item_type::way, table.from_way[row], "from");
          members.add_member(osmium::item_type::node, table.via_node[row], "via");
          members.add_member(osmium::item_type::way, table.to_way[row], "to");
        }
        add_tags(builder, table.tag_set[row]);
      }
      commit();
    }
  }

  template <class Builder>
  void add_tags(Builder& builder, std::int32_t tag_set) {
    if (tag_set < 0) return;
    osmium::builder::TagListBuilder tags{builder};
    for (const auto& [key, value] : tables_.tag_sets[static_cast<std::size_t>(tag_set)]) {
      tags.add_tag(key, value);
    }
  }

  void commit() {
    buffer_.commit();
    if (buffer_.committed() > kBufferBytes) flush();
  }

  void flush() {
    writer_(std::move(buffer_));
    buffer_ = osmium::memory::Buffer{2 * kBufferBytes, osmium::memory::Buffer::auto_grow::yes};
  }

  const OsmTables& tables_;
  osmium::io::Writer writer_;
  osmium::memory::Buffer buffer_{2 * kBufferBytes, osmium::memory::Buffer::auto_grow::yes};
};

}  // namespace

void write_osm_pbf(const std::string& path, const OsmTables& tables) {
  check_nodes(tables.nodes, tables.tag_sets.size());
  check_ways(tables.ways, tables.tag_sets.size());
  check_restrictions(tables.restrictions, tables.tag_sets.size());
  const std::string temporary = path + ".tmp" + std::to_string(::getpid());
  std::error_code ignored;
  try {
    PbfFile(temporary, tables).write();
    std::filesystem::rename(temporary, path);
  } catch (const std::exception& error) {
    std::filesystem::remove(temporary, ignored);
    throw IoError(path + ": cannot be written: " + error.what());
  }
}

}  // namespace maillage
