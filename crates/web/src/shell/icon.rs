//! Icons, drawn in lines on a grid of 16: decoration beside words, never instead of them.

use std::fmt;

use askama::filters::HtmlSafe;

macro_rules! icons {
    ($($name:ident = $path:literal;)+) => {
        /// An icon.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is what it is called")]
        pub enum Icon { $($name),+ }

        impl Icon {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What its line does.
            pub const fn path(self) -> &'static str {
                match self { $(Self::$name => $path),+ }
            }
        }
    };
}

icons! {
    Alert = "M8 2.6 14.3 13.4H1.7zM8 6.6v3.2M8 11.6v.01";
    Audit = "M3 3.5h10M3 6.5h10M3 9.5h6M3 12.5h4M10.3 11.8l1.3 1.3 2.2-2.6";
    Bolt = "M8.8 2.3 4 9h3.6l-.6 4.7L12 7H8.3z";
    Check = "M3.3 8.5 6.5 11.5 12.7 4.8";
    Clock = "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M8 5v3.2l2 1.3";
    Close = "M4 4l8 8M12 4l-8 8";
    Copy = "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7";
    Dots = "M3.5 8h.01M8 8h.01M12.5 8h.01";
    Download = "M8 2.5v7.7M4.8 7.3 8 10.4l3.2-3.1M2.5 13.5h11";
    Eye = "M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8M8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6";
    Filter = "M2.5 3.5h11L9.3 8.6v4.6l-2.6-1.4V8.6z";
    Flow = "M2.5 2.5h4v3.4h-4zM9.5 10.1h4v3.4h-4zM4.5 5.9v3.9a2 2 0 0 0 2 2h3";
    Home = "M2.5 7.2 8 2.8l5.5 4.4v6H9.8V9.6H6.2v3.6H2.5z";
    Info = "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M8 7.3v3.4M8 5.2v.01";
    Key = "M6 9.8a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4M8 8.7l5 5M10.5 11.2l1.5-1.5";
    Keyboard = "M1.8 4h12.4v8H1.8zM4.2 6.5h.01M6.8 6.5h.01M9.3 6.5h.01M11.8 6.5h.01M5.2 9.5h5.6";
    Left = "M9.8 3.5 5.3 8l4.5 4.5";
    Link = "M6.5 9.5l3-3M7.2 5l1.7-1.7a2.7 2.7 0 0 1 3.8 3.8L11 8.8M8.8 11l-1.7 1.7a2.7 2.7 0 0 1-3.8-3.8L5 7.2";
    Lock = "M4 7.3h8v6H4zM5.7 7.3V5.2a2.3 2.3 0 0 1 4.6 0v2.1";
    Menu = "M2.5 4.5h11M2.5 8h11M2.5 11.5h11";
    Message = "M2.5 3.5h11v8H7l-3 2.3v-2.3H2.5z";
    Outbox = "M2.5 9.5v3.7h11V9.5M2.5 9.5h3l1 1.6h3l1-1.6h3M8 7.4V2.6M5.8 4.6 8 2.4l2.2 2.2";
    Pause = "M5.5 3.5v9M10.5 3.5v9";
    People = "M6 7.8a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6M1.8 13c.3-2.2 2-3.3 4.2-3.3S9.9 10.8 10.2 13M10.5 3.4a2.2 2.2 0 0 1 0 4.2M11.6 9.9c1.5.3 2.4 1.4 2.6 3.1";
    Person = "M8 8.2A2.6 2.6 0 1 0 8 3a2.6 2.6 0 0 0 0 5.2M3 13.4c.5-2.3 2.5-3.5 5-3.5s4.5 1.2 5 3.5";
    Plus = "M8 3v10M3 8h10";
    Right = "M6.2 3.5 10.7 8l-4.5 4.5";
    Rotate = "M13 8a5 5 0 1 1-1.5-3.6M13 2.5v2.3h-2.3";
    Route = "M2.5 8h4M6.5 8l3.5-4h3.5M6.5 8l3.5 4h3.5M11.7 2.2 13.5 4l-1.8 1.8M11.7 10.2l1.8 1.8-1.8 1.8";
    Search = "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.4 10.4l3.3 3.3";
    Send = "M13.8 2.2 2.2 6.6l4.6 2.6 2.6 4.6zM6.8 9.2l3-3";
    Shield = "M8 2.2l5 1.7v4c0 3-2.1 5-5 6-2.9-1-5-3-5-6v-4z";
    SignIn = "M9 2.5h4v11H9M2.5 8h7M7 5.5 9.5 8 7 10.5";
    SignOut = "M7 2.5H3v11h4M6.5 8h7M11 5.5 13.5 8 11 10.5";
    Template = "M3.5 2.5h6l3 3v8h-9zM9.3 2.5v3.2h3.2M5.8 8.5h4.4M5.8 11h2.8";
    Theme = "M8 13.5a5.5 5.5 0 1 0 0-11zM8 2.5a5.5 5.5 0 1 0 0 11";
    Trash = "M3 4.5h10M6.3 4.5V2.8h3.4v1.7M4.3 4.5l.6 8.7h6.2l.6-8.7M6.8 7v3.7M9.2 7v3.7";
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>"#, self.path())
    }
}

impl HtmlSafe for Icon {}

/// The product's mark: a seal around a letter.
pub(super) struct Mark;

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(concat!(
            r#"<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round">"#,
            r#"<path d="M12 1.8l2.3 1.7 2.8-.4 1.1 2.6 2.6 1.1-.4 2.8 1.8 2.4-1.8 2.4.4 2.8-2.6 1.1-1.1 2.6-2.8-.4-2.3 1.7-2.3-1.7-2.8.4-1.1-2.6-2.6-1.1.4-2.8L1.8 12l1.8-2.4-.4-2.8 2.6-1.1 1.1-2.6 2.8.4z"/>"#,
            r#"<path d="M7.5 9.3h9v5.6h-9zM7.7 9.5l4.3 3.3 4.3-3.3"/></svg>"#
        ))
    }
}

impl HtmlSafe for Mark {}
