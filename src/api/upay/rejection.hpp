// Why a request was not done, before it is written in the form of a face: the codes of the contract without
// an envelope. The WAP gateway (api/gateway) tells the same ones on a page.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/upay/codes.hpp"
#include "core/result.hpp"
#include "ports/directory.hpp"

namespace huitong::api::upay {

struct Rejection {
    std::variant<OuterError, BizError> error;
    std::string message = {};  // instead of the table's, when not empty

    [[nodiscard]] std::string_view code() const;
    [[nodiscard]] std::string_view text() const;
};

// For an Error no table of the endpoint knows: overload, a channel that is down, the catch-up after a
// restore, or a defect of ours.
[[nodiscard]] Rejection story_rejection(const core::Error& error);
// For what field rules found.
[[nodiscard]] Rejection params_rejection(const core::Error& error);
// Row 7 of spec/upay 5.0: the terminal, its store or its merchant is not active; none: go on.
[[nodiscard]] std::optional<Rejection> inactivity_of(const ports::TerminalView& terminal);
// No order came to be.
[[nodiscard]] Rejection begin_rejection(const core::Error& error, std::string_view client_sn);

}  // namespace huitong::api::upay
