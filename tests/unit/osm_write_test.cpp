// Road tables written as PBF come back from libosmium's own reader as they went in.
#include "geo/osm_write.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <osmium/io/pbf_input.hpp>
#include <osmium/io/opl_output.hpp>
#include <osmium/io/reader.hpp>
#include <osmium/io/writer.hpp>

#include "engine/error.h"
#include "tests/support/temporary_folder.h"

namespace maillage {
namespace {

namespace fs = std::filesystem;

struct Street {
  std::vector<std::int64_t> node_id{9'000'000'001, 9'000'000'004, 9'000'000'009};
  std::vector<double> lon{-4.1234567, 179.9999999, 0.0};
  std::vector<double> lat{45.7654321, -89.9999999, 0.0};
  std::vector<std::int32_t> node_tags{-1, 2, -1};
  std::vector<std::int64_t> way_id{7, 8};
  std::vector<std::uint64_t> offsets{0, 3, 5};
  std::vector<std::int64_t> refs{9'000'000'001, 9'000'000'004, 9'000'000'009, 9'000'000'009, 42};
  std::vector<std::int32_t> way_tags{0, 1};
  std::vector<std::int64_t> relation_id{5};
  std::vector<std::int64_t> from_way{7}, via_node{9'000'000'009}, to_way{8};
  std::vector<std::int32_t> relation_tags{3};

  OsmTables tables() const {
    return {{{{"highway", "primary"}, {"name", "Rue de l'\xc3\x89glise"}},
             {{"highway", "track"}},
             {{"barrier", "bollard"}},
             {{"type", "restriction"}, {"restriction", "no_left_turn"}}},
            {node_id, lon, lat, node_tags},
            {way_id, offsets, refs, way_tags},
            {relation_id, from_way, via_node, to_way, relation_tags}};
  }
};

class OsmWrite : public testing::Test {
 protected:
  void SetUp() override {
    path_ = (folder_ / "street.osm.pbf").string();
  }

  // The file as text, one object a line.
  std::string to_opl() const {
    const std::string text = (folder_ / "street.opl").string();
    osmium::io::Reader reader{path_};
    osmium::io::Writer writer{osmium::io::File{text, "opl,add_metadata=false"}};
    while (osmium::memory::Buffer buffer = reader.read()) writer(std::move(buffer));
    writer.close();
    reader.close();
    return bytes_of(text);
  }

  static std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::size_t n_files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  const test::TemporaryFolder own_;
  const fs::path folder_ = own_.path();
  std::string path_;
};

TEST_F(OsmWrite, ComesBackAsItWent) {
  write_osm_pbf(path_, Street().tables());
  EXPECT_EQ(to_opl(),
            "n9000000001 T x-4.1234567 y45.7654321\n"
            "n9000000004 Tbarrier=bollard x179.9999999 y-89.9999999\n"
            "n9000000009 T x0 y0\n"
            "w7 Thighway=primary,name=Rue%20%de%20%l'\xc3\x89glise "
            "Nn9000000001,n9000000004,n9000000009\n"
            "w8 Thighway=track Nn9000000009,n42\n"
            "r5 Ttype=restriction,restriction=no_left_turn Mw7@from,n9000000009@via,w8@to\n");
}

TEST_F(OsmWrite, HeaderSaysWhoWroteItAndWhere) {
  write_osm_pbf(path_, Street().tables());
  osmium::io::Reader reader{path_};
  const osmium::io::Header header = reader.header();
  EXPECT_EQ(header.get("generator"), "maillage");
  EXPECT_EQ(header.get("sorting"), "Type_then_ID");
  EXPECT_EQ(header.box().bottom_left(), osmium::Location(-4.1234567, -89.9999999));
  EXPECT_EQ(header.box().top_right(), osmium::Location(179.9999999, 45.7654321));
  reader.close();
}

TEST_F(OsmWrite, SameTablesSameBytes) {
  write_osm_pbf(path_, Street().tables());
  const std::string first = bytes_of(path_);
  write_osm_pbf(path_, Street().tables());
  EXPECT_EQ(bytes_of(path_), first);
  EXPECT_EQ(n_files(), 1U);
}

TEST_F(OsmWrite, EmptyTablesAreAFile) {
  const std::vector<std::uint64_t> offsets{0};
  OsmTables tables;
  tables.ways.ref_offsets = offsets;
  write_osm_pbf(path_, tables);
  EXPECT_EQ(to_opl(), "");
}

TEST_F(OsmWrite, BadTablesLeaveWhatWasThere) {
  write_osm_pbf(path_, Street().tables());
  const std::string before = bytes_of(path_);
  Street street;
  street.node_id[2] = street.node_id[1];
  EXPECT_THROW(write_osm_pbf(path_, street.tables()), InputError);
  street = Street();
  street.offsets = {0, 4, 6};
  EXPECT_THROW(write_osm_pbf(path_, street.tables()), InputError);
  street = Street();
  street.relation_tags = {4};
  EXPECT_THROW(write_osm_pbf(path_, street.tables()), InputError);
  street = Street();
  street.way_tags.pop_back();
  EXPECT_THROW(write_osm_pbf(path_, street.tables()), InputError);
  EXPECT_EQ(bytes_of(path_), before);
  EXPECT_EQ(n_files(), 1U);
}

TEST_F(OsmWrite, AFolderThatIsNotThere) {
  EXPECT_THROW(write_osm_pbf((folder_ / "missing" / "x.osm.pbf").string(), Street().tables()),
               IoError);
}

}  // namespace
}  // namespace maillage
