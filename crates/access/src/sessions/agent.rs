//! What kind of browser a session is in: two words out of a closed list. What a browser says of itself tells people apart; this
//! doesn't, and it is all that is kept.

/// A browser and a system, as far as we know their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    browser: &'static str,
    system: &'static str,
}

/// What stands in a `User-Agent`, in this order: many browsers also claim to be others.
const BROWSERS: [(&str, &str); 6] = [
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("firefox/", "Firefox"),
    ("chrom", "Chrome"),
    ("crios/", "Chrome"),
    ("safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("mac os x", "macOS"),
    ("cros", "ChromeOS"),
    ("linux", "Linux"),
];
const OTHER: &str = "other";

impl Agent {
    /// What a request's `User-Agent` comes down to.
    pub fn of(user_agent: Option<&str>) -> Self {
        let text = user_agent.unwrap_or_default().to_ascii_lowercase();
        let known = |all: &[(&str, &'static str)]| {
            all.iter().find(|(mark, _)| text.contains(mark)).map_or(OTHER, |(_, word)| *word)
        };
        Self { browser: known(&BROWSERS), system: known(&SYSTEMS) }
    }

    /// As it is stored: `Firefox/Linux`.
    pub(crate) fn to_text(self) -> String {
        format!("{}/{}", self.browser, self.system)
    }

    /// What was stored; words of another version are other.
    pub(crate) fn from_text(text: &str) -> Self {
        let (browser, system) = text.split_once('/').unwrap_or((OTHER, OTHER));
        let known = |all: &[(&str, &'static str)], word: &str| {
            all.iter().find(|(_, one)| *one == word).map_or(OTHER, |(_, one)| *one)
        };
        Self { browser: known(&BROWSERS, browser), system: known(&SYSTEMS, system) }
    }

    /// The browser's name, or `other`.
    pub const fn browser(self) -> &'static str {
        self.browser
    }

    /// The system's name, or `other`.
    pub const fn system(self) -> &'static str {
        self.system
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_comes_down_to_two_words() {
        for (text, browser, system) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
                "Edge",
                "Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "Safari",
                "macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile Safari/604.1",
                "Chrome",
                "iPhone",
            ),
            ("curl/8.5", "other", "other"),
        ] {
            let agent = Agent::of(Some(text));
            assert_eq!((agent.browser(), agent.system()), (browser, system));
            assert_eq!(Agent::from_text(&agent.to_text()), agent);
        }
        assert_eq!(Agent::from_text("Ada Example"), Agent::of(None));
    }
}
