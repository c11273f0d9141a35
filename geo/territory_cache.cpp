#include "geo/territory_cache.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "engine/error.h"
#include "geo/field_files.h"

namespace maillage {
namespace {

// Fields that belong to a territory as a whole.
struct TerritorySizes {
  std::uint64_t n_networks = 0;
  std::uint32_t n_walk_classes = 1;
  double connectivity_shift = 1;
  std::uint8_t has_areas = 0;
  std::uint8_t has_abilities = 0;
};
template <Of<TerritorySizes> Item, class Visit>
void visit_fields(Item& item, Visit&& visit) {
  auto& [n_networks, n_walk_classes, connectivity_shift, has_areas, has_abilities] = item;
  visit("n_networks", n_networks);
  visit("n_walk_classes", n_walk_classes);
  visit("connectivity_shift", connectivity_shift);
  visit("has_areas", has_areas);
  visit("has_abilities", has_abilities);
}

std::string to_prefix(std::size_t network) { return "networks." + std::to_string(network) + "."; }

void check(bool fits, const char* what) {
  if (!fits) throw IoError(std::string("the cache is not consistent: ") + what);
}

template <class Struct>
std::shared_ptr<const Struct> read_shared(const CacheFile& file, const std::string& prefix) {
  return std::make_shared<const Struct>(read_fields<Struct>(file, prefix));
}

void write_network(CacheFileWriter& file, const std::string& prefix, const ModeNetwork& m) {
  write_fields(file, prefix + "use.", m);
  write_fields(file, prefix + "segments.", *m.network->segments);
  write_fields(file, prefix + "network.", *m.network);
  const auto has_hierarchy = static_cast<std::uint8_t>(m.hierarchy != nullptr);
  file.add<std::uint8_t>(prefix + "has_hierarchy", std::span(&has_hierarchy, 1));
  if (m.hierarchy) write_fields(file, prefix + "hierarchy.", *m.hierarchy);
  write_fields(file, prefix + "places.", *m.places);
  write_fields(file, prefix + "counters.", *m.counters);
  write_fields(file, prefix + "finder.", *m.finder);
}

ModeNetwork read_network(const CacheFile& file, const std::string& prefix) {
  auto m = read_fields<ModeNetwork>(file, prefix + "use.");
  auto network = read_fields<RoadNetwork>(file, prefix + "network.");
  network.segments = read_shared<RoadSegments>(file, prefix + "segments.");
  check(network.raw_junction.size() == network.segments->n_nodes() &&
            network.segment_edge.size() == network.segments->n_segments() &&
            network.out.n_rows() == network.in.n_rows() && network.edge_segments.n_rows() == network.n_edges(),
        "sizes of a network");
  m.network = std::make_shared<const RoadNetwork>(std::move(network));
  if (file.read<std::uint8_t>(prefix + "has_hierarchy")[0]) {
    m.hierarchy = read_shared<Hierarchy>(file, prefix + "hierarchy.");
    check(m.hierarchy->n_nodes() == m.network->n_nodes() && m.hierarchy->out.n_rows() == m.hierarchy->n_nodes(),
          "sizes of a hierarchy");
  }
  m.places = read_shared<Links>(file, prefix + "places.");
  m.counters = read_shared<Links>(file, prefix + "counters.");
  m.finder = read_shared<PlaceFinder>(file, prefix + "finder.");
  return m;
}

}  // namespace

void write_territory(CacheFileWriter& file, const Territory& territory, const Context& context) {
  const TerritoryParts& parts = territory.parts();
  const TerritorySizes sizes{parts.networks.size(), parts.n_walk_classes, parts.connectivity_shift,
                             static_cast<std::uint8_t>(parts.place_area != nullptr),
                             static_cast<std::uint8_t>(parts.abilities != nullptr)};
  context.begin("writing the cache", parts.networks.size() + 1);
  write_fields(file, "territory.", sizes);
  file.add("place_points", std::span<const LatLon>(parts.place_points));
  write_fields(file, "population.", *parts.population);
  write_fields(file, "groups.", *parts.groups);
  if (parts.abilities) write_fields(file, "abilities.", *parts.abilities);
  write_fields(file, "connectivity.", *parts.connectivity);
  write_fields(file, "counters.", *parts.counters);
  if (parts.place_area) file.add("place_area", std::span<const std::int32_t>(*parts.place_area));
  for (std::size_t n = 0; n < parts.networks.size(); ++n) {
    context.advance(1);
    context.check();
    write_network(file, to_prefix(n), parts.networks[n]);
  }
}

std::shared_ptr<const Territory> read_territory(const std::shared_ptr<const CacheFile>& file) {
  const auto sizes = read_fields<TerritorySizes>(*file, "territory.");
  TerritoryParts parts;
  parts.n_walk_classes = sizes.n_walk_classes;
  parts.connectivity_shift = sizes.connectivity_shift;
  parts.place_points = file->read<LatLon>("place_points");
  parts.population = read_shared<Population>(*file, "population.");
  parts.groups = read_shared<Groups>(*file, "groups.");
  parts.connectivity = read_shared<Connectivity>(*file, "connectivity.");
  parts.counters = read_shared<Counters>(*file, "counters.");
  const std::size_t n_places = parts.place_points.size();
  std::vector<const Matrix<double>*> tables{&parts.population->persons, &parts.population->car_share};
  if (sizes.has_abilities) {
    parts.abilities = read_shared<Abilities>(*file, "abilities.");
    tables.insert(tables.end(), {&parts.abilities->p_b, &parts.abilities->p_c});
  }
  for (const Matrix<double>* m : tables)
    check(m->n_rows == n_places && m->n_columns == parts.groups->n_groups() &&
              m->values.size() == m->n_rows * m->n_columns,
          "sizes of the population");
  check(parts.connectivity->adequate.size() == n_places, "places of the connectivity");
  if (sizes.has_areas) {
    const auto area = file->read<std::int32_t>("place_area");
    check(area.size() == n_places, "areas of the places");
    parts.place_area = std::make_shared<const std::vector<std::int32_t>>(area.begin(), area.end());
  }
  for (std::size_t n = 0; n < sizes.n_networks; ++n) {
    parts.networks.push_back(read_network(*file, to_prefix(n)));
    check(parts.networks.back().places->n_points() == n_places &&
              parts.networks.back().counters->n_points() == parts.counters->n_counters(),
          "points attached to a network");
  }
  return Territory::build(std::move(parts));
}

void write_lists(const std::string& path, const std::string& key, const NearestIndex& lists) {
  CacheFileWriter file(path, key);
  write_fields(file, "", lists);
  file.finish();
}

NearestIndex read_lists(const std::string& path, const std::string& key, const Context& context) {
  const auto file = CacheFile::open(path, key, context);
  auto lists = read_fields<NearestIndex>(*file, "");
  check(lists.k >= 1 && lists.labels.size() == lists.n_places * static_cast<std::size_t>(lists.k) &&
            lists.count.size() == lists.n_places,
        "sizes of lists");
  return lists;
}

// What waits to be written, by a thread of its own. The thread keeps it alive: the last to let go of a
// territory, and so of its folder, may be the thread itself.
struct ListFolder::Queue {
  struct Task {
    ListKey key;
    std::string path;
    std::shared_ptr<const NearestIndex> lists;
    WhenKept when_kept;
  };

  explicit Queue(std::string its_key) : file_key(std::move(its_key)) {}

  static void run(const std::shared_ptr<Queue>& queue) {
    std::unique_lock lock(queue->mutex);
    while (true) {
      queue->changed.wait(lock, [&] { return queue->ends || !queue->tasks.empty(); });
      if (queue->tasks.empty()) return;
      Task task = std::move(queue->tasks.front());
      queue->is_writing = true;
      queue->tasks.pop_front();
      lock.unlock();
      const std::string failure = queue->write(task);
      task = {};
      lock.lock();
      queue->is_writing = false;
      if (failure.empty())
        ++queue->written.n;
      else if (queue->written.failure.empty())
        queue->written.failure = failure;
      queue->changed.notify_all();
    }
  }

  // Why it could not be written; empty when it was.
  std::string write(const Task& task) const {
    try {
      write_lists(task.path, file_key, *task.lists);
      task.when_kept(std::make_shared<const NearestIndex>(read_lists(task.path, file_key)));
    } catch (const std::exception& e) {
      return e.what();
    }
    return {};
  }

  const std::string file_key;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Task> tasks;
  bool is_writing = false, ends = false;
  Written written;
};

ListFolder::ListFolder(std::string folder, std::string key)
    : folder_(std::move(folder)), key_(std::move(key)), queue_(std::make_shared<Queue>(key_)),
      thread_([queue = queue_] { Queue::run(queue); }) {}

ListFolder::~ListFolder() {
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->ends = true;
  }
  queue_->changed.notify_all();
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

std::string ListFolder::to_path(const ListKey& key) const {
  return folder_ + "/lists-" + std::to_string(key.network) + "-" + std::to_string(key.service) + "-" +
         std::to_string(key.level) + (key.direction == Direction::to_counters ? "" : "-from") + ".bin";
}

std::shared_ptr<const NearestIndex> ListFolder::find(const ListKey& key, const Context& context) {
  try {
    return std::make_shared<const NearestIndex>(read_lists(to_path(key), key_, context));
  } catch (const IoError&) {  // not there, or not of use: they are found anew and written over it
    return nullptr;
  }
}

void ListFolder::keep(const ListKey& key, std::shared_ptr<const NearestIndex> lists, WhenKept when_kept) {
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->tasks.push_back({key, to_path(key), std::move(lists), std::move(when_kept)});
  }
  queue_->changed.notify_all();
}

ListFolder::Written ListFolder::wait() {
  std::unique_lock lock(queue_->mutex);
  queue_->changed.wait(lock, [this] { return queue_->tasks.empty() && !queue_->is_writing; });
  return std::exchange(queue_->written, {});
}

}  // namespace maillage
