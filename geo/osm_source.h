// OSM data in a file or in memory, handed out buffer by buffer with errors that name the file.
//
// Private to geo/: includes libosmium.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <osmium/memory/buffer.hpp>
#include <osmium/osm/entity_bits.hpp>

#include "engine/parallel.h"

namespace maillage {

enum class OsmFormat { pbf, opl };

struct OsmSource {
  std::string name;         // the path, or what to call the data in messages
  std::string_view memory;  // empty: read the file `name`
  OsmFormat format = OsmFormat::pbf;
};

// The source behind a path: `.opl` is OSM's line text, everything else is taken for PBF.
// InputError for a directory and an empty file, IoError for a file that is not there.
OsmSource find_osm_source(const std::string& path);

// Calls `take` with every buffer of the wanted kinds of objects, in the order of the data.
// InputError for damaged or foreign data and history files; IoError when the system cannot read.
void read_osm_buffers(const OsmSource& source, osmium::osm_entity_bits::type wanted, const Context& context,
                      const std::function<void(const osmium::memory::Buffer&)>& take);

}  // namespace maillage
