#include "engine/block.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace maillage {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kMostKept = std::size_t{32} << 20;  // bytes, of all blocks together

std::size_t round_up(std::size_t n, std::size_t step) { return (n + step - 1) / step * step; }

// Large pieces ask for large pages: faults of small ones would cost as much as the sweep.
void* allocate(std::size_t n_bytes) {
  const bool is_large = n_bytes >= kHugePage;
  n_bytes = round_up(n_bytes, is_large ? kHugePage : kLine);
  void* p = std::aligned_alloc(is_large ? kHugePage : kLine, n_bytes);
  if (!p) throw std::bad_alloc();
#if defined(__linux__)
  if (is_large) madvise(p, n_bytes, MADV_HUGEPAGE);  // a wish; refused, it changes nothing
#endif
  return p;
}

// Blocks that nobody uses.
class Shelf {
 public:
  void* take(std::size_t n_bytes) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = kept_.size(); i-- > 0;) {  // the last one given back is in the caches still
      if (kept_[i].n_bytes != n_bytes) continue;
      void* p = kept_[i].p;
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
      total_ -= n_bytes;
      return p;
    }
    return nullptr;
  }

  // Makes room by letting go of the blocks that have waited longest.
  void put(void* p, std::size_t n_bytes) {
    const std::lock_guard lock(mutex_);
    std::size_t n_gone = 0;
    while (n_gone < kept_.size() && total_ + n_bytes > kMostKept) {
      total_ -= kept_[n_gone].n_bytes;
      std::free(kept_[n_gone++].p);
    }
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(n_gone));
    kept_.push_back({p, n_bytes});
    total_ += n_bytes;
  }

 private:
  struct Kept {
    void* p;
    std::size_t n_bytes;
  };
  std::mutex mutex_;
  std::vector<Kept> kept_;
  std::size_t total_ = 0;
};

// Never destroyed: blocks may be given back while the program ends.
Shelf& find_shelf() {
  static auto& shelf = *new Shelf;
  return shelf;
}

}  // namespace

void GiveBack::operator()(void* p) const {
  if (n_bytes <= kMostKept / 2)
    find_shelf().put(p, n_bytes);
  else
    std::free(p);
}

Block find_block(std::size_t n_bytes) {
  n_bytes = round_up(n_bytes == 0 ? 1 : n_bytes, kLine);
  void* kept = find_shelf().take(n_bytes);
  return Block(kept ? kept : allocate(n_bytes), GiveBack{n_bytes});
}

}  // namespace maillage
