//! `GET /v1/roles/matrix`, `GET /docs/roles`

use sealpost_web::{Call, Class, Endpoint, Failure, Reply, docs, get};

use super::Api;
use crate::permissions::MEMBERS_READ;
use crate::roles::matrix::MatrixView;
use crate::roles::{Role, RoleMatrix, Standard, service};

pub(super) fn route(api: Api, matrix: RoleMatrix) -> Endpoint {
    get("/v1/roles/matrix")
        .needs(MEMBERS_READ)
        .class(Class::Read)
        .summary("Show which role may call which route")
        .describe("Made from the routes themselves. Ours and the organisation's own roles.")
        .answers::<MatrixView>(200)
        .to(move |call| show(api.clone(), matrix.clone(), call))
}

async fn show(api: Api, matrix: RoleMatrix, call: Call) -> Result<Reply, Failure> {
    let own = api.house.read(&call.ctx, |tx| service::list(tx, None, u32::MAX >> 1)).await?;
    let roles: Vec<Role> = ours().into_iter().chain(own.into_iter().map(|stored| stored.role)).collect();
    Ok(Reply::ok(&matrix.view(&roles))?)
}

pub(super) fn page(matrix: RoleMatrix) -> Endpoint {
    get("/docs/roles")
        .open_to_all("documentation holds no data")
        .summary("Which role may call which route, for people")
        .answers_with(200, "text/html")
        .to(move |_: Call| {
            let (roles, about) = (
                ours(),
                "<h1>Roles</h1><p>What members of our roles may call. Made from the running server’s routes; \
                <code>GET /v1/roles/matrix</code> is the same for programs, with your own roles.</p>",
            );
            let names: Vec<String> = roles.iter().map(|role| role.name.clone()).collect();
            let table = matrix.view(&roles).table(&names);
            let region = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Who may call what\">";
            std::future::ready(Ok(docs::page("Sealpost roles", &format!("{about}{region}{table}</div>"))))
        })
}

fn ours() -> Vec<Role> {
    Standard::ALL.map(Standard::role).into()
}
