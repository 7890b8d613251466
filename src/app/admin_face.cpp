#include "app/admin_face.hpp"

#include "api/admin/routes.hpp"

namespace huitong::app {

AdminFace::AdminFace(AdminFaceDeps deps, flows::ReviewOptions review)
    : operators_(deps.store, deps.time, deps.random),
      onboard_(deps.store, deps.time, deps.random),
      desk_(deps.store, deps.time),
      reviews_(deps.store, deps.time, deps.random, std::move(review)),
      sign_in_(operators_, deps.time),
      handler_(api::admin::make_handler(
          api::admin::Services{.sign_in = sign_in_,
                               .operators = operators_,
                               .onboard = onboard_,
                               .desk = desk_,
                               .reviews = reviews_,
                               .reader = flows::Reader(deps.store),
                               .verify_ledger = [&store = deps.store] { return flows::verify_ledger(store); },
                               .verify_audit = [&store = deps.store] { return flows::verify_audit(store); },
                               .clock = deps.time,
                               .is_draining = std::move(deps.is_draining)})) {}

}  // namespace huitong::app
