//! The typestate builder: what must be said before a route has a handler.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use http::Method;
use hyper::body::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use sealpost_store::Ctx;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::info::{Access, Callers, RouteInfo, Trace};
use crate::body::{self, Document, Form, Payload, Takes};
use crate::call::{Arrived, Call};
use crate::caller::{BoxFuture, Caller};
use crate::dialect::Dialect;
use crate::limits::Class;
use crate::permission::Permission;
use crate::problem::{Code, Failure, Refusal};
use crate::query;
use crate::reply::Reply;

/// Nobody has said yet who may call.
pub struct Undeclared;
/// It is said who may call.
pub struct Declared;
/// A mutating method whose audit action isn't named yet.
pub struct Silent;
/// It is said what a call leaves in the ledger.
pub struct Traced;

/// A route being described. `B` is its body, `Q` its query.
#[must_use = "a route without a handler is not served: end with `.to(handler)`"]
pub struct Route<A, T, B = (), Q = ()> {
    info: RouteInfo,
    schemas: Schemas,
    read_body: fn(&Payload) -> Result<B, Refusal>,
    read_query: fn(&str) -> Result<Q, Refusal>,
    state: PhantomData<fn() -> (A, T)>,
}

/// How a type describes itself.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

#[derive(Clone, Copy, Default)]
pub(crate) struct Schemas {
    pub(crate) body: Option<SchemaOf>,
    pub(crate) query: Option<SchemaOf>,
    pub(crate) answer: Option<SchemaOf>,
}

type Answer = BoxFuture<'static, Result<Reply, Failure>>;
pub(crate) type Handle = Box<dyn Fn(Ctx, Arc<Caller>, Arrived, &str) -> Result<Answer, Refusal> + Send + Sync>;

/// A route with its handler.
pub struct Endpoint {
    pub(crate) info: RouteInfo,
    pub(crate) schemas: Schemas,
    pub(crate) handle: Handle,
    /// Reads the example as the handler would.
    pub(crate) try_example: Box<dyn Fn(&Value) -> Result<(), Refusal> + Send + Sync>,
}

impl Endpoint {
    /// What the route says about itself.
    pub fn info(&self) -> &RouteInfo {
        &self.info
    }
}

/// A route that reads.
pub fn get(path: &'static str) -> Route<Undeclared, Traced> {
    Route::new(Method::GET, path)
}

/// A route that creates or acts.
pub fn post(path: &'static str) -> Route<Undeclared, Silent> {
    Route::new(Method::POST, path)
}

/// A route that replaces.
pub fn put(path: &'static str) -> Route<Undeclared, Silent> {
    Route::new(Method::PUT, path)
}

/// A route that changes in part.
pub fn patch(path: &'static str) -> Route<Undeclared, Silent> {
    Route::new(Method::PATCH, path)
}

/// A route that removes.
pub fn delete(path: &'static str) -> Route<Undeclared, Silent> {
    Route::new(Method::DELETE, path)
}

impl<T> Route<Undeclared, T> {
    fn new(method: Method, path: &'static str) -> Self {
        let path_params = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let info = RouteInfo {
            feature: "",
            method,
            path,
            path_params,
            access: Access::OpenToAll(""),
            callers: Callers::SecretKey,
            page: false,
            own_page: false,
            own_origin: None,
            from_anywhere: false,
            for_support: false,
            steps_up: false,
            class: None,
            trace: Trace::Reads,
            reveals: false,
            summary: "",
            description: "",
            takes: Takes::Nothing,
            body_limit: None,
            example: None,
            status: 200,
            media_type: "application/json",
            also: Vec::new(),
            done: None,
            dialect: None,
            lets_out: None,
            codes: Vec::new(),
        };
        Self { info, schemas: Schemas::default(), read_body: |_| Ok(()), read_query: no_query, state: PhantomData }
    }
}

impl<T, B, Q> Route<Undeclared, T, B, Q> {
    /// Callers need this permission.
    pub fn needs(mut self, permission: Permission) -> Route<Declared, T, B, Q> {
        self.info.access = Access::Needs(permission);
        self.into_state()
    }

    /// Every member who is signed in may call, whatever their role, because of `reason`: it is about nobody but themselves.
    pub fn signed_in(mut self, reason: &'static str) -> Route<Declared, T, B, Q> {
        self.info.access = Access::SignedIn(reason);
        self.info.callers = Callers::Session;
        self.into_state()
    }

    /// Directories that provision members may call, and nobody else, because of `reason`.
    pub fn for_directories(mut self, reason: &'static str) -> Route<Declared, T, B, Q> {
        self.info.access = Access::Directories(reason);
        self.info.callers = Callers::Directory;
        self.into_state()
    }

    /// Everybody may call, without any credential, because of `reason`.
    pub fn open_to_all(mut self, reason: &'static str) -> Route<Declared, T, B, Q> {
        self.info.access = Access::OpenToAll(reason);
        self.info.class = Some(Class::Open);
        self.into_state()
    }
}

impl<A, T, B, Q> Route<A, T, B, Q> {
    /// Secret keys and sessions may call; publishable keys may not. The default.
    pub fn secret_key(mut self) -> Self {
        self.info.callers = Callers::SecretKey;
        self
    }

    /// Publishable keys may call, too.
    pub fn any_key(mut self) -> Self {
        self.info.callers = Callers::AnyKey;
        self
    }

    /// Signed-in members may call, and no key.
    pub fn session(mut self) -> Self {
        self.info.callers = Callers::Session;
        self
    }

    /// It shows signed-in members a page. Whoever isn't signed in is led to where one signs in.
    pub fn page(mut self) -> Self {
        self.info.callers = Callers::Session;
        self.info.page = true;
        self.answers_with(200, "text/html; charset=utf-8")
    }

    /// For an unsafe route that is open to all: only a form that one of our own pages showed this visitor may call it
    /// ([`Call::visit`](crate::Call::visit)).
    pub fn own_page(mut self) -> Self {
        self.info.own_page = true;
        self
    }

    /// The same where the form carries something else that only this visitor has, because of `reason`: the request has to come from a
    /// page of this origin, and the handler makes sure whose it is by [`Call::csrf_token`](crate::Call::csrf_token).
    pub fn own_origin(mut self, reason: &'static str) -> Self {
        self.info.own_origin = Some(reason);
        self
    }

    /// Also for a member whom lists of networks shut out from where they are: it takes access away and gives none.
    pub fn from_anywhere(mut self) -> Self {
        self.info.from_anywhere = true;
        self
    }

    /// Also for whoever was let in to help, whatever their grant says: it shows nothing of anybody's.
    pub fn for_support(mut self) -> Self {
        self.info.for_support = true;
        self
    }

    /// It is sensitive: a member must have proved with a passkey within the last five minutes that it is them.
    pub fn step_up(mut self) -> Self {
        self.info.steps_up = true;
        self
    }

    /// What kind of work it is, for its rate limit.
    pub fn class(mut self, class: Class) -> Self {
        self.info.class = Some(class);
        self
    }

    /// A call leaves a ledger leaf with this action: `message.accept`. A `GET` that names one shows something worth a leaf.
    pub fn acts(mut self, action: &'static str) -> Route<A, Traced, B, Q> {
        self.info.trace = Trace::Acts(action);
        self.into_state()
    }

    /// Although its method is one that changes things, a call changes nothing, because of `reason`: a preview, a dry run.
    pub fn changes_nothing(mut self, reason: &'static str) -> Route<A, Traced, B, Q> {
        self.info.trace = Trace::ChangesNothing(reason);
        self.into_state()
    }

    /// What it does, in a few words.
    pub fn summary(mut self, summary: &'static str) -> Self {
        self.info.summary = summary;
        self
    }

    /// What else there is to know.
    pub fn describe(mut self, description: &'static str) -> Self {
        self.info.description = description;
        self
    }

    /// It may show clear data.
    pub fn reveals(mut self) -> Self {
        self.info.reveals = true;
        self
    }

    /// The largest body, in bytes.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.info.body_limit = Some(bytes);
        self
    }

    /// A file leaves by it: which, and what holds that (a quota, an approval, that it is one object's own). Whatever answers with a
    /// table, lines, an archive or an attachment says so, or isn't served.
    pub fn lets_out(mut self, what: &'static str) -> Self {
        self.info.lets_out = Some(what);
        self
    }

    /// A body that is accepted as it stands: shown in the documentation, sent by the generated tests. The registry refuses one
    /// that the body's type does not accept.
    pub fn example(mut self, body: Value) -> Self {
        self.info.example = Some(body);
        self
    }

    /// It says no as a standard of others does, as everything below its path.
    pub fn speaks(mut self, dialect: &'static Dialect) -> Self {
        self.info.dialect = Some(dialect);
        self
    }

    /// What the page it leads to says once it is done: `Message cancelled`.
    pub fn done(mut self, says: &'static str) -> Self {
        self.info.done = Some(says);
        self
    }

    /// Codes it refuses with, besides those every route may.
    pub fn refuses(mut self, codes: &[&'static Code]) -> Self {
        self.info.codes.extend_from_slice(codes);
        self
    }

    /// Success is this status with a JSON document.
    pub fn answers<O: JsonSchema>(mut self, status: u16) -> Self {
        self.info.status = status;
        self.schemas.answer = Some(|generator| generator.subschema_for::<O>());
        self
    }

    /// Success is this status with nothing, or with something that is not JSON.
    pub fn answers_with(mut self, status: u16, media_type: &'static str) -> Self {
        self.info.status = status;
        self.info.media_type = media_type;
        self.schemas.answer = None;
        self
    }

    /// Success may also be this status with another object, with something that is not JSON, or with nothing.
    pub fn also_answers(mut self, status: u16, media_type: &'static str) -> Self {
        self.info.also.push((status, media_type));
        self
    }

    /// It takes a JSON body. The type must refuse unknown fields (`#[serde(deny_unknown_fields)]`) at every level, else the
    /// registry refuses the route.
    pub fn takes<N: DeserializeOwned + JsonSchema>(mut self) -> Route<A, T, N, Q> {
        self.info.takes = Takes::Json;
        self.schemas.body = Some(|generator| generator.subschema_for::<N>());
        Route {
            info: self.info,
            schemas: self.schemas,
            read_body: body::typed,
            read_query: self.read_query,
            state: PhantomData,
        }
    }

    /// It takes the fields of a form. As with a body in JSON, the type must refuse unknown fields, and an
    /// [`example`](Self::example) shows them: an object of texts. A field left empty isn't there; a field `name[]` may be there
    /// more than once and is a list.
    pub fn takes_form<N: DeserializeOwned + JsonSchema>(mut self) -> Route<A, T, N, Q> {
        self.info.takes = Takes::Form;
        self.schemas.body = Some(|generator| generator.subschema_for::<N>());
        Route {
            info: self.info,
            schemas: self.schemas,
            read_body: body::form,
            read_query: self.read_query,
            state: PhantomData,
        }
    }

    /// It takes a JSON body of one of these media types, whose members a standard of others defines and extends: read as strictly,
    /// and whatever it has is the handler's to judge.
    pub fn takes_open(mut self, media_types: &'static [&'static str]) -> Route<A, T, Value, Q> {
        self.info.takes = Takes::OpenJson(media_types);
        Route {
            info: self.info,
            schemas: self.schemas,
            read_body: body::typed,
            read_query: self.read_query,
            state: PhantomData,
        }
    }

    /// It takes any bytes of one of these media types: a form, a file.
    pub fn takes_bytes(mut self, media_types: &'static [&'static str]) -> Route<A, T, Bytes, Q> {
        self.info.takes = Takes::Bytes(media_types);
        Route {
            info: self.info,
            schemas: self.schemas,
            read_body: bytes_of,
            read_query: self.read_query,
            state: PhantomData,
        }
    }

    /// It takes query parameters: the fields of `N`. Those of a page may come from a form, and be empty.
    pub fn queries<N: DeserializeOwned + JsonSchema>(mut self) -> Route<A, T, B, N> {
        self.schemas.query = Some(N::json_schema);
        let read_query = if self.info.page { query::read_fields } else { query::read };
        Route { info: self.info, schemas: self.schemas, read_body: self.read_body, read_query, state: PhantomData }
    }

    fn into_state<A2, T2>(self) -> Route<A2, T2, B, Q> {
        let Self { info, schemas, read_body, read_query, .. } = self;
        Route { info, schemas, read_body, read_query, state: PhantomData }
    }
}

impl<B: Send + 'static, Q: Send + 'static> Route<Declared, Traced, B, Q> {
    /// Who serves it.
    pub fn to<H, F>(self, handler: H) -> Endpoint
    where
        H: Fn(Call<B, Q>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Reply, Failure>> + Send + 'static,
    {
        let Self { info, schemas, read_body, read_query, .. } = self;
        let handle = move |ctx: Ctx, caller: Arc<Caller>, arrived: Arrived, query: &str| -> Result<Answer, Refusal> {
            let query = read_query(query)?;
            let body = read_body(&arrived.payload)?;
            Ok(Box::pin(handler(Call { ctx, caller, body, query, arrived })))
        };
        let takes = info.takes;
        let try_example = move |example: &Value| {
            let payload = match takes {
                Takes::Form => Payload::Form(Form::of_example(example)?),
                _ => Payload::Json(Document::parse(example.to_string().into())?),
            };
            read_body(&payload).map(drop)
        };
        Endpoint { info, schemas, handle: Box::new(handle), try_example: Box::new(try_example) }
    }
}

fn no_query(query: &str) -> Result<(), Refusal> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    if query.is_empty() { Ok(()) } else { query::read::<Nothing>(query).map(drop) }
}

fn bytes_of(payload: &Payload) -> Result<Bytes, Refusal> {
    match payload {
        Payload::Bytes(bytes) => Ok(bytes.clone()),
        _ => Ok(Bytes::new()),
    }
}
