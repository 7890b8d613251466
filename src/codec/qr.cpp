#include "codec/qr.hpp"

#include <fmt/format.h>
#include <png.h>
#include <qrencode.h>

#include <memory>
#include <vector>

namespace huitong::codec {

namespace {

constexpr int quiet_zone = 4;

class Modules {
  public:
    explicit Modules(QRcode* code) : code_(code, &QRcode_free) {}

    [[nodiscard]] int width() const { return code_->width + 2 * quiet_zone; }
    [[nodiscard]] bool is_dark(int x, int y) const {
        const int column = x - quiet_zone;
        const int row = y - quiet_zone;
        const int size = code_->width;
        if (column < 0 || row < 0 || column >= size || row >= size) return false;
        return (code_->data[row * size + column] & 1) != 0;
    }

  private:
    std::unique_ptr<QRcode, decltype(&QRcode_free)> code_;
};

core::Result<Modules> encode(std::string_view text) {
    if (text.empty() || text.size() > most_qr_bytes) return core::fail(core::Code::invalid, "bad_qr");
    QRcode* const code = QRcode_encodeData(
        static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M);
    if (code == nullptr) return core::fail(core::Code::invalid, "bad_qr");
    return Modules(code);
}

}  // namespace

core::Result<std::string> qr_png(std::string_view text, int module_pixels) {
    const auto modules = encode(text);
    if (!modules) return std::unexpected(modules.error());
    const int pixels = modules->width() * module_pixels;
    std::vector<png_byte> gray(static_cast<std::size_t>(pixels) * static_cast<std::size_t>(pixels));
    for (int y = 0; y < pixels; ++y) {
        for (int x = 0; x < pixels; ++x) {
            const bool is_dark = modules->is_dark(x / module_pixels, y / module_pixels);
            gray[static_cast<std::size_t>(y * pixels + x)] = is_dark ? 0 : 255;
        }
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(pixels);
    image.height = image.width;
    image.format = PNG_FORMAT_GRAY;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string png(size, '\0');
    if (png_image_write_to_memory(&image, png.data(), &size, 0, gray.data(), 0, nullptr) == 0)
        return core::fail(core::Code::internal, "png", static_cast<const char*>(image.message));
    png.resize(size);
    return png;
}

core::Result<std::string> qr_svg(std::string_view text) {
    const auto modules = encode(text);
    if (!modules) return std::unexpected(modules.error());
    std::string path;
    for (int y = 0; y < modules->width(); ++y) {
        for (int x = 0; x < modules->width(); ++x) {
            if (modules->is_dark(x, y)) path += fmt::format("M{} {}h1v1h-1z", x, y);
        }
    }
    return fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">)"
        R"(<rect width="{0}" height="{0}" fill="#fff"/><path d="{1}" fill="#000"/></svg>)",
        modules->width(), path);
}

}  // namespace huitong::codec
