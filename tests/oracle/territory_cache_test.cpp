// A territory from the cache is the territory that was written: field by field, and in what it answers.
#include "geo/territory_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <thread>

#include "geo/field_files.h"
#include "tests/support/random_territory.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/territories.h"

namespace maillage::test {
namespace {

// Every value of a struct as bytes, by name.
class FieldDump {
 public:
  FieldDump(std::map<std::string, std::string>& out, std::string prefix) : out_(out), prefix_(std::move(prefix)) {}

  template <class Field>
  void operator()(const char* name, const Field& field) const {
    if constexpr (HasItems<const Field>)
      (*this)(name, field.items());
    else if constexpr (IsValues<Field>::value)
      add(name, std::as_bytes(std::span<const typename Field::value_type>(field.data(), field.size())));
    else if constexpr (std::is_arithmetic_v<Field> || std::is_enum_v<Field> || std::is_same_v<Field, Duration>)
      add(name, std::as_bytes(std::span<const Field>(&field, 1)));
    else
      visit_fields(field, FieldDump(out_, prefix_ + name + "."));
  }

 private:
  void add(const char* name, std::span<const std::byte> bytes) const {
    out_[prefix_ + name] = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::map<std::string, std::string>& out_;
  std::string prefix_;
};

template <class Struct>
void expect_same_fields(const Struct& a, const Struct& b, const std::string& what) {
  std::map<std::string, std::string> one, other;
  visit_fields(a, FieldDump(one, what + "."));
  visit_fields(b, FieldDump(other, what + "."));
  ASSERT_EQ(one.size(), other.size());
  for (const auto& [name, bytes] : one) ASSERT_EQ(bytes, other.at(name)) << name;
}

void expect_same_territory(const Territory& a, const Territory& b) {
  const TerritoryParts &p = a.parts(), &q = b.parts();
  ASSERT_EQ(p.place_points, q.place_points);
  expect_same_fields(*p.population, *q.population, "population");
  expect_same_fields(*p.groups, *q.groups, "groups");
  ASSERT_EQ(p.abilities == nullptr, q.abilities == nullptr);
  if (p.abilities) expect_same_fields(*p.abilities, *q.abilities, "abilities");
  expect_same_fields(*p.connectivity, *q.connectivity, "connectivity");
  expect_same_fields(*p.counters, *q.counters, "counters");
  ASSERT_EQ(p.n_walk_classes, q.n_walk_classes);
  ASSERT_EQ(p.connectivity_shift, q.connectivity_shift);
  ASSERT_EQ(p.place_area == nullptr, q.place_area == nullptr);
  if (p.place_area) { ASSERT_EQ(*p.place_area, *q.place_area); }
  ASSERT_EQ(p.networks.size(), q.networks.size());
  for (std::size_t n = 0; n < p.networks.size(); ++n) {
    const ModeNetwork &m = p.networks[n], &o = q.networks[n];
    expect_same_fields(m, o, "use");
    expect_same_fields(*m.network, *o.network, "network");
    expect_same_fields(*m.network->segments, *o.network->segments, "segments");
    ASSERT_EQ(m.hierarchy == nullptr, o.hierarchy == nullptr);
    if (m.hierarchy) expect_same_fields(*m.hierarchy, *o.hierarchy, "hierarchy");
    expect_same_fields(*m.places, *o.places, "places");
    expect_same_fields(*m.counters, *o.counters, "counters");
    expect_same_fields(*m.finder, *o.finder, "finder");
  }
}

void expect_same_answers(const std::shared_ptr<const Territory>& a, const std::shared_ptr<const Territory>& b) {
  for (const NearestQuery& query : build_all_queries(*a, 3)) {
    const Ragged<Label> one = find_nearest_counters(*a, query), other = find_nearest_counters(*b, query);
    ASSERT_EQ(one.offset, other.offset);
    ASSERT_EQ(one.values, other.values);
  }
}

class TerritoryCache : public testing::Test {
 protected:
  std::string folder() const { return folder_.path().string(); }
  std::string path() const { return folder() + "/territory.bin"; }

  std::shared_ptr<const Territory> bring_back(const Territory& territory) const {
    CacheFileWriter file(path(), "key");
    write_territory(file, territory);
    file.finish();
    return read_territory(CacheFile::open(path(), "key"));
  }

  TemporaryFolder folder_;
};

TEST_F(TerritoryCache, EveryFieldComesBackAndEveryAnswerIsTheSame) {
  for_each_seed([&](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const auto found = bring_back(*territory);
    expect_same_territory(*territory, *found);
    if (testing::Test::HasFatalFailure()) return;
    expect_same_answers(territory, found);
  });
}

TEST_F(TerritoryCache, ScenariosOnItLeaveTheFileAsItIs) {
  for_each_seed([&](std::uint64_t seed) {
    Dice dice(seed);
    const auto territory = build_random_territory(dice).territory;
    const auto found = bring_back(*territory);
    const auto edits = build_random_edits(*territory, dice);
    const auto after = apply_edits(territory, edits), after_found = apply_edits(found, edits);
    expect_same_answers(after, after_found);
    if (testing::Test::HasFatalFailure()) return;
    expect_same_territory(*territory, *found);
    ASSERT_NO_THROW(CacheFile::open(path(), "key"));
  }, 2);
}

TEST_F(TerritoryCache, EqualRoadsShareTheirMemory) {
  for_each_seed([&](std::uint64_t seed) {
    Dice dice(seed);
    RoadSegments roads = *build_random_territory(dice).territory->parts().networks[0].network->segments;
    RoadSegments slower = roads;
    for (float& seconds : slower.forward_s.items()) seconds *= 2;
    slower.from = IdVector<SegmentId, RawNodeId>(Buffer<RawNodeId>(std::vector<RawNodeId>(roads.from.begin(), roads.from.end())));
    const RoadSegments before = slower;
    share_equal_fields(roads, slower);
    expect_same_fields(before, slower, "segments");
    EXPECT_TRUE(std::as_const(slower).from.items().shares(std::as_const(roads).from.items()));
  }, 10);
}

std::vector<ListKey> find_keys(const Territory& territory, std::size_t n_services) {
  std::vector<ListKey> keys;
  for (std::size_t n = 0; n < territory.parts().networks.size(); ++n)
    for (std::uint32_t s = 0; s < n_services; ++s)
      for (int level : {1, 2})
        for (Direction direction : {Direction::to_counters, Direction::from_counters})
          keys.push_back({n, s, level, direction});
  return keys;
}

TEST_F(TerritoryCache, ListsThatWereFoundAreFoundAgain) {
  for_each_seed([&](std::uint64_t seed) {
    Dice dice(seed);
    const RandomTerritory random = build_random_territory(dice);
    const auto territory = random.territory;
    const auto found = bring_back(*territory);
    const std::string key = std::to_string(seed);
    const std::vector<ListKey> keys = find_keys(*territory, random.n_services);
    {
      const auto shelf = std::make_shared<ListFolder>(folder(), key);
      found->use_shelf(shelf);
      for (const ListKey& k : keys) ASSERT_EQ(shelf->find(k, {}), nullptr);
      for (const ListKey& k : keys) found->nearest_on(k.network, ServiceId(k.service), k.level, 3, {}, k.direction);
      const ListFolder::Written written = shelf->wait();
      ASSERT_EQ(written.failure, "");
      ASSERT_EQ(written.n, keys.size());
      for (const ListKey& k : keys) ASSERT_NE(shelf->find(k, {}), nullptr);
    }
    const auto later = read_territory(CacheFile::open(path(), "key"));
    const auto shelf = std::make_shared<ListFolder>(folder(), key);
    later->use_shelf(shelf);
    for (const ListKey& k : keys) {
      const auto one = found->nearest_on(k.network, ServiceId(k.service), k.level, 3, {}, k.direction);
      const auto other = later->nearest_on(k.network, ServiceId(k.service), k.level, 3, {}, k.direction);
      const auto plain = territory->nearest_on(k.network, ServiceId(k.service), k.level, 3, {}, k.direction);
      expect_same_fields(*plain->base(), *one->base(), "lists");
      expect_same_fields(*plain->base(), *other->base(), "lists");
    }
    ASSERT_EQ(shelf->wait().n, 0u);  // nothing was found anew
    expect_same_answers(territory, later);
    // longer lists than those kept are found anew, and kept
    for (const ListKey& k : keys) later->nearest_on(k.network, ServiceId(k.service), k.level, 11, {}, k.direction);
    ASSERT_EQ(shelf->wait().n, keys.size());
    const auto edits = build_random_edits(*territory, dice);
    expect_same_answers(apply_edits(territory, edits), apply_edits(later, edits));
  }, 4);
}

TEST_F(TerritoryCache, DamagedListsAndListsOfAnotherEntryAreFoundAnew) {
  Dice dice(5);
  const auto territory = build_random_territory(dice).territory;
  const ListKey key;
  const auto lists = territory->nearest_on(0, ServiceId(0), 1, 1)->base();
  const std::string file = folder() + "/lists-0-0-1.bin";
  write_lists(file, "old", *lists);
  ListFolder shelf(folder(), "new");
  EXPECT_EQ(shelf.find(key, {}), nullptr);
  write_lists(file, "new", *lists);
  EXPECT_NE(shelf.find(key, {}), nullptr);
  std::ofstream(file, std::ios::binary) << "damaged";
  EXPECT_EQ(shelf.find(key, {}), nullptr);
}

TEST_F(TerritoryCache, AFolderThatIsGoneIsAFailureInWordsAndNothingElse) {
  Dice dice(6);
  const auto territory = build_random_territory(dice).territory;
  const auto shelf = std::make_shared<ListFolder>(folder() + "/gone", "key");
  territory->use_shelf(shelf);
  const auto view = territory->nearest_on(0, ServiceId(0), 1, 1);
  EXPECT_NE(view, nullptr);
  const ListFolder::Written written = shelf->wait();
  EXPECT_EQ(written.n, 0u);
  EXPECT_NE(written.failure.find("cannot be written"), std::string::npos);
  territory->use_shelf(nullptr);
}

TEST_F(TerritoryCache, ATerritoryMayGoWhileItsListsAreWritten) {
  for_each_seed([&](std::uint64_t seed) {
    Dice dice(seed);
    auto territory = build_random_territory(dice).territory;
    std::weak_ptr<const Territory> watched = territory;
    territory->use_shelf(std::make_shared<ListFolder>(folder(), "key"));
    territory->nearest_on(0, ServiceId(0), 1, 1);
    territory.reset();
    while (!watched.expired()) std::this_thread::yield();
    ASSERT_NE(ListFolder(folder(), "key").find(ListKey{}, {}), nullptr);
    std::filesystem::remove(folder() + "/lists-0-0-1.bin");
  }, 4);
}

TEST_F(TerritoryCache, AFileThatLacksSomethingIsRefused) {
  Dice dice(7);
  const auto territory = build_random_territory(dice).territory;
  {
    CacheFileWriter file(path(), "key");
    file.add("place_points", std::span<const LatLon>(territory->parts().place_points));
    file.finish();
  }
  EXPECT_THROW(read_territory(CacheFile::open(path(), "key")), IoError);
}

}  // namespace
}  // namespace maillage::test
