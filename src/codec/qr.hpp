// QR codes as pictures (ISO/IEC 18004, error correction M, four modules of quiet zone).
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace huitong::codec {

inline constexpr std::size_t most_qr_bytes = 1024;

// Black and white, `module_pixels` wide modules. invalid {bad_qr}: empty, or longer than most_qr_bytes.
[[nodiscard]] core::Result<std::string> qr_png(std::string_view text, int module_pixels = 8);
[[nodiscard]] core::Result<std::string> qr_svg(std::string_view text);

}  // namespace huitong::codec
