#include "geo/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#define MAILLAGE_HAS_CRC_INSTRUCTION 1
#endif

namespace maillage {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // Castagnoli's, bits reversed
constexpr std::size_t kTables = 8;                 // one a byte of a word

using Tables = std::array<std::array<std::uint32_t, 256>, kTables>;

constexpr Tables build_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t t = 1; t < kTables; ++t)
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[t - 1][byte];
      tables[t][byte] = (crc >> 8) ^ tables[0][crc & 0xFF];
    }
  return tables;
}

constexpr Tables kTable = build_tables();

std::uint64_t read_word(const std::byte* at) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) word |= std::to_integer<std::uint64_t>(at[i]) << (8 * i);
  return word;
}

#ifdef MAILLAGE_HAS_CRC_INSTRUCTION
__attribute__((target("sse4.2"))) std::uint32_t find_by_instruction(std::span<const std::byte> bytes,
                                                                    std::uint32_t before) {
  std::uint64_t crc = ~before & 0xFFFFFFFFu;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto short_crc = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left, ++at) short_crc = __builtin_ia32_crc32qi(short_crc, std::to_integer<std::uint8_t>(*at));
  return ~short_crc;
}
#endif

}  // namespace

std::uint32_t find_crc32c_by_tables(std::span<const std::byte> bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const std::uint64_t word = read_word(at) ^ crc;
    crc = 0;
    for (std::size_t i = 0; i < kTables; ++i) crc ^= kTable[kTables - 1 - i][(word >> (8 * i)) & 0xFF];
  }
  for (; left > 0; --left, ++at) crc = (crc >> 8) ^ kTable[0][(crc ^ std::to_integer<std::uint32_t>(*at)) & 0xFF];
  return ~crc;
}

std::uint32_t find_crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
#ifdef MAILLAGE_HAS_CRC_INSTRUCTION
  if (__builtin_cpu_supports("sse4.2")) return find_by_instruction(bytes, before);
#endif
  return find_crc32c_by_tables(bytes, before);
}

}  // namespace maillage
