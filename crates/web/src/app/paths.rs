//! From method and path to a route.

use http::Method;

use crate::query::decode;

/// The methods routes may have, in the order `Allow` lists them.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A radix tree of path templates.
#[derive(Default)]
pub(crate) struct Paths {
    tree: matchit::Router<usize>,
    places: Vec<[Option<usize>; METHODS.len()]>,
    templates: Vec<&'static str>,
}

/// The route a request is for.
pub(crate) struct Found {
    pub(crate) entry: usize,
    pub(crate) params: Vec<String>,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotFound {
    Path,
    /// The path exists; the methods it answers to.
    Method(String),
}

/// The path or method can't be added.
#[derive(Debug)]
pub(crate) struct Clash;

impl Paths {
    pub(crate) fn insert(&mut self, method: &Method, path: &'static str, entry: usize) -> Result<(), Clash> {
        let place = match self.templates.iter().position(|template| *template == path) {
            Some(place) => place,
            None => {
                self.tree.insert(path, self.places.len()).map_err(|_| Clash)?;
                self.templates.push(path);
                self.places.push([None; METHODS.len()]);
                self.places.len() - 1
            }
        };
        let method = index(method).ok_or(Clash)?;
        match self.places[place][method].replace(entry) {
            None => Ok(()),
            Some(_) => Err(Clash),
        }
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<Found, NotFound> {
        let found = self.tree.at(path).map_err(|_| NotFound::Path)?;
        let methods = &self.places[*found.value];
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        let entry = index(wanted).and_then(|method| methods[method]).ok_or_else(|| NotFound::Method(allow(methods)))?;
        let params = found
            .params
            .iter()
            .map(|(_, value)| decode_segment(value).ok_or(NotFound::Path))
            .collect::<Result<_, _>>()?;
        Ok(Found { entry, params })
    }
}

fn index(method: &Method) -> Option<usize> {
    METHODS.iter().position(|known| known == method)
}

fn allow(methods: &[Option<usize>; METHODS.len()]) -> String {
    let mut allow = String::new();
    for (method, entry) in METHODS.iter().zip(methods) {
        if entry.is_some() {
            allow.push_str(if allow.is_empty() { "" } else { ", " });
            allow.push_str(if *method == Method::GET { "GET, HEAD" } else { method.as_str() });
        }
    }
    allow
}

/// In a path a plus is a plus (RFC 3986 §2.2).
fn decode_segment(text: &str) -> Option<String> {
    if text.contains('+') { decode(&text.replace('+', "%2B")).map(Into::into) } else { decode(text).map(Into::into) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths {
        let mut paths = Paths::default();
        paths.insert(&Method::GET, "/v1/things/{id}", 0).unwrap();
        paths.insert(&Method::DELETE, "/v1/things/{id}", 1).unwrap();
        paths.insert(&Method::POST, "/v1/things/batch", 2).unwrap();
        paths
    }

    #[test]
    fn a_path_leads_to_its_route_with_decoded_parameters() {
        let paths = paths();
        let found = paths.find(&Method::DELETE, "/v1/things/a%20b+c").unwrap();
        assert_eq!((found.entry, found.params), (1, vec!["a b+c".to_owned()]));
        assert_eq!(paths.find(&Method::HEAD, "/v1/things/x").map(|found| found.entry).ok(), Some(0));
        assert_eq!(paths.find(&Method::POST, "/v1/things/batch").map(|found| found.entry).ok(), Some(2));
    }

    #[test]
    fn an_unknown_path_and_an_unknown_method_differ() {
        let paths = paths();
        assert_eq!(paths.find(&Method::GET, "/v1/nothing").err(), Some(NotFound::Path));
        assert_eq!(paths.find(&Method::GET, "/v1/things/%ff").err(), Some(NotFound::Path));
        assert_eq!(
            paths.find(&Method::PATCH, "/v1/things/x").err(),
            Some(NotFound::Method("GET, HEAD, DELETE".into()))
        );
        assert_eq!(
            paths.find(&Method::TRACE, "/v1/things/x").err(),
            Some(NotFound::Method("GET, HEAD, DELETE".into()))
        );
    }

    #[test]
    fn the_same_route_twice_clashes() {
        assert!(paths().insert(&Method::GET, "/v1/things/{id}", 3).is_err());
        assert!(paths().insert(&Method::PUT, "/v1/things/{other}", 3).is_err());
    }
}
