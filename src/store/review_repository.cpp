// Proposals as rows (ports/review.hpp), each in the shard of its payment.
#include "store/columns.hpp"
#include "store/tx.hpp"

namespace huitong::store {

namespace {

using core::PaymentSn;
using ports::Proposal;

template <class T, class V>
void visit_proposal(T& proposal, V& visit) {
    auto& [id, payment, request_no, verdict, reason, amount, payment_version, proposed_by, proposed_at, state,
           decided_by, decided_at, answer] = proposal;
    visit("id", id);
    visit("payment", payment);
    visit("request_no", request_no);
    visit("verdict", verdict);
    visit("reason", reason);
    visit("amount", amount);
    visit("payment_version", payment_version);
    visit("proposed_by", proposed_by);
    visit("proposed_at", proposed_at);
    visit("state", state);
    visit("decided_by", decided_by);
    visit("decided_at", decided_at);
    visit("answer", answer);
}

const ColumnNames& proposal_columns() {
    static const ColumnNames names = [] {
        NameVisitor visitor;
        const Proposal any;
        visit_proposal(any, visitor);
        return visitor.take();
    }();
    return names;
}

class Reviews final : public ports::ReviewRepository {
  public:
    explicit Reviews(SqlTx& tx) : tx_(tx) {}

    std::optional<Proposal> find(const std::string& id) override {
        static const std::string by_id =
            select_sql("review_proposal", proposal_columns()) + "where shard = $1 and id = $2";
        const auto payment = ports::payment_of_proposal(id);
        if (!payment) return std::nullopt;
        return first_of(tx_.query(by_id, {std::int64_t{payment->shard()}, id}));
    }

    std::optional<Proposal> find_open(PaymentSn payment, const std::string& request_no) override {
        static const std::string open =
            select_sql("review_proposal", proposal_columns()) +
            "where shard = $1 and payment = $2 and request_no = $3 and state = 'proposed'";
        return first_of(tx_.query(open, {std::int64_t{payment.shard()}, key_of(payment), request_no}));
    }

    std::vector<Proposal> list(const Filter& filter) override {
        sql::Values values{static_cast<std::int64_t>(filter.most)};
        std::string conditions = filter.only_open ? "where state = 'proposed'" : "where shard >= 0";
        if (filter.payment) {
            values.emplace_back(std::int64_t{filter.payment->shard()});
            values.emplace_back(key_of(*filter.payment));
            conditions += " and shard = $2 and payment = $3";
        }
        if (!filter.older_than.empty()) {
            values.emplace_back(filter.older_than);
            conditions +=
                " and (proposed_at, id) < (select proposed_at, id from review_proposal where id = $" +
                std::to_string(values.size()) + ")";
        }
        return read_rows(tx_.query(select_sql("review_proposal", proposal_columns()) + conditions +
                                       " order by proposed_at desc, id desc limit $1",
                                   values));
    }

    void insert(const Proposal& proposal) override {
        static const std::string sql = [] {
            ColumnNames names = proposal_columns();
            names.insert(names.begin(), "shard");
            return insert_sql("review_proposal", names);
        }();
        WriteVisitor writer(proposal_columns().size() + 1);
        writer.add(std::int64_t{proposal.payment.shard()});
        visit_proposal(proposal, writer);
        tx_.queue(sql, writer.take(), Reason{.token = "already_proposed"});
    }

    void settle(const Proposal& proposal) override {
        static const std::string sql =
            update_sql("review_proposal", {"state", "decided_by", "decided_at", "answer"}, {"shard", "id"}) +
            " and state = 'proposed'";
        WriteVisitor writer(6);
        writer("state", proposal.state);
        writer("decided_by", proposal.decided_by);
        writer("decided_at", proposal.decided_at);
        writer("answer", proposal.answer);
        writer.add(std::int64_t{proposal.payment.shard()});
        writer.add(proposal.id);
        tx_.queue(sql, writer.take(), Reason{.token = "not_open"});
    }

  private:
    static std::vector<Proposal> read_rows(sql::Rows rows) {
        std::vector<Proposal> proposals;
        for (sql::Row& row : rows) {
            ReadVisitor reader(row);
            visit_proposal(proposals.emplace_back(), reader);
        }
        return proposals;
    }
    static std::optional<Proposal> first_of(sql::Rows rows) {
        auto all = read_rows(std::move(rows));
        if (all.empty()) return std::nullopt;
        return std::move(all.front());
    }

    SqlTx& tx_;
};

}  // namespace

std::unique_ptr<ports::ReviewRepository> make_review_repository(SqlTx& tx) {
    return std::make_unique<Reviews>(tx);
}

}  // namespace huitong::store
