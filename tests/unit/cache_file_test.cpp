// Cache files: what is written comes back, and what is damaged or foreign is refused.
#include "geo/cache_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "geo/crc32c.h"
#include "tests/support/dice.h"
#include "tests/support/temporary_folder.h"

namespace maillage::test {
namespace {

std::span<const std::byte> to_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(Crc32c, AgreesWithPublishedValues) {
  // RFC 3720, B.4
  EXPECT_EQ(find_crc32c(to_bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(find_crc32c(to_bytes(std::string(32, '\0'))), 0x8A9136AAu);
  EXPECT_EQ(find_crc32c(to_bytes(std::string(32, '\xFF'))), 0x62A8AB43u);
  EXPECT_EQ(find_crc32c({}), 0u);
}

TEST(Crc32c, TheInstructionAgreesWithTheTables) {
  Dice dice(1);
  for (int i = 0; i < 200; ++i) {
    std::string text;
    for (int n = dice.between(0, 300); n > 0; --n) text.push_back(static_cast<char>(dice.below(256)));
    const std::size_t cut = dice.below(text.size() + 1);
    const std::uint32_t whole = find_crc32c(to_bytes(text));
    EXPECT_EQ(whole, find_crc32c_by_tables(to_bytes(text)));
    EXPECT_EQ(whole, find_crc32c(to_bytes(text.substr(cut)), find_crc32c(to_bytes(text.substr(0, cut)))));
    EXPECT_EQ(whole, find_crc32c_by_tables(to_bytes(text.substr(cut)), find_crc32c_by_tables(to_bytes(text.substr(0, cut)))));
  }
}

class CacheFiles : public testing::Test {
 protected:
  std::string path() const { return (folder_.path() / "x.bin").string(); }

  void write(const std::string& key = "key") const {
    const std::vector<std::uint32_t> numbers{1, 2, 3};
    const std::vector<double> empty;
    CacheFileWriter file(path(), key);
    file.add("numbers", std::span<const std::uint32_t>(numbers));
    file.add("empty", std::span<const double>(empty));
    file.finish();
  }
  std::string read_bytes() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write_bytes(const std::string& bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }
  std::string find_refusal(const std::string& key = "key") const {
    try {
      CacheFile::open(path(), key);
    } catch (const IoError& e) {
      const std::string text = e.what();
      return text.substr(text.rfind(": ") + 2);
    }
    return "";
  }
  std::size_t count_files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  TemporaryFolder folder_;
};

TEST_F(CacheFiles, WhatIsWrittenComesBackAlignedAndOutlivesTheFile) {
  write();
  EXPECT_EQ(count_files(), 1u);
  auto file = CacheFile::open(path(), "key");
  const auto numbers = file->read<std::uint32_t>("numbers");
  EXPECT_TRUE(file->has("empty"));
  EXPECT_TRUE(file->read<double>("empty").empty());
  EXPECT_FALSE(file->has("others"));
  file.reset();
  std::filesystem::remove(path());
  EXPECT_EQ(numbers, (Buffer<std::uint32_t>{1, 2, 3}));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(std::as_const(numbers).data()) % 64, 0u);
}

TEST_F(CacheFiles, ArraysThatAreNotThereOrOfAnotherTypeAreRefused) {
  write();
  const auto file = CacheFile::open(path(), "key");
  EXPECT_THROW(file->read<std::uint32_t>("others"), IoError);
  EXPECT_THROW(file->read<double>("numbers"), IoError);
}

TEST_F(CacheFiles, LargeArraysComeBackForAnyNumberOfThreads) {
  Dice dice(2);
  std::vector<std::uint8_t> large((std::size_t{5} << 20) + 12345);
  for (std::uint8_t& byte : large) byte = static_cast<std::uint8_t>(dice.below(256));
  const std::vector<std::uint8_t> same = large;
  {
    CacheFileWriter file(path(), "");
    file.add("large", std::span<const std::uint8_t>(large));
    file.add("same", std::span<const std::uint8_t>(same));
    file.finish();
  }
  for (int n_threads : {1, 2, 8}) {
    const auto file = CacheFile::open(path(), "", {n_threads, nullptr});
    EXPECT_LT(file->n_bytes(), large.size() + 10000);  // equal arrays stand there once
    EXPECT_EQ(file->read<std::uint8_t>("large"), Buffer<std::uint8_t>(large));
    EXPECT_TRUE(file->read<std::uint8_t>("same").shares(file->read<std::uint8_t>("large")));
  }
  std::string bytes = read_bytes();
  for (const std::size_t at : {std::size_t{200}, std::size_t{3} << 20, bytes.size() / 2}) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    write_bytes(damaged);
    EXPECT_EQ(find_refusal(""), "its content is damaged");
  }
}

TEST_F(CacheFiles, EveryFlippedBitIsFound) {
  write();
  const std::string bytes = read_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    write_bytes(damaged);
    ASSERT_NE(find_refusal(), "") << "byte " << i;
  }
  write_bytes(bytes);
  EXPECT_EQ(find_refusal(), "");
}

TEST_F(CacheFiles, EveryTruncationIsFoundAndWhatIsAppendedToo) {
  write();
  const std::string bytes = read_bytes();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    write_bytes(bytes.substr(0, n));
    ASSERT_NE(find_refusal(), "") << n << " bytes";
  }
  write_bytes(bytes + "x");
  EXPECT_EQ(find_refusal(), "it has " + std::to_string(bytes.size() + 1) + " bytes, expected " + std::to_string(bytes.size()));
}

TEST_F(CacheFiles, ForeignFilesAreRefused) {
  EXPECT_EQ(find_refusal(), "No such file or directory");
  write_bytes(std::string(5000, 'x'));
  EXPECT_EQ(find_refusal(), "it is no cache file of maillage");
  write();
  EXPECT_EQ(find_refusal("another"), "it was made from other inputs");
  std::string bytes = read_bytes();
  bytes[8] = static_cast<char>(kCacheFormat + 1);
  write_bytes(bytes);
  EXPECT_EQ(find_refusal(), "it has format " + std::to_string(kCacheFormat + 1) + ", expected " + std::to_string(kCacheFormat));
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_NE(find_refusal(), "");
}

TEST_F(CacheFiles, NothingStaysOfAFileThatIsNotFinished) {
  write();
  const std::string before = read_bytes();
  {
    CacheFileWriter file(path(), "other");
    file.add("numbers", std::span<const std::byte>(to_bytes(std::string(10000, 'y'))));
    EXPECT_EQ(count_files(), 2u);
  }
  EXPECT_EQ(count_files(), 1u);
  EXPECT_EQ(read_bytes(), before);
}

TEST_F(CacheFiles, AFileInUseStaysAsItWasWhenItIsWrittenAnew) {
  write();
  const auto numbers = CacheFile::open(path(), "key")->read<std::uint32_t>("numbers");
  {
    CacheFileWriter file(path(), "key");
    const std::vector<std::uint32_t> others(100000, 9);
    file.add("numbers", std::span<const std::uint32_t>(others));
    file.finish();
  }
  EXPECT_EQ(numbers, (Buffer<std::uint32_t>{1, 2, 3}));
  EXPECT_EQ(CacheFile::open(path(), "key")->read<std::uint32_t>("numbers").size(), 100000u);
}

TEST_F(CacheFiles, AFolderThatIsNotThereIsAnIoError) {
  EXPECT_THROW(CacheFileWriter((folder_.path() / "no" / "x.bin").string(), ""), IoError);
}

}  // namespace
}  // namespace maillage::test
