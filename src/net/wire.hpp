// HTTP/1.1 messages as bytes, without I/O: parsers fed from a flat buffer and the writers. Stricter than
// Beast's own rules where two readers of one message could disagree about its length (RFC 9112 §6.3, request
// smuggling).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/http_client.hpp"
#include "net/message.hpp"

namespace huitong::net {

// Bytes read from a peer and not consumed yet, contiguous.
class ReadBuffer {
  public:
    [[nodiscard]] std::string_view view() const { return {data_.data() + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    [[nodiscard]] std::size_t size() const { return end_ - begin_; }
    // Room for at least `size` more bytes after what is there.
    [[nodiscard]] char* room(std::size_t size);
    [[nodiscard]] std::size_t room_size() const { return data_.size() - end_; }
    void commit(std::size_t size) { end_ += size; }
    void consume(std::size_t size);

  private:
    std::string data_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

class RequestParser {
  public:
    RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes);
    ~RequestParser();

    void restart();
    // How many of these bytes were used up; feed the rest again with more behind it. Not after is_done().
    [[nodiscard]] std::size_t feed(std::string_view bytes);
    // 0, or the status to refuse with: 400 malformed, 413 body too large, 431 headers too large, 505 version.
    [[nodiscard]] int refusal() const;
    [[nodiscard]] bool has_header() const;
    [[nodiscard]] bool is_done() const;
    [[nodiscard]] bool keeps_alive() const;
    [[nodiscard]] bool is_http10() const;
    [[nodiscard]] bool expects_continue() const;
    [[nodiscard]] bool is_head() const;
    [[nodiscard]] Request take();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class ResponseParser {
  public:
    enum class Failure { none, bad_http, too_large };

    ResponseParser(std::size_t max_body_bytes, bool is_answer_to_head);
    ~ResponseParser();

    // Interim (1xx) responses are skipped.
    [[nodiscard]] std::size_t feed(std::string_view bytes);
    // The peer closed: done when the body runs to the end of the connection, else bad_http.
    void feed_end();
    [[nodiscard]] Failure failure() const;
    [[nodiscard]] bool is_done() const;
    [[nodiscard]] bool keeps_alive() const;
    [[nodiscard]] Response take();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct ResponseFraming {
    bool keeps_alive = true;
    bool is_http10 = false;
    bool is_answer_to_head = false;
};
// Appends head and body. Content-Length and Connection are ours; a header that would break the framing is
// left out.
void append_response(std::string& out, const Response& response, ResponseFraming framing);

// reason: bad_request (invalid) when method, target or a header could be read as something else
[[nodiscard]] core::Result<std::string> to_wire(const Origin& origin, const Request& request);

[[nodiscard]] std::string_view status_text(int status);

}  // namespace huitong::net
