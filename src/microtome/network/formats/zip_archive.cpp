// SPDX-License-Identifier: Apache-2.0
// Layout: .ZIP File Format Specification (APPNOTE.TXT), sections 4.3 and 4.5.3.
#include "microtome/network/formats/zip_archive.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr uint32_t kLocalMark = 0x04034b50, kCentralMark = 0x02014b50, kEndMark = 0x06054b50;
constexpr uint32_t kEnd64Mark = 0x06064b50, kEnd64PlaceMark = 0x07064b50;
constexpr uint64_t kNarrow = 0xFFFFFFFF;  // "see the field of 64 bits"
constexpr size_t kEndBytes = 22, kEnd64PlaceBytes = 20, kEnd64Bytes = 56, kCentralBytes = 46, kLocalBytes = 30;
constexpr size_t kLongestComment = 65535;
constexpr uint64_t kBestRatio = 1032;  // of deflate

[[noreturn]] void damaged(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, where, what, "get the file anew, it is damaged or cut short");
}

// Little-endian numbers at places that are checked.
struct ZipBytes {
  std::string_view bytes;
  const std::string& where;

  uint64_t number(uint64_t at, size_t length) const {
    if (at > bytes.size() || length > bytes.size() - at) damaged(where, "its zip directory points beyond its end");
    uint64_t value = 0;
    for (size_t i = length; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
    return value;
  }
  std::string_view text(uint64_t at, uint64_t length) const {
    if (at > bytes.size() || length > bytes.size() - at) damaged(where, "its zip directory points beyond its end");
    return bytes.substr(at, length);
  }
};

struct ZipDirectory {
  uint64_t begin = 0, count = 0;
};

ZipDirectory find_directory(const ZipBytes& zip) {
  const size_t size = zip.bytes.size();
  const size_t least = size > kEndBytes + kLongestComment ? size - kEndBytes - kLongestComment : 0;
  for (size_t end = size < kEndBytes ? 0 : size - kEndBytes + 1; end-- > least;) {
    if (zip.number(end, 4) != kEndMark) continue;
    const ZipDirectory found{zip.number(end + 16, 4), zip.number(end + 10, 2)};
    if (end < kEnd64PlaceBytes || zip.number(end - kEnd64PlaceBytes, 4) != kEnd64PlaceMark) return found;
    const uint64_t wide = zip.number(end - kEnd64PlaceBytes + 8, 8);
    if (zip.text(wide, kEnd64Bytes).empty() || zip.number(wide, 4) != kEnd64Mark) return found;
    return {zip.number(wide + 48, 8), zip.number(wide + 32, 8)};
  }
  damaged(zip.where, "is a zip archive without its directory, which stands at the end");
}

struct ZipPlace {
  uint64_t size = 0, packed = 0, local = 0;
};

// Sizes and places that do not fit into 32 bits stand in the extra field 1, in this order, only those that are needed.
void widen(const ZipBytes& zip, uint64_t extra, uint64_t length, ZipPlace& place) {
  for (const uint64_t end = extra + length; extra + 4 <= end;) {
    const uint64_t kind = zip.number(extra, 2), bytes = zip.number(extra + 2, 2);
    uint64_t at = extra + 4;
    extra = at + bytes;
    if (kind != 1) continue;
    for (uint64_t* number : {&place.size, &place.packed, &place.local}) {
      if (*number != kNarrow || at + 8 > extra) continue;
      *number = zip.number(at, 8);
      at += 8;
    }
  }
}

ZipMember read_member(const ZipBytes& zip, uint64_t entry, uint64_t& next) {
  if (zip.number(entry, 4) != kCentralMark) damaged(zip.where, "its zip directory is damaged");
  const uint64_t name = zip.number(entry + 28, 2), extra = zip.number(entry + 30, 2);
  next = entry + kCentralBytes + name + extra + zip.number(entry + 32, 2);
  ZipPlace place{zip.number(entry + 24, 4), zip.number(entry + 20, 4), zip.number(entry + 42, 4)};
  widen(zip, entry + kCentralBytes + name, extra, place);
  ZipMember member;
  member.name = zip.text(entry + kCentralBytes, name);
  member.size = place.size;
  member.checksum = static_cast<uint32_t>(zip.number(entry + 16, 4));
  const uint64_t method = zip.number(entry + 10, 2);
  if ((zip.number(entry + 8, 2) & 1) != 0 || (method != 0 && method != Z_DEFLATED)) {
    throw Error(ErrorKind::kUnsupported, zip.where,
                fmt::format("\"{}\" is encrypted or compressed in a way that is not read", member.name),
                "save it without compression");
  }
  member.deflated = method == Z_DEFLATED;
  if (place.local > zip.bytes.size() || zip.number(place.local, 4) != kLocalMark) {
    damaged(zip.where, fmt::format("\"{}\" is not where its zip directory says", member.name));
  }
  const uint64_t data = place.local + kLocalBytes + zip.number(place.local + 26, 2) + zip.number(place.local + 28, 2);
  member.packed = zip.text(data, place.packed);
  const bool fits = member.deflated ? member.size / kBestRatio <= place.packed : member.size == place.packed;
  if (!fits) damaged(zip.where, fmt::format("\"{}\" has {} bytes for {}", member.name, place.packed, member.size));
  return member;
}

std::shared_ptr<const std::string> inflated(const ZipMember& member, const std::string& where) {
  auto content = std::make_shared<std::string>();
  content->resize(member.size);
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(member.packed.data()));
  stream.next_out = reinterpret_cast<Bytef*>(content->data());
  uint64_t in = member.packed.size(), out = member.size;
  int state = inflateInit2(&stream, -MAX_WBITS);
  while (state == Z_OK) {
    if (stream.avail_in == 0) in -= stream.avail_in = static_cast<uInt>(std::min<uint64_t>(in, 1 << 30));
    if (stream.avail_out == 0) out -= stream.avail_out = static_cast<uInt>(std::min<uint64_t>(out, 1 << 30));
    state = inflate(&stream, Z_NO_FLUSH);
  }
  const bool whole = state == Z_STREAM_END && out == 0 && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!whole) damaged(where, fmt::format("\"{}\" does not unpack to {} bytes", member.name, member.size));
  return content;
}

}  // namespace

bool looks_like_zip(std::string_view bytes) { return bytes.starts_with("PK\x03\x04"); }

std::vector<ZipMember> list_zip(std::string_view bytes, const std::string& where) {
  const ZipBytes zip{bytes, where};
  const ZipDirectory directory = find_directory(zip);
  std::vector<ZipMember> members;
  uint64_t packed = 0;
  for (uint64_t entry = directory.begin, left = directory.count; left > 0; --left) {
    members.push_back(read_member(zip, entry, entry));
    packed += members.back().packed.size();
    if (packed > bytes.size()) damaged(where, "members of its zip archive overlap");
  }
  return members;
}

const ZipMember* find_member(const std::vector<ZipMember>& members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(), [&](const ZipMember& m) { return m.name == name; });
  return found == members.end() ? nullptr : &*found;
}

SharedBytes unpack(const SharedBytes& archive, const ZipMember& member, const std::string& where) {
  SharedBytes content{archive.owner, member.packed};
  if (member.deflated) {
    content.owner = inflated(member, where);
    content.view = *content.owner;
  }
  if (member.checksum == 0) return content;
  const auto* data = reinterpret_cast<const Bytef*>(content.view.data());
  if (crc32_z(0, data, content.view.size()) != member.checksum) {
    damaged(where, fmt::format("\"{}\" has another checksum than its zip directory says", member.name));
  }
  return content;
}

}  // namespace microtome
