#include "geo/osm_source.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <system_error>
#include <thread>

#include <osmium/io/opl_input.hpp>
#include <osmium/io/pbf_input.hpp>
#include <osmium/io/reader.hpp>
#include <osmium/thread/pool.hpp>

#include "engine/error.h"

namespace maillage {
namespace {

constexpr const char* kExpected = "expected an OpenStreetMap file in PBF format (.osm.pbf)";

// More threads than this do not speed up the unpacking of blocks.
constexpr int kMaxThreads = 8;

int find_thread_count(const Context& context) {
  const int n = context.n_threads > 0 ? context.n_threads : static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(n, 1, kMaxThreads);
}

osmium::io::File to_osmium_file(const OsmSource& source) {
  const char* format = source.format == OsmFormat::opl ? "opl" : "pbf";
  if (source.memory.data() == nullptr) return osmium::io::File{source.name, format};
  return osmium::io::File{source.memory.data(), source.memory.size(), format};
}

void read_buffers(const OsmSource& source, osmium::osm_entity_bits::type wanted, const Context& context,
                  const std::function<void(const osmium::memory::Buffer&)>& take) {
  osmium::thread::Pool pool{find_thread_count(context)};
  osmium::io::Reader reader{to_osmium_file(source), wanted, osmium::io::read_meta::no, pool};
  if (reader.header().has_multiple_object_versions()) {
    throw InputError(source.name + ": is a history file with several versions of an object; expected one version each");
  }
  context.begin("reading roads", reader.file_size());
  std::size_t seen = 0;
  while (const osmium::memory::Buffer buffer = reader.read()) {
    take(buffer);
    context.check();
    const std::size_t offset = reader.offset();
    context.advance(offset - std::min(seen, offset));
    seen = std::max(seen, offset);
  }
  reader.close();
}

[[noreturn]] void fail_unreadable(const OsmSource& source, const std::exception& cause) {
  throw InputError(source.name + ": cannot be read, it is damaged, cut off or of another kind (" + cause.what() + "); " +
                   kExpected);
}

}  // namespace

OsmSource find_osm_source(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw IoError(path + ": no such file; " + kExpected);
  }
  if (error) throw IoError(path + ": cannot be opened (" + error.message() + "); " + kExpected);
  if (std::filesystem::is_directory(status)) throw InputError(path + ": is a directory; " + kExpected);
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, error) == 0 && !error) {
    throw InputError(path + ": is empty; " + kExpected);
  }
  return {path, {}, path.ends_with(".opl") ? OsmFormat::opl : OsmFormat::pbf};
}

void read_osm_buffers(const OsmSource& source, osmium::osm_entity_bits::type wanted, const Context& context,
                      const std::function<void(const osmium::memory::Buffer&)>& take) {
  try {
    read_buffers(source, wanted, context, take);
  } catch (const InputError&) {
    throw;
  } catch (const Cancelled&) {
    throw;
  } catch (const std::system_error& cause) {
    throw IoError(source.name + ": cannot be read (" + cause.what() + "); " + kExpected);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& cause) {
    fail_unreadable(source, cause);
  }
}

}  // namespace maillage
