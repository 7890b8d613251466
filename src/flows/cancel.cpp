// A merchant's cancel (upay cancel and revoke): the request is committed, the driver carries it out, the
// caller waits.
#include "flows/engine.hpp"

namespace huitong::flows {

using payments::Aggregate;

task::Task<Aggregate> Engine::cancel(CancelCommand command) {
    if (is_catching_up_) co_return core::fail(core::Code::unavailable, "catching_up");
    const payments::CancelRequest request{.operator_name = command.operator_name,
                                          .terminal_sn = command.terminal_sn,
                                          .owner = deps_.numbers.epoch()};
    auto seen = co_await read(command.sn);
    if (!seen) co_return seen;
    auto begun = co_await record(std::move(*seen), [this, request](const Aggregate& before) {
        return payments::on_cancel(before, request, deps_.time.now(), policy(before.payment.channel));
    });
    if (!begun && begun.error().reason == "already_asked") begun = co_await read(command.sn);
    if (!begun) co_return begun;
    drive(command.sn);
    co_return co_await wait_for(std::move(*begun), command.wait_until, is_decided);
}

}  // namespace huitong::flows
