// PBF files that are cut off or damaged: read or refused with a reason, never a crash.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <osmium/io/opl_input.hpp>
#include <osmium/io/pbf_output.hpp>
#include <osmium/io/reader.hpp>
#include <osmium/io/writer.hpp>

#include "geo/osm_roads.h"
#include "tests/support/temporary_folder.h"

namespace maillage {
namespace {

// The bytes of a PBF file with a street of `n` nodes, one way a piece and a turn restriction.
std::string write_street(int n) {
  std::string opl;
  for (int i = 1; i <= n; ++i) {
    opl += "n" + std::to_string(i) + " x" + std::to_string(i * 0.001) + " y45" + (i % 7 == 0 ? " Tbarrier=bollard" : "") + "\n";
  }
  for (int i = 1; i < n; ++i) {
    opl += "w" + std::to_string(i) + " Thighway=primary,maxspeed=50 Nn" + std::to_string(i) + ",n" + std::to_string(i + 1) + "\n";
  }
  opl += "r1 Ttype=restriction,restriction=no_u_turn Mw1@from,n2@via,w2@to\n";

  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "street.osm.pbf").string();
  osmium::io::Reader reader{osmium::io::File{opl.data(), opl.size(), "opl"}};
  osmium::io::Writer writer{path, osmium::io::overwrite::allow};
  while (osmium::memory::Buffer buffer = reader.read()) writer(std::move(buffer));
  writer.close();
  reader.close();
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

OsmRoadOptions car() {
  OsmRoadOptions options{Mode::car, {}};
  options.rules.highway_kmh = {{"primary", 80}};
  options.rules.maxspeed_factor = 1;
  return options;
}

enum class Outcome { read, refused };

// Anything but reading it or an InputError with the name fails the test.
Outcome try_bytes(const std::string& bytes) {
  Findings findings;
  try {
    read_osm_bytes(bytes, {car()}, findings, "street.osm.pbf");
    return Outcome::read;
  } catch (const InputError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("street.osm.pbf: ")) << error.what();
    return Outcome::refused;
  }
}

TEST(DamagedPbf, TheWholeFileIsRead) {
  Findings findings;
  const std::string bytes = write_street(50);
  const auto roads = read_osm_bytes(bytes, {car()}, findings);
  EXPECT_EQ(roads.at(0).n_segments(), 49u);
  EXPECT_EQ(roads.at(0).turn_bans.size(), 1u);
  EXPECT_NEAR(roads.at(0).forward_s[SegmentId(0)], roads.at(0).length_m[SegmentId(0)] * 3.6 / 50, 1e-3);
}

TEST(DamagedPbf, CutOffAnywhereItIsRefused) {
  const std::string bytes = write_street(50);
  std::vector<std::size_t> lengths_read;
  for (std::size_t n = 1; n < bytes.size(); ++n) {
    if (try_bytes(bytes.substr(0, n)) == Outcome::read) lengths_read.push_back(n);
  }
  // Only a cut between two blocks (here, before the relation's) leaves what looks like a whole file,
  // with up to 3 of the 4 bytes that begin the next block.
  ASSERT_FALSE(lengths_read.empty());
  EXPECT_LT(lengths_read.back() - lengths_read.front(), 4u);
}

TEST(DamagedPbf, WithAnyByteChangedItIsReadOrRefused) {
  const std::string bytes = write_street(50);
  std::mt19937 random(1);
  int n_refused = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    std::string damaged = bytes;
    for (int change = 0; change <= trial % 4; ++change) {
      damaged[random() % damaged.size()] = static_cast<char>(random() & 0xff);
    }
    if (try_bytes(damaged) == Outcome::refused) ++n_refused;
  }
  EXPECT_GT(n_refused, 250);
}

}  // namespace
}  // namespace maillage
