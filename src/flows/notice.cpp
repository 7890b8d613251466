// Notices of channels. A good signature only says who speaks; what it is about is asked after, and nothing is
// decided here (spec/channels 1A.11, 2.10).
#include <fmt/format.h>

#include "flows/engine.hpp"

namespace huitong::flows {

using core::Code;
using payments::Aggregate;

std::string Engine::notify_url_for(const payments::Payment& payment) const {
    if (options_.public_url.empty()) return {};
    return fmt::format("{}/notify/{}/{}", options_.public_url, payments::to_string(payment.channel),
                       payment.channel_account);
}

task::Task<Aggregate> Engine::find_by_channel_number(std::string account_id, std::string number) {
    // "P" + our number of the payment + the epoch.
    constexpr std::size_t letter = 1;
    constexpr std::size_t digits = 16;
    if (number.size() < letter + digits) co_return core::fail(Code::not_found, "no_payment");
    const auto sn = core::parse_payment_sn(std::string_view(number).substr(letter, digits));
    if (!sn) co_return core::fail(Code::not_found, "no_payment");
    auto found = co_await read(*sn);
    if (!found) co_return found;
    const bool is_meant =
        found->payment.channel_number == number && found->payment.channel_account == account_id;
    if (!is_meant) co_return core::fail(Code::not_found, "no_payment");
    co_return found;
}

task::Awaitable<ports::NoticeReply> Engine::take_notice(payments::ChannelKind kind, std::string account_id,
                                                        ports::RawNotice raw) {
    const ports::Channel* const channel = deps_.channels.find(kind);
    const auto told_by = co_await account(account_id);
    const bool is_ours = channel && told_by && told_by->channel == kind;
    if (!is_ours) co_return ports::NoticeReply{.status = 404, .content_type = "text/plain", .body = "fail"};
    const auto refuse = [&](const core::Error& why) {
        deps_.observer.on_trouble("notice", why);
        return channel->reply_to_notice(*told_by, false);
    };
    const auto notice = channel->read_notice(*told_by, raw, deps_.time.now());
    if (!notice) co_return refuse(notice.error());
    auto found = co_await find_by_channel_number(account_id, notice->number);
    // Perhaps lost with a disk and soon known again: it is to be said again later.
    if (!found) co_return refuse(found.error());
    const core::PaymentSn sn = found->payment.sn;
    const auto noted = co_await record(
        std::move(*found), [this, &notice](const Aggregate& before) -> core::Result<payments::Change> {
            auto change = payments::on_notice(before, *notice, deps_.numbers.epoch(), deps_.time.now(),
                                              policy(before.payment.channel));
            if (!change) return core::fail(Code::conflict, "nothing_to_look_for");
            return std::move(*change);
        });
    if (!noted && noted.error().reason != "nothing_to_look_for") co_return refuse(noted.error());
    if (noted) drive(sn);
    co_return channel->reply_to_notice(*told_by, true);
}

}  // namespace huitong::flows
