// Work on rows in parallel, with progress and a way to stop. The only file that knows TBB is
// parallel.cpp.
//
// Every row is written by one thread and sums are taken in fixed blocks, so that results are the
// same bytes for any number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/error.h"

namespace maillage {

// How far a long step is, and whether its caller wants it to stop. Written by the workers, read by
// whoever shows it; `step` names what is being done and is set before the step begins.
struct Progress {
  std::atomic<std::int64_t> done{0};
  std::atomic<std::int64_t> total{0};
  std::atomic<const char*> step{""};
  std::atomic<bool> stop{false};
  // Called at every check on the thread `attended_by`, if set: work on the caller's own thread shows
  // its progress there and asks whether to stop.
  std::function<void()> attend;
  std::thread::id attended_by;

  void begin(const char* name, std::int64_t n) {
    done = 0;
    total = n;
    step = name;
  }
};

// What a long step needs beside its data. `n_threads` 0 means all the machine has.
struct Context {
  int n_threads = 0;
  Progress* progress = nullptr;

  void begin(const char* step, std::size_t total) const {
    if (progress) progress->begin(step, static_cast<std::int64_t>(total));
  }
  void advance(std::size_t n) const {
    if (progress) progress->done.fetch_add(static_cast<std::int64_t>(n), std::memory_order_relaxed);
  }
  // Throws Cancelled once the caller has asked to stop.
  void check() const {
    if (!progress) return;
    if (progress->attend && std::this_thread::get_id() == progress->attended_by) progress->attend();
    if (progress->stop.load(std::memory_order_relaxed)) throw Cancelled();
  }
};

// Objects that are dear to make and used by one thread at a time, such as searches: `borrow` hands
// one out and takes it back when the loan ends.
template <class T>
class Pool {
 public:
  explicit Pool(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}

  class Loan {
   public:
    Loan(Pool& pool, std::unique_ptr<T> item) : pool_(pool), item_(std::move(item)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() {
      const std::lock_guard lock(pool_.mutex_);
      pool_.idle_.push_back(std::move(item_));
    }
    T& operator*() { return *item_; }
    T* operator->() { return item_.get(); }

   private:
    Pool& pool_;
    std::unique_ptr<T> item_;
  };

  Loan borrow() {
    std::unique_ptr<T> item;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        item = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    return Loan(*this, item ? std::move(item) : make_());
  }

 private:
  std::function<std::unique_ptr<T>()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

// Calls `body(begin, end)` on blocks of at most `block` rows that cover 0 .. n; counts progress and
// checks for a stop between blocks. The first exception of a block is thrown again here.
void for_blocks(std::size_t n, std::size_t block, const Context& context,
                const std::function<void(std::size_t, std::size_t)>& body);

// Calls `first` on this thread and `second` beside it, and waits for both; with one thread, one after the
// other. What either throws is thrown again here.
void run_both(int n_threads, const std::function<void()>& first, const std::function<void()>& second);

}  // namespace maillage
