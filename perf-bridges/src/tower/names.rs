//! What requests are counted as: names of which there are only so many.

use http::request::Parts;
use perf_core::__bridge::heal;
use std::{
    borrow::Cow,
    collections::HashSet,
    fmt,
    sync::{Arc, RwLock},
};

/// The operation of requests that match no route.
pub(super) const UNMATCHED: &str = "(unmatched)";

type Route = dyn Fn(&Parts) -> Option<String> + Send + Sync;

/// A way to name requests.
#[derive(Clone)]
pub(super) enum Names {
    /// By the route axum matched.
    Matched,
    /// As the user says.
    Route(Arc<Route>),
    /// By the gRPC method called.
    Methods(Arc<Methods>),
}

impl Names {
    pub(super) fn methods() -> Self {
        Self::Methods(Arc::default())
    }

    /// The name of a request, if it has one yet.
    pub(super) fn of<'a>(&self, request: &'a Parts) -> Option<Cow<'a, str>> {
        match self {
            Self::Matched => matched(request).map(Cow::Borrowed),
            Self::Route(route) => route(request).map(Cow::Owned),
            Self::Methods(methods) => {
                grpc_method(request).filter(|method| methods.called(method)).map(Cow::Borrowed)
            }
        }
    }

    /// Where the name of a request depends on how it is answered: its method.
    pub(super) fn learning(&self, request: &Parts) -> Option<Learning> {
        let Self::Methods(methods) = self else { return None };
        let method = grpc_method(request)?.into();
        Some(Learning { methods: Arc::clone(methods), method })
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Matched => "Matched",
            Self::Route(_) => "Route(..)",
            Self::Methods(_) => "Methods(..)",
        })
    }
}

#[cfg(feature = "axum")]
fn matched(request: &Parts) -> Option<&str> {
    request.extensions.get().map(axum::extract::MatchedPath::as_str)
}

#[cfg(not(feature = "axum"))]
fn matched(_: &Parts) -> Option<&str> {
    None
}

/// `package.Service/Method`.
fn grpc_method(request: &Parts) -> Option<&str> {
    let name = request.uri.path().strip_prefix('/')?;
    let (service, method) = name.split_once('/')?;
    (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some(name)
}

/// The gRPC methods that have names. Anybody can call others, so a method that has not been answered
/// yet gets one only while there is much room: what runs in it then has it as its caller.
#[derive(Debug, Default)]
pub(super) struct Methods {
    named: RwLock<HashSet<Box<str>>>,
}

/// So many methods get names, of which so many before they are answered.
const MOST: usize = 1_000;
const UNANSWERED: usize = MOST / 2;

impl Methods {
    /// Whether a method has a name when it is called.
    fn called(&self, method: &str) -> bool {
        self.is_named(method, UNANSWERED)
    }

    /// Whether it has one when it has been answered well.
    fn answered(&self, method: &str) -> bool {
        self.is_named(method, MOST)
    }

    fn is_named(&self, method: &str, most: usize) -> bool {
        let named = heal(self.named.read());
        if named.contains(method) || named.len() >= most {
            return named.contains(method);
        }
        drop(named);
        let mut named = heal(self.named.write());
        if named.len() < most {
            named.insert(method.into());
        }
        named.contains(method)
    }
}

/// What an answer says of the method called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Answer {
    /// There is one.
    Good,
    /// There is none.
    NoSuchMethod,
    /// Nothing.
    Other,
}

/// A call of a gRPC method, which may not exist.
#[derive(Debug)]
pub(super) struct Learning {
    methods: Arc<Methods>,
    method: Box<str>,
}

impl Learning {
    /// Its name, now that it has been answered.
    pub(super) fn name(&self, answer: Answer) -> &str {
        let has_name = match answer {
            Answer::Good => self.methods.answered(&self.method),
            // Whoever asks for credentials does so for methods there are not, too.
            Answer::Other => self.methods.called(&self.method),
            Answer::NoSuchMethod => false,
        };
        if has_name { &self.method } else { UNMATCHED }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn head(path: &str) -> Parts {
        Request::get(path).body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_grpc_path_is_a_service_and_a_method() {
        assert_eq!(grpc_method(&head("/a.b.C/Do?x=1")), Some("a.b.C/Do"));
        for path in ["/", "/a", "/a/", "//b", "/a/b/c", "*", "http://host/"] {
            assert_eq!(grpc_method(&head(path)), None, "{path}");
        }
    }

    #[test]
    fn unknown_methods_take_no_room_from_those_there_are() {
        let names = Names::methods();
        let Names::Methods(methods) = &names else { unreachable!() };
        let at_sight = (0..10_000).filter(|n| names.of(&head(&format!("/any/{n}"))).is_some());
        assert_eq!(at_sight.count(), UNANSWERED);
        let real = head("/real/Method");
        assert_eq!(names.of(&real), None);
        let learning = names.learning(&real).unwrap();
        for answer in [Answer::NoSuchMethod, Answer::Other] {
            assert_eq!(learning.name(answer), UNMATCHED);
        }
        assert_eq!(learning.name(Answer::Good), "real/Method");
        assert_eq!(names.of(&real).as_deref(), Some("real/Method"));
        let answered = (0..10_000).filter(|n| methods.answered(&format!("some/{n}")));
        assert_eq!(answered.count(), MOST - UNANSWERED - 1);
        assert_eq!(methods.named.read().unwrap().len(), MOST);
    }
}
