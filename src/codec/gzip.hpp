// gzip (RFC 1952), which channels pack their bills in (spec/channels 1A.12). zlib's; this header keeps it out
// of everybody's includes.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace huitong::codec {

[[nodiscard]] std::string gzip(std::string_view plain);
// The whole text must be one stream that unpacks to at most `most` bytes. reasons: bad_gzip, gzip_too_long
[[nodiscard]] core::Result<std::string> gunzip(std::string_view packed, std::size_t most);

}  // namespace huitong::codec
