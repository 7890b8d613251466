// Parsers on Beast's basic_parser, which does the grammar; the values go straight into our Request and
// Response.
#include "net/wire.hpp"

#include <fmt/format.h>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/status.hpp>
#include <cstring>
#include <iterator>

#include "net/text.hpp"

namespace huitong::net {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using BeastText = boost::beast::string_view;

constexpr std::size_t max_response_header_bytes = 64 << 10;
constexpr std::size_t largest_reserve = 64 << 10;
// What a parser may leave unread and ask to see again: chunk headers and trailers are not bounded by Beast.
constexpr std::size_t max_unconsumed_bytes = 64 << 10;

std::string to_string(BeastText text) {
    return {text.data(), text.size()};
}

// What requests and responses share: collecting headers (trailers are dropped) and the body.
template <bool is_request, class Message>
class MessageParser : public http::basic_parser<is_request> {
  public:
    MessageParser(std::size_t max_header_bytes, std::size_t max_body_bytes)
        : max_header_bytes_(max_header_bytes) {
        this->header_limit(static_cast<std::uint32_t>(max_header_bytes));
        this->body_limit(max_body_bytes);
        this->eager(true);
    }

    Message message;

  protected:
    // Counts over the whole header; Beast's own limit sees only what is in the buffer at once.
    void count_header_bytes(std::size_t size, error_code& error) {
        header_bytes_ += size;
        if (header_bytes_ > max_header_bytes_) error = http::error::header_limit;
    }

    void keep_field(BeastText name, BeastText value, error_code& error) {
        if (this->is_header_done()) return;
        count_header_bytes(name.size() + value.size() + 4, error);
        message.headers.add(to_string(name), to_string(value));
    }

  private:
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length)
            message.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, largest_reserve)));
    }
    std::size_t on_body_impl(BeastText bytes, error_code&) override {
        message.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, error_code&) override {
        message.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_finish_impl(error_code&) override {}

    std::size_t max_header_bytes_;
    std::size_t header_bytes_ = 0;
};

class RequestMessageParser final : public MessageParser<true, Request> {
  public:
    using MessageParser::MessageParser;
    bool expects_continue = false;
    bool is_http10 = false;

  private:
    void on_request_impl(http::verb, BeastText method, BeastText target, int version,
                         error_code& error) override {
        message.method = to_string(method);
        message.target = to_string(target);
        is_http10 = version < 11;
        count_header_bytes(method.size() + target.size() + 12, error);
    }
    void on_response_impl(int, BeastText, int, error_code&) override {}

    void on_field_impl(http::field field, BeastText name, BeastText value, error_code& error) override {
        if (is_header_done()) return;
        if (field == http::field::host && ++hosts_ > 1) error = http::error::bad_field;
        if (field == http::field::content_length && ++lengths_ > 1)
            error = http::error::multiple_content_length;
        if (field == http::field::transfer_encoding &&
            (is_http10 || !is_same_name({value.data(), value.size()}, "chunked"))) {
            error = http::error::bad_transfer_encoding;
        }
        if (field == http::field::expect) {
            expects_continue = !is_http10 && is_same_name({value.data(), value.size()}, "100-continue");
        }
        if (!error) keep_field(name, value, error);
    }
    void on_header_impl(error_code& error) override {
        if (!is_http10 && hosts_ == 0) error = http::error::bad_field;
    }

    int hosts_ = 0;
    int lengths_ = 0;
};

class ResponseMessageParser final : public MessageParser<false, Response> {
  public:
    using MessageParser::MessageParser;

  private:
    void on_request_impl(http::verb, BeastText, BeastText, int, error_code&) override {}
    void on_response_impl(int code, BeastText, int, error_code&) override { message.status = code; }
    void on_field_impl(http::field, BeastText name, BeastText value, error_code& error) override {
        keep_field(name, value, error);
    }
    void on_header_impl(error_code&) override {}
};

bool is_too_large(const error_code& error) {
    return error == http::error::header_limit || error == http::error::body_limit;
}

template <class Parser>
std::size_t feed_parser(Parser& parser, std::string_view bytes, error_code& error) {
    const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error != http::error::need_more) return used;
    error = {};
    if (parser.is_header_done() && bytes.size() - used > max_unconsumed_bytes) error = http::error::bad_chunk;
    return used;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").contains(c);
    });
}

bool is_safe_value(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool is_framing(std::string_view name) {
    return is_same_name(name, "content-length") || is_same_name(name, "connection") ||
           is_same_name(name, "transfer-encoding") || is_same_name(name, "keep-alive");
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_length(std::string& out, std::size_t size) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", size);
}

}  // namespace

char* ReadBuffer::room(std::size_t size) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (data_.size() - end_ < size) {
        std::memmove(data_.data(), data_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        if (data_.size() - end_ < size) data_.resize(end_ + size);
    }
    return data_.data() + end_;
}

void ReadBuffer::consume(std::size_t size) {
    begin_ += size;
}

struct RequestParser::Impl {
    std::size_t max_header_bytes;
    std::size_t max_body_bytes;
    std::optional<RequestMessageParser> parser;
    error_code error;
};

RequestParser::RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes)
    : impl_(std::make_unique<Impl>(Impl{max_header_bytes, max_body_bytes, {}, {}})) {
    restart();
}

RequestParser::~RequestParser() = default;

void RequestParser::restart() {
    impl_->parser.emplace(impl_->max_header_bytes, impl_->max_body_bytes);
    impl_->error = {};
}

std::size_t RequestParser::feed(std::string_view bytes) {
    std::size_t skipped = 0;
    if (!impl_->parser->got_some()) {
        // Empty lines before a request are forgiven (RFC 9112 §2.2).
        while (bytes.substr(skipped).starts_with("\r\n")) skipped += 2;
        bytes.remove_prefix(skipped);
        if (bytes.empty() || bytes == "\r") return skipped;
    }
    return skipped + feed_parser(*impl_->parser, bytes, impl_->error);
}

int RequestParser::refusal() const {
    if (!impl_->error) return 0;
    if (impl_->error == http::error::body_limit) return 413;
    if (impl_->error == http::error::header_limit) return 431;
    return 400;
}

bool RequestParser::has_header() const {
    return impl_->parser->is_header_done();
}
bool RequestParser::is_done() const {
    return impl_->parser->is_done();
}
bool RequestParser::keeps_alive() const {
    return impl_->parser->keep_alive();
}
bool RequestParser::is_http10() const {
    return impl_->parser->is_http10;
}
bool RequestParser::expects_continue() const {
    return impl_->parser->expects_continue;
}
bool RequestParser::is_head() const {
    return impl_->parser->message.method == "HEAD";
}
Request RequestParser::take() {
    return std::move(impl_->parser->message);
}

struct ResponseParser::Impl {
    std::size_t max_body_bytes;
    bool is_answer_to_head;
    std::optional<ResponseMessageParser> parser;
    error_code error;

    void restart() {
        parser.emplace(max_response_header_bytes, max_body_bytes);
        if (is_answer_to_head) parser->skip(true);
    }
    // 101 would hand the connection over to something we did not ask for.
    [[nodiscard]] bool is_interim() const {
        const int status = parser->message.status;
        return parser->is_done() && status >= 100 && status < 200 && status != 101;
    }
};

ResponseParser::ResponseParser(std::size_t max_body_bytes, bool is_answer_to_head)
    : impl_(std::make_unique<Impl>(Impl{max_body_bytes, is_answer_to_head, {}, {}})) {
    impl_->restart();
}

ResponseParser::~ResponseParser() = default;

std::size_t ResponseParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && !impl_->error && !impl_->parser->is_done()) {
        const auto step = feed_parser(*impl_->parser, bytes.substr(used), impl_->error);
        used += step;
        if (impl_->is_interim())
            impl_->restart();
        else if (step == 0)
            break;
    }
    if (impl_->parser->is_done() && impl_->parser->message.status == 101)
        impl_->error = http::error::bad_status;
    return used;
}

void ResponseParser::feed_end() {
    if (!impl_->parser->got_some())
        impl_->error = http::error::end_of_stream;
    else
        impl_->parser->put_eof(impl_->error);
}

ResponseParser::Failure ResponseParser::failure() const {
    if (!impl_->error) return Failure::none;
    return is_too_large(impl_->error) ? Failure::too_large : Failure::bad_http;
}

bool ResponseParser::is_done() const {
    return !impl_->error && impl_->parser->is_done();
}
bool ResponseParser::keeps_alive() const {
    return impl_->parser->keep_alive() && !impl_->parser->need_eof();
}
Response ResponseParser::take() {
    return std::move(impl_->parser->message);
}

void append_response(std::string& out, const Response& response, ResponseFraming framing) {
    const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status,
                   status_text(response.status));
    for (const Header& header : response.headers.all()) {
        if (is_framing(header.name) || !is_token(header.name) || !is_safe_value(header.value)) continue;
        append_header(out, header.name, header.value);
    }
    if (has_body) append_length(out, response.body.size());
    if (!framing.keeps_alive)
        append_header(out, "Connection", "close");
    else if (framing.is_http10)
        append_header(out, "Connection", "keep-alive");
    out.append("\r\n");
    if (has_body && !framing.is_answer_to_head) out.append(response.body);
}

core::Result<std::string> to_wire(const Origin& origin, const Request& request) {
    const bool is_target_safe =
        request.target.starts_with('/') &&
        std::ranges::all_of(request.target, [](unsigned char c) { return c > ' ' && c != 0x7f; });
    if (!is_token(request.method) || !is_target_safe) {
        return core::fail(core::Code::invalid, "bad_request", "method or target");
    }
    std::string out;
    out.reserve(256 + request.body.size());
    out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
    if (!request.headers.find("host")) {
        const bool is_default_port = origin.port == (origin.is_tls ? 443 : 80);
        auto host = origin.text().substr(origin.is_tls ? 8 : 7);
        if (is_default_port) host.resize(host.rfind(':'));
        append_header(out, "Host", host);
    }
    for (const Header& header : request.headers.all()) {
        if (!is_token(header.name) || !is_safe_value(header.value)) {
            return core::fail(core::Code::invalid, "bad_request", "header");
        }
        if (!is_framing(header.name)) append_header(out, header.name, header.value);
    }
    const bool may_omit_length = request.method == "GET" || request.method == "HEAD";
    if (!request.body.empty() || !may_omit_length) append_length(out, request.body.size());
    out.append("\r\n").append(request.body);
    return out;
}

std::string_view status_text(int status) {
    const auto text = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
    return {text.data(), text.size()};
}

}  // namespace huitong::net
