//! The last so many of something, each a small bar.

use std::fmt;

use askama::filters::HtmlSafe;

const STEP: usize = 6;
const HEIGHT: f64 = 20.0;

/// One bar: how high, and in which fill of the style sheet.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    /// Between 0 and 1.
    pub height: f64,
    /// `f-ok`, `f-bad`, `f-idle`.
    pub fill: &'static str,
}

/// The last so many of something. Decoration: what it says stands beside it in words.
#[derive(Clone, Debug)]
pub struct Spark(pub Vec<Beat>);

impl fmt::Display for Spark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.len() * STEP;
        write!(f, r#"<svg class="spark" width="{width}" height="20" viewBox="0 0 {width} 20" aria-hidden="true">"#)?;
        for (at, beat) in self.0.iter().enumerate() {
            let height = (beat.height.clamp(0.0, 1.0) * HEIGHT).max(2.0);
            let (x, y) = (at * STEP, HEIGHT - height);
            write!(f, r#"<rect class="{}" x="{x}" y="{y:.1}" width="4" height="{height:.1}" rx="1"/>"#, beat.fill)?;
        }
        f.write_str("</svg>")
    }
}

impl HtmlSafe for Spark {}
