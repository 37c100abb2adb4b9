//! What went wrong, as a page, for people who looked for one.

use std::sync::Arc;

use http::header::{ACCEPT, ALLOW, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use sealpost_store::Ctx;

use super::{Inner, Trail};
use crate::browser::Bearer;
use crate::caller::Caller;
use crate::problem::{Failure, Fault, INTERNAL, Refusal};
use crate::reply::Reply;
use crate::shell::{Problem, stranger};

/// Who asks where pages are, and who it turned out to be.
pub(super) struct Visitor {
    pub(super) headers: HeaderMap,
    pub(super) known: Option<Arc<Caller>>,
    /// Who it would be if they came from elsewhere.
    pub(super) shut_out: Option<Arc<Caller>>,
}

impl Visitor {
    /// Whether they read pages: browsers name the media type where people go (Fetch Standard, "fetching", step 14), scripts don't.
    fn reads_pages(&self) -> bool {
        let named = self.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        named
            .flat_map(|value| value.split(','))
            .any(|range| range.split(';').next().is_some_and(|r| r.trim() == "text/html"))
    }
}

impl Inner {
    /// The failure as a page; as it is where it leads to something that has to be done first, or can't be shown.
    pub(super) async fn dressed(&self, failure: Failure, trail: &Trail) -> Result<Reply, Failure> {
        let Some(visitor) = trail.visitor.as_ref().filter(|visitor| visitor.reads_pages()) else { return Err(failure) };
        let refusal = match failure {
            Failure::Refused(refusal) if self.leads_elsewhere(&refusal, trail).is_some() => return Err(refusal.into()),
            Failure::Refused(refusal) => refusal,
            Failure::Fault(fault) => {
                self.log_fault(&fault, trail);
                Refusal::of(&INTERNAL)
            }
        };
        match self.problem_page(&refusal, visitor, trail).await {
            Ok(page) => Ok(with_hints(page.with_status(refusal.code().status), &refusal)),
            Err(_) => Err(refusal.into()),
        }
    }

    pub(super) fn log_fault(&self, fault: &Fault, trail: &Trail) {
        let route = trail.entry.map_or("", |at| self.entries[at].info.path);
        tracing::error!(request = %trail.request, route, error = %fault, "request.failed");
    }

    async fn problem_page(&self, refusal: &Refusal, visitor: &Visitor, trail: &Trail) -> Result<Reply, Failure> {
        let problem = Problem::new(refusal, trail.request);
        let Some(dashboard) = &self.dashboard else { return Err(Fault::new("no dashboard").into()) };
        let session = visitor.known.as_ref().and_then(|caller| Some((caller, caller.session?)));
        let Some((caller, session)) = session else {
            let session = visitor.shut_out.as_ref().and_then(|caller| caller.session);
            let leave = session.map(|session| self.csrf.token(Bearer::Session(session.id)));
            return Ok(stranger(problem.alone(dashboard.frame.assets(), leave).map_err(Fault::new)?));
        };
        let ctx: Ctx = self.ctx(caller, trail);
        let csrf = self.csrf.token(trail.bearer(&session));
        let desk = dashboard.desk(&ctx, caller, &csrf, &visitor.headers).await?;
        let desk = desk.previewing(trail.preview.clone());
        let path = trail.entry.map_or("", |at| self.entries[at].info.path);
        desk.page(&ctx, path, problem.title(), &problem)
    }
}

/// What a program would look for in the headers.
fn with_hints(mut page: Reply, refusal: &Refusal) -> Reply {
    if let Some(seconds) = refusal.seconds_to_wait() {
        page.headers.insert(RETRY_AFTER, seconds.into());
    }
    if let Some(allow) = refusal.text_member("allow").and_then(|allow| HeaderValue::from_str(allow).ok()) {
        page.headers.insert(ALLOW, allow);
    }
    page
}
