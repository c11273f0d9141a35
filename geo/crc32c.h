// CRC-32C (Castagnoli): a checksum that finds every burst of damage up to 32 bits.
//
// By the processor's own instruction where it has one (about 8 bytes in three cycles), else by tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace maillage {

// The checksum of `bytes`; `before` is that of what comes before them, so that parts can follow each other.
std::uint32_t find_crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

// The same by tables alone: the form that the fast one is held equal to.
std::uint32_t find_crc32c_by_tables(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace maillage
