// Buffers: copies share until one is written to; views look at values that somebody else keeps.
#include "engine/buffer.h"

#include <gtest/gtest.h>

#include <thread>

namespace maillage {
namespace {

std::vector<int> to_vector(const Buffer<int>& buffer) { return {buffer.begin(), buffer.end()}; }

struct View {
  std::shared_ptr<std::vector<int>> kept = std::make_shared<std::vector<int>>(std::vector<int>{1, 2, 3});
  Buffer<int> buffer{std::span<const int>(*kept), kept};
};

TEST(Buffer, BeginsEmpty) {
  Buffer<int> buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.begin(), buffer.end());
  buffer.push_back(7);
  EXPECT_EQ(to_vector(buffer), std::vector<int>{7});
}

TEST(Buffer, GrowsAndShrinksAsAVectorDoes) {
  Buffer<int> buffer{1, 2};
  const std::vector<int> more{3, 4, 5};
  buffer.insert(buffer.end(), more.begin(), more.end());
  buffer.erase(buffer.begin() + 1, buffer.begin() + 3);
  EXPECT_EQ(to_vector(buffer), (std::vector<int>{1, 4, 5}));
  buffer.resize(4, 9);
  EXPECT_EQ(buffer.back(), 9);
  buffer.assign(2, 8);
  EXPECT_EQ(to_vector(buffer), (std::vector<int>{8, 8}));
  buffer.assign(more.begin(), more.end());
  EXPECT_EQ(buffer, Buffer<int>(more));
  buffer.clear();
  EXPECT_EQ(buffer.size(), 0u);
}

TEST(Buffer, CopiesShareUntilOneIsWrittenTo) {
  Buffer<int> first{1, 2, 3};
  Buffer<int> second = first;
  EXPECT_TRUE(second.shares(first));
  second[1] = 9;
  EXPECT_FALSE(second.shares(first));
  EXPECT_EQ(to_vector(first), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(to_vector(second), (std::vector<int>{1, 9, 3}));
  const Buffer<int> third = first;
  first.push_back(4);
  EXPECT_EQ(to_vector(third), (std::vector<int>{1, 2, 3}));
}

TEST(Buffer, WhatIsMovedFromIsEmpty) {
  Buffer<int> first{1, 2, 3};
  const int* at = std::as_const(first).data();
  Buffer<int> second = std::move(first);
  EXPECT_EQ(std::as_const(second).data(), at);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that it can still be used is the point
  first = std::move(second);
  EXPECT_EQ(std::as_const(first).data(), at);
}

TEST(Buffer, WritingDoesNotMoveValuesThatNobodyShares) {
  Buffer<int> buffer{1, 2, 3};
  const int* at = std::as_const(buffer).data();
  buffer[0] = 5;
  EXPECT_EQ(std::as_const(buffer).data(), at);
  { const Buffer<int> copy = buffer; }
  buffer[0] = 6;
  EXPECT_EQ(std::as_const(buffer).data(), at);
}

TEST(Buffer, AViewKeepsItsKeeperAndNeverWritesToIt) {
  View view;
  EXPECT_EQ(std::as_const(view.buffer).data(), view.kept->data());
  Buffer<int> copy = view.buffer;
  copy[0] = 9;
  copy.push_back(4);
  EXPECT_EQ(*view.kept, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(to_vector(copy), (std::vector<int>{9, 2, 3, 4}));
  const std::weak_ptr<std::vector<int>> kept = view.kept;
  view.kept.reset();
  EXPECT_FALSE(kept.expired());
  view.buffer.clear();
  EXPECT_TRUE(kept.expired());
}

TEST(Buffer, EqualValuesAreEqualWhereverTheyStand) {
  const View view;
  EXPECT_EQ(view.buffer, (Buffer<int>{1, 2, 3}));
  EXPECT_FALSE(view.buffer == (Buffer<int>{1, 2}));
}

TEST(Buffer, ThreadsMayCopyAndWriteTheirCopies) {
  const Buffer<int> shared(1000, 1);
  std::vector<std::thread> threads;
  std::vector<Buffer<int>> copies(4);
  for (std::size_t t = 0; t < copies.size(); ++t)
    threads.emplace_back([&, t] {
      copies[t] = shared;
      for (int& value : copies[t]) value += static_cast<int>(t);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared, Buffer<int>(1000, 1));
  for (std::size_t t = 0; t < copies.size(); ++t) EXPECT_EQ(copies[t], Buffer<int>(1000, 1 + static_cast<int>(t)));
}

}  // namespace
}  // namespace maillage
