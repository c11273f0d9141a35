// Blocks run once each, errors and stops come out, borrowed objects come back.
#include "engine/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace maillage {
namespace {

TEST(ForBlocks, VisitsEveryRowOnceInBlocksOfAtMostTheSizeAsked) {
  for (std::size_t n : {0u, 1u, 7u, 8u, 9u, 1000u})
    for (std::size_t block : {1u, 8u, 2000u})
      for (int threads : {0, 1, 2, 8}) {
        std::vector<std::atomic<int>> visits(n);
        for_blocks(n, block, {threads, nullptr}, [&](std::size_t begin, std::size_t end) {
          EXPECT_LT(begin, end);
          EXPECT_LE(end - begin, block);
          EXPECT_EQ(begin % block, 0u);
          for (std::size_t i = begin; i < end; ++i) ++visits[i];
        });
        for (const auto& v : visits) ASSERT_EQ(v, 1);
      }
}

TEST(ForBlocks, OneThreadGoesInOrder) {
  std::vector<std::size_t> begins;
  for_blocks(10, 3, {1, nullptr}, [&](std::size_t begin, std::size_t) { begins.push_back(begin); });
  EXPECT_EQ(begins, (std::vector<std::size_t>{0, 3, 6, 9}));
}

// Also where the machine has fewer processors: each block waits until all four have begun.
TEST(ForBlocks, RunsAsManyThreadsAsAskedFor) {
  std::atomic<int> begun{0};
  std::atomic<bool> late{false};
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for_blocks(4, 1, {4, nullptr}, [&](std::size_t, std::size_t) {
    ++begun;
    while (begun < 4 && !late) {
      if (std::chrono::steady_clock::now() > give_up) late = true;
      std::this_thread::yield();
    }
  });
  EXPECT_FALSE(late);
}

// Callers share no threads' seats: each has as many as it asked for, those inside of blocks too.
TEST(ForBlocks, CallersAndCallsInsideOfBlocksDoNotDisturbEachOther) {
  std::atomic<int> visits{0};
  auto call = [&] {
    for_blocks(8, 1, {2, nullptr}, [&](std::size_t, std::size_t) {
      for_blocks(50, 1, {2, nullptr}, [&](std::size_t, std::size_t) { ++visits; });
    });
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back(call);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(visits, 4 * 8 * 50);
}

TEST(RunBoth, CallsTheFirstHereAndTheSecondOnceAndThrowsWhatEitherThrows) {
  const auto here = std::this_thread::get_id();
  for (int threads : {0, 1, 2, 8}) {
    std::atomic<int> firsts{0}, seconds{0}, visits{0};
    run_both(threads,
             [&] {
               EXPECT_EQ(std::this_thread::get_id(), here);
               for_blocks(50, 1, {threads, nullptr}, [&](std::size_t, std::size_t) { ++visits; });
               ++firsts;
             },
             [&] { ++seconds; });
    EXPECT_EQ(firsts, 1);
    EXPECT_EQ(seconds, 1);
    EXPECT_EQ(visits, 50);
    auto fail = [] { throw InputError("no"); };
    EXPECT_THROW(run_both(threads, fail, [] {}), InputError);
    EXPECT_THROW(run_both(threads, [] {}, fail), InputError);
  }
}

TEST(ForBlocks, TheThreadThatAskedIsAttendedTo) {
  for (int threads : {1, 4}) {
    Progress progress;
    int n_attended = 0;  // by one thread only, or the thread sanitizer would say so
    progress.attended_by = std::this_thread::get_id();
    progress.attend = [&] {
      EXPECT_EQ(std::this_thread::get_id(), progress.attended_by);
      if (++n_attended == 3) progress.stop = true;
    };
    EXPECT_THROW(for_blocks(100'000, 1, {threads, &progress}, [](std::size_t, std::size_t) {}), Cancelled);
    EXPECT_GE(n_attended, 3);
  }
}

TEST(ForBlocks, ThrowsWhatABlockThrows) {
  for (int threads : {1, 4}) {
    auto run = [&] {
      for_blocks(100, 1, {threads, nullptr}, [](std::size_t begin, std::size_t) {
        if (begin == 50) throw InputError("row 50 is bad");
      });
    };
    EXPECT_THROW(run(), InputError);
  }
}

TEST(ForBlocks, CountsProgress) {
  Progress progress;
  const Context context{2, &progress};
  context.begin("counting", 100);
  EXPECT_STREQ(progress.step, "counting");
  EXPECT_EQ(progress.total, 100);
  for_blocks(100, 7, context, [](std::size_t, std::size_t) {});
  EXPECT_EQ(progress.done, 100);
  context.begin("again", 5);
  EXPECT_EQ(progress.done, 0);
}

TEST(ForBlocks, StopsBetweenBlocksWhenAsked) {
  for (int threads : {1, 2}) {
    Progress progress;
    std::atomic<int> blocks{0};
    auto run = [&] {
      for_blocks(100000, 1, {threads, &progress}, [&](std::size_t, std::size_t) {
        if (++blocks == 10) progress.stop = true;
      });
    };
    EXPECT_THROW(run(), Cancelled);
    EXPECT_GE(blocks, 10);
    EXPECT_LT(blocks, 1000);
  }
}

TEST(ForBlocks, AStopAskedBeforeRunsNothing) {
  Progress progress;
  progress.stop = true;
  int blocks = 0;
  EXPECT_THROW(for_blocks(5, 10, {1, &progress}, [&](std::size_t, std::size_t) { ++blocks; }), Cancelled);
  EXPECT_EQ(blocks, 0);
}

TEST(Pool, MakesOnlyWhatIsLentAtTheSameTime) {
  int made = 0;
  Pool<int> pool([&] { return std::make_unique<int>(++made); });
  {
    auto one = pool.borrow();
    auto two = pool.borrow();
    EXPECT_EQ(*one + *two, 3);
  }
  EXPECT_EQ(made, 2);
  for (int i = 0; i < 5; ++i) *pool.borrow() += 10;
  EXPECT_EQ(made, 2);
}

TEST(Pool, LendsAnObjectToOneThreadAtATime) {
  struct Item {
    std::atomic<int> users{0};
  };
  Pool<Item> pool([] { return std::make_unique<Item>(); });
  std::atomic<bool> shared{false};
  auto work = [&] {
    for (int i = 0; i < 2000; ++i) {
      auto item = pool.borrow();
      if (++item->users != 1) shared = true;
      --item->users;
    }
  };
  std::thread a(work), b(work), c(work);
  a.join();
  b.join();
  c.join();
  EXPECT_FALSE(shared);
}

}  // namespace
}  // namespace maillage
