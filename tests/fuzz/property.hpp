// What the fuzz targets share: a property that does not hold ends the process, and libFuzzer keeps the input.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace huitong::fuzz {

// `property` is what must hold, as a sentence.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "property broken: %s\n", property);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace huitong::fuzz

// libFuzzer's entry; each target is one program with one of these.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
