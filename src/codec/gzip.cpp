// zlib with its window of 2^15 bytes and a gzip frame.
#include "codec/gzip.hpp"

#include <zlib.h>

#include <array>
#include <climits>
#include <stdexcept>

#include "core/assert.hpp"

namespace huitong::codec {

namespace {

constexpr int window_bits = 15;
constexpr int gzip_frame = 16;
constexpr int memory_level = 8;
constexpr std::size_t chunk_bytes = 65'536;

// zlib does not write to its input.
Bytef* bytes_of(std::string_view text) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

}  // namespace

std::string gzip(std::string_view plain) {
    HUITONG_ASSERT(plain.size() <= UINT_MAX, "what fits a bill");
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits + gzip_frame, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("zlib: deflate");
    }
    std::string packed(deflateBound(&stream, plain.size()), '\0');
    stream.next_in = bytes_of(plain);
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = bytes_of(packed);
    stream.avail_out = static_cast<uInt>(packed.size());
    const int ended = deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    HUITONG_ASSERT(ended == Z_STREAM_END, "the bound is enough");
    return packed;
}

core::Result<std::string> gunzip(std::string_view packed, std::size_t most) {
    const auto bad = [] { return core::fail(core::Code::invalid, "bad_gzip"); };
    if (packed.size() > UINT_MAX) return bad();
    z_stream stream{};
    if (inflateInit2(&stream, window_bits + gzip_frame) != Z_OK) throw std::runtime_error("zlib: inflate");
    stream.next_in = bytes_of(packed);
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string plain;
    std::array<char, chunk_bytes> chunk{};
    int state = Z_OK;
    while (state == Z_OK && plain.size() <= most) {
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = static_cast<uInt>(chunk.size());
        state = inflate(&stream, Z_NO_FLUSH);
        plain.append(chunk.data(), chunk.size() - stream.avail_out);
    }
    const bool is_whole = state == Z_STREAM_END && stream.avail_in == 0;
    inflateEnd(&stream);
    if (plain.size() > most) return core::fail(core::Code::limit, "gzip_too_long");
    if (!is_whole) return bad();
    return plain;
}

}  // namespace huitong::codec
