//! What the cards of the first page show.

use sealpost_govern::activity::{Ages, Count, Span};
use sealpost_govern::audit::ResultWord;
use sealpost_store::Time;
use sealpost_web::shell::figure::{Bars, Column, Lines, Rosette, Series, Spark, Twin};
use sealpost_web::shell::parts::{State as Badge, Took, When, grouped};

use crate::messages::{Figure, Figures};

/// What a bar of messages is made of.
const MESSAGES: &[Series] = &[
    Series { name: "delivered", fill: "f-accent" },
    Series { name: "sent", fill: "f-wash" },
    Series { name: "not delivered", fill: "f-bad" },
];
const LOOKS: &[Series] = &[Series { name: "looks", fill: "f-accent" }, Series { name: "refused", fill: "f-bad" }];

/// How far back the pictures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    Day,
    Week,
    Fortnight,
}

impl Range {
    pub(super) const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Fortnight];

    pub(super) const fn days(self) -> u16 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Fortnight => 14,
        }
    }

    pub(super) fn of(days: Option<u16>) -> Self {
        Self::ALL.into_iter().find(|range| Some(range.days()) == days).unwrap_or(Self::Day)
    }

    pub(super) const fn says(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Fortnight => "14 days",
        }
    }

    /// Half hours of a day, three hours of a week, six of two.
    pub(super) fn span(self, now: Time) -> Span {
        match self {
            Self::Day => Span::until(now, 48, 2),
            Self::Week => Span::until(now, 56, 12),
            Self::Fortnight => Span::until(now, 56, 24),
        }
    }

    /// How many steps lie between two words under a picture.
    const fn between_ticks(self) -> usize {
        match self {
            Self::Day | Self::Week => 8,
            Self::Fortnight => 8,
        }
    }

    fn tick(self, at: Time) -> String {
        match self {
            Self::Day => clock(at),
            Self::Week | Self::Fortnight => date(at),
        }
    }
}

/// How messages fare.
pub(super) struct MessageCard {
    pub(super) accepted: String,
    pub(super) delivered: String,
    pub(super) share: Option<String>,
    pub(super) lost: String,
    pub(super) under_way: String,
    pub(super) bars: Bars,
    pub(super) shows_sent: bool,
}

/// How long they take.
pub(super) struct TimeCard {
    pub(super) half: Option<Took>,
    pub(super) most: Option<Took>,
    pub(super) lines: Lines,
}

/// Proof that nothing was changed.
pub(super) struct LedgerCard {
    pub(super) seal: Rosette,
    pub(super) size: String,
    pub(super) unsigned: u64,
    pub(super) signed: Option<When>,
    pub(super) href: String,
}

/// Who looked at clear data.
pub(super) struct LooksCard {
    pub(super) looks: String,
    pub(super) refused: String,
    pub(super) bars: Bars,
    pub(super) href: String,
}

/// How endpoints do.
pub(super) struct EndpointLine {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) state: Badge,
    pub(super) spark: Spark,
    /// What the spark says, in words.
    pub(super) says: String,
}

pub(super) fn messages(figures: &Figures, range: Range) -> MessageCard {
    let all = figures.all();
    let arrived = all.delivered + all.sent;
    let ended = arrived + all.lost;
    let says = format!(
        "{} messages accepted in {}, {} arrived or sent, {} not delivered.",
        all.accepted,
        range.says(),
        arrived,
        all.lost
    );
    let columns = figures.steps.iter().enumerate().map(|(at, step)| column(figures.span, range, at, values(*step)));
    MessageCard {
        accepted: grouped(all.accepted),
        delivered: grouped(arrived),
        share: (ended > 0).then(|| format!("{:.1} %", arrived as f64 / ended as f64 * 100.0)),
        lost: grouped(all.lost),
        under_way: grouped(figures.under_way),
        bars: Bars::new(says, MESSAGES, columns.collect()),
        shows_sent: all.sent > 0,
    }
}

fn values(figure: Figure) -> Vec<u64> {
    vec![figure.delivered, figure.sent, figure.lost]
}

fn column(span: Span, range: Range, at: usize, values: Vec<u64>) -> Column {
    let begin = span.begin(at);
    let tick = at.is_multiple_of(range.between_ticks()).then(|| range.tick(begin));
    Column { when: format!("{} {}", date(begin), clock(begin)), tick, values }
}

pub(super) fn times(figures: &Figures, range: Range) -> TimeCard {
    let all = figures.ages();
    let took = |share: f64| all.within(share).map(|ms| Took(ms.round() as i64));
    let line = |share: f64| figures.ages.iter().map(|ages| ages.within(share)).collect::<Vec<_>>();
    let (half, most) = (line(0.5), line(0.95));
    let cell = |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), |ms| Took(ms.round() as i64).to_string());
    let rows = figures.ages.iter().enumerate().filter(|(_, ages): &(usize, &Ages)| ages.count() > 0).map(|(at, _)| {
        let begin = figures.span.begin(at);
        vec![format!("{} {}", date(begin), clock(begin)), cell(&half[at]), cell(&most[at])]
    });
    let heads = ["Time", "half within", "95 of 100 within"].map(str::to_owned).to_vec();
    let says = match (took(0.5), took(0.95)) {
        (Some(half), Some(most)) => format!("Half of all messages arrived within {half}, 95 of 100 within {most}."),
        _ => "No message has arrived in this time.".to_owned(),
    };
    let twin = Twin::new(says.clone(), heads, rows.collect());
    let ticks = vec![range.tick(figures.span.from.begin()), "now".to_owned()];
    let write = |ms: f64| Took(ms.round() as i64).to_string();
    let lines = Lines::new(says, ticks, &[("s-soft", &most), ("s-accent", &half)], write, twin);
    TimeCard { half: took(0.5), most: took(0.95), lines }
}

pub(super) fn looks(counts: &[Count], span: Span, href: String) -> LooksCard {
    let mut steps = vec![(0, 0); span.steps()];
    for count in counts.iter().filter(|count| count.action.ends_with(".reveal")) {
        if let Some((looks, refused)) = steps.get_mut(count.step) {
            *(if count.result == ResultWord::Ok { looks } else { refused }) += count.count;
        }
    }
    let (looks, refused) = steps.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    let says = format!("{looks} looks at clear data in 14 days, {refused} refused.");
    let columns = steps.iter().enumerate().map(|(at, (looks, refused))| {
        let begin = span.begin(at);
        let tick = (at % 4 == 1).then(|| date(begin));
        Column { when: date(begin), tick, values: vec![*looks, *refused] }
    });
    LooksCard {
        looks: grouped(looks),
        refused: grouped(refused),
        bars: Bars::new(says, LOOKS, columns.collect()),
        href,
    }
}

/// `09:30`, in UTC.
fn clock(at: Time) -> String {
    at.to_string().get(11..16).unwrap_or_default().to_owned()
}

/// `15 Jan`, in UTC.
fn date(at: Time) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_string();
    let number = |range| text.get(range).and_then(|digits: &str| digits.parse::<usize>().ok()).unwrap_or_default();
    let month = MONTHS.get(number(5..7).wrapping_sub(1)).copied().unwrap_or_default();
    format!("{} {month}", number(8..10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_as_date_and_clock() {
        let at: Time = "2026-01-05T09:30:00Z".parse().unwrap();
        assert_eq!((date(at), clock(at)), ("5 Jan".to_owned(), "09:30".to_owned()));
    }

    #[test]
    fn every_range_has_words_under_its_picture() {
        let now: Time = "2026-01-15T09:38:00Z".parse().unwrap();
        for range in Range::ALL {
            let span = range.span(now);
            let ticks = (0..span.steps()).filter_map(|at| column(span, range, at, vec![]).tick).count();
            assert!((4..=8).contains(&ticks), "{range:?}: {ticks}");
            assert_eq!(Range::of(Some(range.days())), range);
        }
        assert_eq!(Range::of(Some(3)), Range::Day);
    }
}
