// A territory in a cache file: everything that is slow to make, and lists of nearest counters.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "engine/territory.h"
#include "geo/cache_file.h"

namespace maillage {

// Adds all parts of a territory that came from no scenario.
void write_territory(CacheFileWriter& file, const Territory& territory, const Context& context = {});

// The territory of a file, looking into it. IoError when something is missing or does not fit.
std::shared_ptr<const Territory> read_territory(const std::shared_ptr<const CacheFile>& file);

// Lists of one network, service and level in a file of their own.
void write_lists(const std::string& path, const std::string& key, const NearestIndex& lists);
NearestIndex read_lists(const std::string& path, const std::string& key, const Context& context = {});

// A folder where the lists of a territory are kept, one file each, all with the key of its entry. Lists are
// written by a thread of its own, so that nobody waits for it; what cannot be written is left out.
class ListFolder : public ListShelf {
 public:
  ListFolder(std::string folder, std::string key);
  ~ListFolder() override;  // after all has been written

  std::shared_ptr<const NearestIndex> find(const ListKey& key, const Context& context) override;
  void keep(const ListKey& key, std::shared_ptr<const NearestIndex> lists, WhenKept when_kept) override;

  // Waits until all has been written; how many lists were, and the first failure in words, since the last call.
  struct Written {
    std::size_t n = 0;
    std::string failure;
  };
  Written wait();

 private:
  struct Queue;
  std::string to_path(const ListKey& key) const;
  std::string folder_, key_;
  std::shared_ptr<Queue> queue_;
  std::thread thread_;
};

}  // namespace maillage
