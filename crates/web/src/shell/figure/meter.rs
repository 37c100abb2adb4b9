//! A share of a whole, as a bar in a line of text.

use std::fmt;

use askama::filters::HtmlSafe;

/// One part of a bar.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Its share of the whole, between 0 and 1.
    pub share: f64,
    /// Its fill in the style sheet.
    pub fill: &'static str,
}

/// A bar of parts, one behind the other. Decoration: the numbers stand beside it.
#[derive(Clone, Debug)]
pub struct Meter {
    parts: Vec<Part>,
    /// Where a mark stands, if anywhere.
    mark: Option<f64>,
}

impl Meter {
    /// A bar of these parts.
    pub fn new(parts: Vec<Part>) -> Self {
        Self { parts, mark: None }
    }

    /// The same with a mark, between 0 and 1.
    pub fn mark(mut self, at: f64) -> Self {
        self.mark = Some(at);
        self
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"<svg class="meter" aria-hidden="true"><rect class="f-well" width="100%" height="100%"/>"#)?;
        let mut from = 0.0;
        for part in &self.parts {
            let share = (part.share * 100.0).clamp(0.0, 100.0 - from);
            if share > 0.0 {
                write!(
                    f,
                    r#"<rect class="{}" x="{from:.2}%" width="{:.2}%" height="100%"/>"#,
                    part.fill,
                    share.max(0.4)
                )?;
            }
            from += share;
        }
        if let Some(mark) = self.mark {
            let at = (mark * 100.0).clamp(0.0, 100.0);
            write!(f, r#"<line class="s-mark" x1="{at:.2}%" x2="{at:.2}%" y1="0" y2="100%"/>"#)?;
        }
        f.write_str("</svg>")
    }
}

impl HtmlSafe for Meter {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_never_leave_the_bar() {
        let part = |share| Part { share, fill: "f-ok" };
        let text = Meter::new(vec![part(0.7), part(0.7), part(f64::NAN)]).mark(2.0).to_string();
        assert!(text.contains(r#"x="70.00%" width="30.00%""#) && text.contains(r#"x1="100.00%""#), "{text}");
        assert!(!text.contains("NaN"), "{text}");
    }
}
