// Engine structs to a cache file and back, and structs of equal content on the same memory.
#pragma once

#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/error.h"
#include "geo/cache_file.h"
#include "geo/engine_fields.h"

namespace maillage {

template <class Field>
concept HasItems = requires(Field& field) { field.items(); };

template <class Field>
struct IsValues : std::false_type {};
template <class T>
struct IsValues<Buffer<T>> : std::true_type {};
template <class T>
struct IsValues<std::vector<T>> : std::true_type {};

// Adds every field under `prefix` and its name.
class FieldWriter {
 public:
  FieldWriter(CacheFileWriter& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

  template <class Field>
  void operator()(const char* name, const Field& field) const {
    if constexpr (HasItems<const Field>)
      (*this)(name, field.items());
    else if constexpr (IsValues<Field>::value)
      file_.add(prefix_ + name, std::span<const typename Field::value_type>(field.data(), field.size()));
    else if constexpr (std::is_arithmetic_v<Field> || std::is_enum_v<Field> || std::is_same_v<Field, Duration>)
      file_.add(prefix_ + name, std::span<const Field>(&field, 1));
    else
      visit_fields(field, FieldWriter(file_, prefix_ + name + "."));
  }

 private:
  CacheFileWriter& file_;
  std::string prefix_;
};

// Fills every field from the array under `prefix` and its name. IoError when one is missing or does not fit.
class FieldReader {
 public:
  FieldReader(const CacheFile& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

  template <class Field>
  void operator()(const char* name, Field& field) const {
    if constexpr (HasItems<Field>) {
      (*this)(name, field.items());
    } else if constexpr (IsValues<Field>::value) {
      const auto values = file_.read<typename Field::value_type>(prefix_ + name);
      if constexpr (std::is_same_v<Field, Buffer<typename Field::value_type>>)
        field = values;
      else
        field.assign(values.begin(), values.end());
    } else if constexpr (std::is_arithmetic_v<Field> || std::is_enum_v<Field> || std::is_same_v<Field, Duration>) {
      const auto values = file_.read<Field>(prefix_ + name);
      if (values.size() != 1) throw IoError("the cache has no single value '" + prefix_ + name + "'");
      field = values[0];
    } else {
      visit_fields(field, FieldReader(file_, prefix_ + name + "."));
      if constexpr (IsRagged<Field>::value)
        if (field.offset.empty() || std::as_const(field).offset.back() != field.values.size())
          throw IoError("rows of '" + prefix_ + name + "' in the cache do not fit their values");
    }
  }

 private:
  const CacheFile& file_;
  std::string prefix_;
};

template <class Struct>
void write_fields(CacheFileWriter& file, const std::string& prefix, const Struct& item) {
  visit_fields(item, FieldWriter(file, prefix));
}
template <class Struct>
Struct read_fields(const CacheFile& file, const std::string& prefix) {
  Struct item;
  visit_fields(item, FieldReader(file, prefix));
  return item;
}

// Puts those values of `item` that are the same bytes as in `like` on the memory of `like`.
template <class Struct>
class FieldSharer {
 public:
  explicit FieldSharer(const Struct& like) {
    visit_fields(like, [this](const char*, const auto& field) { collect(field); });
  }
  void share(Struct& item) {
    next_ = 0;
    visit_fields(item, [this](const char*, auto& field) { share_field(field); });
  }

 private:
  template <class Field>
  void collect(const Field& field) {
    if constexpr (HasItems<const Field>)
      collect(field.items());
    else if constexpr (IsValues<Field>::value)
      found_.push_back(&field);
    else if constexpr (std::is_class_v<Field> && !std::is_same_v<Field, Duration>)
      visit_fields(field, [this](const char*, const auto& part) { collect(part); });
  }
  template <class Field>
  void share_field(Field& field) {
    if constexpr (HasItems<Field>) {
      share_field(field.items());
    } else if constexpr (IsValues<Field>::value) {
      const Field& like = *static_cast<const Field*>(found_[next_++]);
      const Field& own = field;
      const std::size_t n_bytes = own.size() * sizeof(typename Field::value_type);
      if (like.size() == own.size() && n_bytes > 0 && std::memcmp(like.data(), own.data(), n_bytes) == 0) field = like;
    } else if constexpr (std::is_class_v<Field> && !std::is_same_v<Field, Duration>) {
      visit_fields(field, [this](const char*, auto& part) { share_field(part); });
    }
  }

  std::vector<const void*> found_;
  std::size_t next_ = 0;
};

template <class Struct>
void share_equal_fields(const Struct& like, Struct& item) {
  FieldSharer<Struct>(like).share(item);
}

}  // namespace maillage
