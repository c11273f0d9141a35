// A file of named arrays: written once, checked as a whole, then looked into where it lies.
//
//   | header | array | array | ... | directory |       arrays begin at multiples of 64 bytes
//
// The header tells format, byte order and the key of what the file was made from; the directory names
// each array with its element size and length, and holds a CRC-32C of every mebibyte before it. A file
// appears under its name whole or not at all. What is damaged, foreign, of another format or another
// key is refused with an IoError that says so; it never harms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/buffer.h"
#include "engine/parallel.h"

namespace maillage {

inline constexpr std::uint32_t kCacheFormat = 1;  // to be raised when any struct or field changes

// Writes arrays one after the other under a temporary name; `finish` gives the file its name. Arrays
// of the same bytes are written once. The temporary file is removed when nobody finishes it.
class CacheFileWriter {
 public:
  // `key`: at most 64 characters.
  CacheFileWriter(std::string path, const std::string& key);
  CacheFileWriter(const CacheFileWriter&) = delete;
  CacheFileWriter& operator=(const CacheFileWriter&) = delete;
  ~CacheFileWriter();

  // The values must stay where they are until `finish`.
  template <class T>
  void add(const std::string& name, std::span<const T> values) {
    add(name, sizeof(T), std::as_bytes(values));
  }
  void add(const std::string& name, std::size_t element_size, std::span<const std::byte> bytes);

  void finish();

 private:
  struct Entry {
    std::string name;
    std::uint64_t element_size, n_bytes, offset;
  };
  void write(std::span<const std::byte> bytes);
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes) const;
  [[noreturn]] void fail() const;

  std::string path_, temporary_, key_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::vector<Entry> entries_;
  struct Written {
    std::span<const std::byte> bytes;
    std::uint64_t offset;
  };
  const Written* find_written(std::span<const std::byte> bytes) const;

  std::multimap<std::size_t, Written> written_;  // by length
  std::vector<std::uint32_t> checksums_;
  std::uint32_t checksum_ = 0;  // of the mebibyte being written
};

// A file, mapped. Buffers read from it look at the mapping and keep it.
class CacheFile : public std::enable_shared_from_this<CacheFile> {
 public:
  // Opens a file and checks every byte of it.
  static std::shared_ptr<const CacheFile> open(const std::string& path, const std::string& key,
                                               const Context& context = {});
  CacheFile(const CacheFile&) = delete;
  CacheFile& operator=(const CacheFile&) = delete;
  ~CacheFile();

  bool has(const std::string& name) const { return arrays_.contains(name); }
  std::size_t n_bytes() const { return size_; }

  template <class T>
  Buffer<T> read(const std::string& name) const {
    const std::span<const std::byte> bytes = find(name, sizeof(T));
    return Buffer<T>(std::span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)),
                     shared_from_this());
  }
  std::span<const std::byte> find(const std::string& name, std::size_t element_size) const;

  // Lets go of the memory that reading has brought in; it comes back when it is read again.
  void forget() const;

 private:
  struct Array {
    std::uint64_t element_size = 0, n_bytes = 0, offset = 0;
  };
  CacheFile() = default;
  void map(const std::string& key);
  void check_blocks(std::span<const std::byte> checksums, const Context& context) const;
  void read_directory(std::span<const std::byte> directory, std::uint64_t n_before);
  [[noreturn]] void refuse(const std::string& why) const;

  std::string path_;
  int file_ = -1;
  std::size_t size_ = 0;
  const std::byte* data_ = nullptr;
  std::map<std::string, Array> arrays_;
  std::uint64_t data_end_ = 0;
};

}  // namespace maillage
