//! How far support access reaches: asked of every route before anything is done.
//!
//! What a grant says is held to here, in one place, so that no handler can forget it: an object that isn't in the grant is as absent as
//! one that isn't there, and nothing that shows somebody in clear, takes a passkey, or leaves with everything is for whoever was let in
//! to help.

use crate::app::ENVIRONMENT;
use crate::caller::Support;
use crate::limits::Class;
use crate::problem::{Refusal, SUPPORT_OUT_OF_REACH};
use crate::route::RouteInfo;

/// Refuses a route that this support access doesn't reach. `params` are in the order of [`RouteInfo::path_params`], `here` says whether
/// the request is for the environment of the grant.
pub(crate) fn expect(info: &RouteInfo, support: &Support, params: &[String], here: bool) -> Result<(), Refusal> {
    if info.for_support {
        return if here || !info.path_params.contains(&ENVIRONMENT) { Ok(()) } else { Err(crate::call::not_found()) };
    }
    let only_looks = !info.is_unsafe() || info.class == Some(Class::Search);
    let takes_more = info.permission().is_none()
        || info.reveals
        || info.steps_up
        || info.lets_out.is_some()
        || info.class == Some(Class::Whole);
    if takes_more || support.read_only && !only_looks {
        return Err(Refusal::of(&SUPPORT_OUT_OF_REACH));
    }
    let named = info.path_params.iter().zip(params).filter(|(name, _)| **name != ENVIRONMENT);
    let mut named = named.map(|(_, value)| value).peekable();
    let within =
        support.objects.is_empty() || named.peek().is_some() && named.all(|value| support.objects.contains(value));
    if here && within { Ok(()) } else { Err(crate::call::not_found()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::tests_of_support::{READ, WRITE};
    use crate::route::{get, post};
    use crate::{Call, Endpoint, Failure, Reply};

    async fn nothing(_: Call) -> Result<Reply, Failure> {
        Ok(Reply::ok(&())?)
    }

    fn look(path: &'static str) -> Endpoint {
        get(path).needs(READ).class(Class::Read).summary("Look").to(nothing)
    }

    fn code(of: &Endpoint, support: &Support, params: &[&str], here: bool) -> Option<&'static str> {
        let params: Vec<String> = params.iter().map(|one| (*one).to_owned()).collect();
        expect(of.info(), support, &params, here).err().map(|refusal| refusal.code().code)
    }

    #[test]
    fn only_what_the_grant_names_is_there() {
        let all = Support { read_only: true, objects: vec![] };
        let some = Support { read_only: true, objects: vec!["con_1".into(), "con_2".into()] };
        let (list, one) = (look("/v1/things"), look("/v1/things/{id}"));
        let (page, nested) = (look("/app/{env}/things"), look("/app/{env}/things/{id}/parts/{part}"));
        assert_eq!(code(&list, &all, &[], true), None);
        assert_eq!(code(&one, &all, &["con_9"], true), None);
        assert_eq!(code(&list, &all, &[], false), Some("not_found"));
        assert_eq!(code(&one, &some, &["con_1"], true), None);
        assert_eq!(code(&one, &some, &["con_9"], true), Some("not_found"));
        assert_eq!(code(&one, &some, &["con_1"], false), Some("not_found"));
        assert_eq!(code(&list, &some, &[], true), Some("not_found"));
        assert_eq!(code(&page, &some, &["test"], true), Some("not_found"));
        assert_eq!(code(&nested, &some, &["test", "con_1", "con_9"], true), Some("not_found"));
        assert_eq!(code(&nested, &some, &["test", "con_1", "con_2"], true), None);
    }

    #[test]
    fn whoever_may_only_look_changes_nothing_and_takes_nothing_along() {
        let look = Support { read_only: true, objects: vec![] };
        let change = Support { read_only: false, objects: vec![] };
        let write = || post("/v1/things").needs(WRITE).acts("thing.create").summary("Make");
        let plain = write().class(Class::Write).to(nothing);
        assert_eq!(code(&plain, &look, &[], true), Some("support_out_of_reach"));
        assert_eq!(code(&plain, &change, &[], true), None);
        let search =
            post("/v1/things/search").needs(READ).class(Class::Search).changes_nothing("it searches").summary("Search");
        assert_eq!(code(&search.to(nothing), &look, &[], true), None);
        let whole = get("/v1/things/export").needs(READ).class(Class::Whole).summary("Export").to(nothing);
        let own = get("/app/{env}/me").signed_in("it is about the member").class(Class::Read).summary("Me").to(nothing);
        let sensitive = write().step_up().class(Class::Write).to(nothing);
        for (route, params) in [(&whole, &[][..]), (&own, &["test"][..]), (&sensitive, &[][..])] {
            assert_eq!(code(route, &change, params, true), Some("support_out_of_reach"), "{}", route.info().path);
        }
    }
}
