// The admin API over the stories it tells, on the store of a running platform (api/admin, docs/admin-api.md).
#pragma once

#include "flows/decide.hpp"
#include "flows/limits.hpp"
#include "flows/onboard.hpp"
#include "flows/sign_in.hpp"
#include "net/message.hpp"

namespace huitong::app {

struct AdminFaceDeps {
    ports::StorePort& store;
    task::Time& time;
    core::Random& random;
    std::function<bool()> is_draining;
};

class AdminFace {
  public:
    // What `deps` names must outlive it, and it the requests it serves.
    AdminFace(AdminFaceDeps deps, flows::ReviewOptions review);
    AdminFace(const AdminFace&) = delete;
    AdminFace& operator=(const AdminFace&) = delete;

    [[nodiscard]] const net::Handler& handler() const { return handler_; }

  private:
    flows::Operators operators_;
    flows::Onboard onboard_;
    flows::Desk desk_;
    flows::Reviews reviews_;
    flows::SignIn sign_in_;
    net::Handler handler_;
};

}  // namespace huitong::app
