// admin proposal: decisions that wait for a second person (flows/decide.hpp).
#include "app/admin_commands.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using ports::Operator;
using ports::Proposal;

JsonObject show_proposal(const Proposal& proposal) {
    return {{"id", proposal.id},
            {"sn", proposal.payment.text()},
            {"refund", proposal.request_no},
            {"amount", core::to_string(proposal.amount)},
            {"verdict", proposal.verdict},
            {"reason", proposal.reason},
            {"proposed_by", proposal.proposed_by},
            {"proposed_at", core::to_rfc3339(proposal.proposed_at)},
            {"state", ports::to_string(proposal.state)},
            {"decided_by", proposal.decided_by},
            {"answer", proposal.answer}};
}

using Answer = std::function<core::Result<Proposal>(Admin&, const Operator&, const std::string& id)>;

CLI::App* add_answer(CLI::App& group, const std::string& name, const std::string& about,
                     const SharedOptions& options, Action& action, Answer answer) {
    auto* const command = group.add_subcommand(name, about);
    const auto id = std::make_shared<std::string>();
    command->add_option("ID", *id)->required();
    set_act(*command, options, action,
            [id, answer = std::move(answer)](Admin& it, const Operator& by) -> core::Result<JsonObject> {
                const auto answered = answer(it, by, *id);
                if (!answered) return std::unexpected(answered.error());
                return show_proposal(*answered);
            });
    return command;
}

}  // namespace

void add_admin_proposals(CLI::App& admin, const SharedOptions& options, Action& action) {
    auto* const group = add_group(admin, "proposal", "Decisions that wait for a second person");
    const auto is_all = std::make_shared<bool>(false);
    auto* const list = group->add_subcommand("list", "Open ones, newest first");
    list->add_flag("--all", *is_all, "Answered ones too");
    const std::function<std::vector<Proposal>(ports::Tx&)> read = [is_all](ports::Tx& tx) {
        return tx.reviews().list({.only_open = !*is_all});
    };
    set_list(*list, options, action, read, &show_proposal);
    (void)add_answer(*group, "confirm", "It takes effect; by an approver who did not propose it", options,
                     action,
                     [](Admin& it, const Operator& by, const std::string& id) -> core::Result<Proposal> {
                         auto done = it.run(it.reviews().confirm(by, id));
                         if (!done) return std::unexpected(std::move(done.error()));
                         return std::move(*done->proposal);
                     });
    const auto reason = std::make_shared<std::string>();
    auto* const reject = add_answer(*group, "reject", "By an approver who did not propose it", options,
                                    action, [reason](Admin& it, const Operator& by, const std::string& id) {
                                        return it.run(it.reviews().reject(by, id, *reason));
                                    });
    reject->add_option("--reason", *reason)->required();
    (void)add_answer(*group, "withdraw", "By whoever proposed it", options, action,
                     [](Admin& it, const Operator& by, const std::string& id) {
                         return it.run(it.reviews().withdraw(by, id));
                     });
}

}  // namespace huitong::app
