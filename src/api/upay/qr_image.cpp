#include "api/upay/endpoint.hpp"
#include "codec/form.hpp"
#include "codec/qr.hpp"

namespace huitong::api::upay {

namespace {

net::Response refuse(int status, std::string_view why) {
    return net::make_response(status, "text/plain;charset=UTF-8", std::string(why));
}

}  // namespace

net::Response qr_image(const net::Request& request) {
    if (request.method != "GET") {
        net::Response response = refuse(405, "请使用GET方法");
        response.headers.set("Allow", "GET");
        return response;
    }
    const auto fields = codec::parse_form(request.query());
    if (!fields) return refuse(400, "content不可以为空");
    std::string content;
    bool is_svg = false;
    for (const auto& [name, value] : *fields) {
        if (name == "content") content = value;
        if (name == "format") is_svg = value == "svg";
    }
    auto image = is_svg ? codec::qr_svg(content) : codec::qr_png(content);
    if (!image) return refuse(400, "content不可以为空，最长1024字节");
    net::Response response =
        net::make_response(200, is_svg ? "image/svg+xml" : "image/png", std::move(*image));
    // The picture of a text never changes.
    response.headers.set("Cache-Control", "public, max-age=86400");
    return response;
}

}  // namespace huitong::api::upay
