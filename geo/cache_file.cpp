#include "geo/cache_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "engine/error.h"
#include "geo/crc32c.h"

namespace maillage {
namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;   // bytes with a checksum of their own
constexpr std::uint64_t kLeastShared = 4096;               // smaller arrays are written again
constexpr std::uint32_t kByteOrder = 0x01020304;
constexpr std::size_t kKeySize = 64;

struct Header {
  char magic[8] = {'m', 'a', 'i', 'l', 'l', 'a', 'g', 'e'};
  std::uint32_t format = kCacheFormat;
  std::uint32_t byte_order = kByteOrder;
  std::uint64_t directory_offset = 0;
  std::uint64_t directory_size = 0;
  std::uint64_t file_size = 0;
  std::uint32_t directory_checksum = 0;
  std::uint32_t header_checksum = 0;  // of the header with a 0 here
  char key[kKeySize] = {};
  char unused[16] = {};
};
static_assert(sizeof(Header) == 128);

std::uint32_t find_header_checksum(Header header) {
  header.header_checksum = 0;
  return find_crc32c(std::as_bytes(std::span(&header, 1)));
}

std::string to_key_text(const Header& header) { return {header.key, strnlen(header.key, kKeySize)}; }

// The directory as bytes.
class DirectoryWriter {
 public:
  template <class T>
  void add(const T& value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void add_text(const std::string& text) {
    add(static_cast<std::uint64_t>(text.size()));
    const auto bytes = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// Reads a directory; `is_whole` turns false when it ends too soon.
class DirectoryReader {
 public:
  explicit DirectoryReader(std::span<const std::byte> bytes) : left_(bytes) {}

  std::span<const std::byte> take(std::uint64_t n) {
    if (n > left_.size()) {
      is_whole_ = false;
      n = 0;
    }
    const auto taken = left_.first(n);
    left_ = left_.subspan(n);
    return taken;
  }
  std::uint64_t take_number() {
    std::uint64_t value = 0;
    const auto bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string take_text() {
    const auto bytes = take(take_number());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  bool is_whole() const { return is_whole_; }

 private:
  std::span<const std::byte> left_;
  bool is_whole_ = true;
};

// Reads exactly so many bytes; false when the file ends or cannot be read.
bool read_at(int file, std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t n = pread(file, into.data(), into.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return true;
}

}  // namespace

CacheFileWriter::CacheFileWriter(std::string path, const std::string& key) : path_(std::move(path)), key_(key) {
  static std::atomic<unsigned> n_opened{0};
  key_.resize(kKeySize, '\0');
  do {
    temporary_ = path_ + "." + std::to_string(getpid()) + "." + std::to_string(n_opened++) + ".tmp";
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  } while (file_ < 0 && errno == EEXIST);
  if (file_ < 0) fail();
  const Header header;
  write(std::as_bytes(std::span(&header, 1)));
  checksum_ = 0;
}

CacheFileWriter::~CacheFileWriter() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(temporary_.c_str());
}

void CacheFileWriter::fail() const {
  throw IoError(path_ + ": cannot be written: " + std::strerror(errno));
}

void CacheFileWriter::write_at(std::uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail();
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

void CacheFileWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::uint64_t in_block = size_ < sizeof(Header) ? 0 : (size_ - sizeof(Header)) % kBlock;
    const auto part = bytes.first(std::min<std::size_t>(bytes.size(), kBlock - in_block));
    checksum_ = find_crc32c(part, checksum_);
    write_at(size_, part);
    size_ += part.size();
    bytes = bytes.subspan(part.size());
    if (in_block + part.size() == kBlock) {
      checksums_.push_back(checksum_);
      checksum_ = 0;
    }
  }
}

void CacheFileWriter::add(const std::string& name, std::size_t element_size, std::span<const std::byte> bytes) {
  Entry entry{name, element_size, bytes.size(), 0};
  if (const Written* known = find_written(bytes)) {
    entry.offset = known->offset;
  } else {
    const std::vector<std::byte> padding((kAlignment - size_ % kAlignment) % kAlignment);
    write(padding);
    entry.offset = size_;
    write(bytes);
    if (bytes.size() >= kLeastShared) written_.insert({bytes.size(), {bytes, entry.offset}});
  }
  entries_.push_back(std::move(entry));
}

// Networks of several walking speeds have most of their arrays in common.
const CacheFileWriter::Written* CacheFileWriter::find_written(std::span<const std::byte> bytes) const {
  const auto [begin, end] = written_.equal_range(bytes.size());
  for (auto it = begin; it != end; ++it) {
    const std::byte* known = it->second.bytes.data();
    if (known == bytes.data() || std::memcmp(known, bytes.data(), bytes.size()) == 0) return &it->second;
  }
  return nullptr;
}

void CacheFileWriter::finish() {
  if ((size_ - sizeof(Header)) % kBlock != 0) checksums_.push_back(checksum_);
  DirectoryWriter directory;
  directory.add(static_cast<std::uint64_t>(checksums_.size()));
  for (std::uint32_t checksum : checksums_) directory.add(checksum);
  directory.add(static_cast<std::uint64_t>(entries_.size()));
  for (const Entry& e : entries_) {
    directory.add_text(e.name);
    for (std::uint64_t number : {e.element_size, e.n_bytes, e.offset}) directory.add(number);
  }
  Header header;
  header.directory_offset = size_;
  header.directory_size = directory.bytes().size();
  header.file_size = size_ + header.directory_size;
  header.directory_checksum = find_crc32c(directory.bytes());
  std::memcpy(header.key, key_.data(), kKeySize);
  header.header_checksum = find_header_checksum(header);
  write_at(size_, directory.bytes());
  write_at(0, std::as_bytes(std::span(&header, 1)));
  const int closed = ::close(file_);
  file_ = -1;
  if (closed != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int why = errno;
    ::unlink(temporary_.c_str());
    errno = why;
    fail();
  }
}

std::shared_ptr<const CacheFile> CacheFile::open(const std::string& path, const std::string& key,
                                                 const Context& context) {
  std::shared_ptr<CacheFile> file(new CacheFile());
  file->path_ = path;
  file->file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file->file_ < 0) throw IoError(path + ": cannot be opened: " + std::strerror(errno));
  file->map(key);
  const auto whole = std::span(file->data_, file->size_);
  Header header;
  std::memcpy(&header, whole.data(), sizeof header);
  file->data_end_ = header.directory_offset;
  const auto bytes = whole.subspan(header.directory_offset, header.directory_size);
  if (find_crc32c(bytes) != header.directory_checksum) file->refuse("its directory is damaged");
  DirectoryReader directory(bytes);
  const std::uint64_t n_blocks = directory.take_number();
  const auto checksums = directory.take(n_blocks < bytes.size() ? 4 * n_blocks : bytes.size());
  if (!directory.is_whole() || n_blocks != (file->data_end_ - sizeof(Header) + kBlock - 1) / kBlock)
    file->refuse("its directory does not fit it");
  file->read_directory(bytes, sizeof n_blocks + checksums.size());
  file->check_blocks(checksums, context);
  return file;
}

CacheFile::~CacheFile() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
  if (file_ >= 0) ::close(file_);
}

void CacheFile::refuse(const std::string& why) const { throw IoError(path_ + ": cannot be used: " + why); }

void CacheFile::map(const std::string& key) {
  struct stat about {};
  if (::fstat(file_, &about) != 0) refuse(std::strerror(errno));
  size_ = static_cast<std::size_t>(about.st_size);
  Header header;
  if (!S_ISREG(about.st_mode) || size_ < sizeof header ||
      !read_at(file_, 0, std::as_writable_bytes(std::span(&header, 1))))
    refuse("it is too short");
  if (std::memcmp(header.magic, Header().magic, sizeof header.magic) != 0) refuse("it is no cache file of maillage");
  if (header.byte_order != kByteOrder) refuse("it comes from a machine with another byte order");
  if (header.format != kCacheFormat)
    refuse("it has format " + std::to_string(header.format) + ", expected " + std::to_string(kCacheFormat));
  if (header.header_checksum != find_header_checksum(header)) refuse("its header is damaged");
  if (to_key_text(header) != key) refuse("it was made from other inputs");
  if (header.file_size != size_ || header.directory_offset < sizeof header || header.directory_offset > size_ ||
      header.directory_size != size_ - header.directory_offset)
    refuse("it has " + std::to_string(size_) + " bytes, expected " + std::to_string(header.file_size));
  void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_, 0);
  if (mapped == MAP_FAILED) refuse(std::strerror(errno));
  data_ = static_cast<const std::byte*>(mapped);
}

void CacheFile::read_directory(std::span<const std::byte> bytes, std::uint64_t n_before) {
  DirectoryReader directory(bytes);
  directory.take(n_before);
  const std::uint64_t n_arrays = directory.take_number();
  for (std::uint64_t i = 0; i < n_arrays && directory.is_whole(); ++i) {
    const std::string name = directory.take_text();
    const std::uint64_t element_size = directory.take_number(), n_bytes = directory.take_number(),
                        offset = directory.take_number();
    if (!directory.is_whole()) break;
    if (element_size == 0 || n_bytes % element_size != 0 || offset % kAlignment != 0 || offset < sizeof(Header) ||
        offset > data_end_ || n_bytes > data_end_ - offset)
      refuse("its directory does not fit it");
    arrays_[name] = {element_size, n_bytes, offset};
  }
  if (!directory.is_whole()) refuse("its directory does not fit it");
}

// Read, not mapped: so checking does not bring the whole file into the memory of the process.
void CacheFile::check_blocks(std::span<const std::byte> checksums, const Context& context) const {
  const std::size_t n_blocks = checksums.size() / sizeof(std::uint32_t);
  constexpr std::size_t kPart = kBlock / 4;  // stays in the processor's cache between reading and checking
  std::atomic<bool> is_good{true};
  context.begin("checking the cache", n_blocks);
  for_blocks(n_blocks, 16, context, [&](std::size_t begin, std::size_t end) {
    std::vector<std::byte> buffer(kPart);
    for (std::size_t b = begin; b < end && is_good.load(std::memory_order_relaxed); ++b) {
      std::uint64_t offset = sizeof(Header) + b * kBlock;
      const std::uint64_t stop = std::min<std::uint64_t>(offset + kBlock, data_end_);
      std::uint32_t checksum = 0;
      bool is_read = true;
      for (; offset < stop && is_read; offset += kPart) {
        const auto part = std::span(buffer).first(std::min<std::uint64_t>(kPart, stop - offset));
        is_read = read_at(file_, offset, part);
        checksum = find_crc32c(part, checksum);
      }
      std::uint32_t expected;
      std::memcpy(&expected, checksums.data() + b * sizeof expected, sizeof expected);
      if (!is_read || checksum != expected) is_good = false;
    }
  });
  if (!is_good) refuse("its content is damaged");
}

std::span<const std::byte> CacheFile::find(const std::string& name, std::size_t element_size) const {
  const auto it = arrays_.find(name);
  if (it == arrays_.end()) refuse("it has no array '" + name + "'");
  const Array& array = it->second;
  if (array.element_size != element_size)
    refuse("array '" + name + "' has elements of " + std::to_string(array.element_size) + " bytes, expected " +
           std::to_string(element_size));
  return {data_ + array.offset, array.n_bytes};
}

void CacheFile::forget() const { ::madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED); }

}  // namespace maillage
