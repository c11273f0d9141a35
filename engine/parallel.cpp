#include "engine/parallel.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <thread>
#include <utility>

namespace maillage {
namespace {

#if defined(__SANITIZE_THREAD__)

// The thread sanitizer does not see how TBB hands work from thread to thread and takes each handing
// over for a race. Under it plain threads take the blocks, so that what it reports is ours.
template <class Run>
void run_blocks(std::size_t n_blocks, int n_threads, const Run& run) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr error;
  std::mutex mutex;
  auto work = [&] {
    for (std::size_t b = next++; b < n_blocks; b = next++) {
      try {
        run(b);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        next = n_blocks;
      }
    }
  };
  std::vector<std::thread> crew;
  for (int i = 1; i < n_threads; ++i) crew.emplace_back(work);
  work();
  for (std::thread& thread : crew) thread.join();
  if (error) std::rethrow_exception(error);
}

template <class Work>
void run_beside(int, const Work& first, const Work& second) {
  std::exception_ptr error;
  std::thread beside([&] {
    try {
      second();
    } catch (...) {
      error = std::current_exception();
    }
  });
  try {
    first();
  } catch (...) {
    beside.join();
    throw;
  }
  beside.join();
  if (error) std::rethrow_exception(error);
}

#else

// Arenas of `n_threads` threads, kept: a thread that has helped in one comes back to it at once, while it
// takes a fifth of a millisecond to find a new one. Each is used by one caller at a time. Never destroyed:
// TBB may end before we do.
Pool<tbb::task_arena>& find_arenas(int n_threads) {
  static auto& mutex = *new std::mutex;
  static auto& arenas = *new std::map<int, Pool<tbb::task_arena>>;
  const std::lock_guard lock(mutex);
  return arenas.try_emplace(n_threads, [n_threads] { return std::make_unique<tbb::task_arena>(n_threads); }).first->second;
}

// How many threads the arena has in which this thread works now; 0 outside of all.
thread_local int threads_here = 0;

class Inside {
 public:
  explicit Inside(int n_threads) : before_(std::exchange(threads_here, n_threads)) {}
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { threads_here = before_; }

 private:
  int before_;
};

// Calls `work` where its tasks find `n_threads` threads: those around it if they are as many, none of which
// turns to other work meanwhile.
template <class Work>
void run_inside(int n_threads, const Work& work) {
  if (threads_here == n_threads) {
    tbb::this_task_arena::isolate(work);
    return;
  }
  // without this TBB prints a warning and gives no more threads than processors
  std::optional<tbb::global_control> more;
  if (n_threads > tbb::info::default_concurrency())
    more.emplace(tbb::global_control::max_allowed_parallelism, n_threads);
  auto arena = find_arenas(n_threads).borrow();
  arena->execute(work);
}

template <class Run>
void run_blocks(std::size_t n_blocks, int n_threads, const Run& run) {
  run_inside(n_threads, [&] {
    auto run_block = [&](std::size_t b) {
      const Inside inside(n_threads);
      run(b);
    };
    tbb::parallel_for(std::size_t{0}, n_blocks, run_block, tbb::simple_partitioner());
  });
}

template <class Work>
void run_beside(int n_threads, const Work& first, const Work& second) {
  run_inside(n_threads, [&] {
    tbb::task_group group;
    group.run([&] {
      const Inside inside(n_threads);
      second();
    });
    std::exception_ptr error;
    try {
      const Inside inside(n_threads);
      first();
    } catch (...) {
      error = std::current_exception();
      group.cancel();
    }
    group.wait();
    if (error) std::rethrow_exception(error);
  });
}

#endif

}  // namespace

void for_blocks(std::size_t n, std::size_t block, const Context& context,
                const std::function<void(std::size_t, std::size_t)>& body) {
  if (n == 0) return;
  const std::size_t n_blocks = (n + block - 1) / block;
  auto run = [&](std::size_t b) {
    context.check();
    const std::size_t begin = b * block;
    const std::size_t end = std::min(n, begin + block);
    body(begin, end);
    context.advance(end - begin);
  };
  const int n_threads = context.n_threads > 0 ? context.n_threads : tbb::info::default_concurrency();
  if (n_blocks == 1 || n_threads == 1) {
    for (std::size_t b = 0; b < n_blocks; ++b) run(b);
    return;
  }
  run_blocks(n_blocks, n_threads, run);
}

void run_both(int n_threads, const std::function<void()>& first, const std::function<void()>& second) {
  if (n_threads <= 0) n_threads = tbb::info::default_concurrency();
  if (n_threads == 1) {
    first();
    second();
    return;
  }
  run_beside(n_threads, first, second);
}

}  // namespace maillage
