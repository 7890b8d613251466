// The real stories behind the face. A file of its own, so that the face's unit tests need no engine.
#include "api/upay/routes.hpp"

#include <utility>

namespace huitong::api::upay {

Stories stories_of(flows::Engine& engine, flows::Terminals& terminals) {
    return Stories{
        .find_vendor = [&](std::string sn) { return terminals.find_vendor(std::move(sn)); },
        .find_terminal = [&](std::string sn) { return terminals.find_terminal(std::move(sn)); },
        .activate = [&](flows::ActivateCommand command) { return terminals.activate(std::move(command)); },
        .checkin = [&](flows::CheckinCommand command) { return terminals.checkin(std::move(command)); },
        .pay = [&](flows::PayCommand command) { return engine.pay(std::move(command)); },
        .launch = [&](flows::LaunchCommand command) { return engine.launch(std::move(command)); },
        .cancel = [&](flows::CancelCommand command) { return engine.cancel(std::move(command)); },
        .find =
            [&](std::string merchant_sn, std::string sn, std::string client_sn) {
                return engine.find(std::move(merchant_sn), std::move(sn), std::move(client_sn));
            },
        .refund = [&](flows::RefundCommand command) { return engine.refund(std::move(command)); },
        .find_for_refund =
            [&](std::string merchant_sn, std::string sn, std::string client_sn) {
                return engine.find_for_refund(std::move(merchant_sn), std::move(sn), std::move(client_sn));
            },
        .find_refund =
            [&](std::string merchant_sn, std::string sn, std::string client_sn, std::string request_no) {
                return engine.find_refund(std::move(merchant_sn), std::move(sn), std::move(client_sn),
                                          std::move(request_no));
            },
    };
}

}  // namespace huitong::api::upay
