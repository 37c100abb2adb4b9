//! Counting what held, and saying so.

use std::time::Duration;

/// How many checks held and how many didn't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

/// A step that counted before it failed.
#[derive(Debug)]
pub(crate) struct Failing {
    pub(crate) counts: Counts,
    why: String,
}

impl std::fmt::Display for Failing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Failing {}

impl Counts {
    /// One check, which held.
    pub(crate) const ONE: Self = Self { passed: 1, failed: 0 };

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self { passed: self.passed - before.passed, failed: self.failed - before.failed }
    }

    /// The error of a step in which these held and broke.
    pub(crate) fn failing(self, why: impl std::fmt::Display) -> Failing {
        Failing { counts: self, why: why.to_string() }
    }

    /// Lines `ok …` and `not ok …`, as the Test Anything Protocol has them.
    pub(crate) fn of_lines(text: &str) -> Self {
        let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count() as u32;
        Self { passed: count("ok "), failed: count("not ok ") }
    }

    /// nextest's line `Summary [ 1.2s] 30 tests run: 28 passed (1 slow), 1 failed, 1 timed out, 4 skipped`.
    pub(crate) fn of_nextest(text: &str) -> Self {
        let Some(line) = text.lines().rfind(|line| line.trim_start().starts_with("Summary [")) else {
            return Self::default();
        };
        let run = number_before(line, &["tests run:", "test run:"]);
        let passed = number_before(line, &["passed"]);
        Self { passed, failed: run.saturating_sub(passed) }
    }

    /// libtest's lines `test result: ok. 5 passed; 0 failed; …`, summed.
    pub(crate) fn of_libtest(text: &str) -> Self {
        text.lines().filter(|line| line.starts_with("test result:")).fold(Self::default(), |sum, line| {
            sum.plus(Self { passed: number_before(line, &["passed"]), failed: number_before(line, &["failed"]) })
        })
    }
}

/// The number that stands before the first of `words` there is.
fn number_before(line: &str, words: &[&str]) -> u32 {
    let before = words.iter().find_map(|word| line.split_once(word)).map_or("", |(before, _)| before);
    before.trim_end().rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// How a step ended.
pub(crate) struct Ended {
    pub(crate) name: &'static str,
    pub(crate) counts: Counts,
    pub(crate) took: Duration,
    /// What held only when it was tried again.
    pub(crate) again: Vec<String>,
    pub(crate) trouble: Option<String>,
}

/// The table, and as its last line the sum.
pub(crate) fn print(steps: &[Ended]) -> bool {
    println!("\n{:<10} {:<7} {:>8} {:>8} {:>8}", "step", "result", "passed", "failed", "seconds");
    for step in steps {
        let result = if step.trouble.is_some() { "FAILED" } else { "ok" };
        let Counts { passed, failed } = step.counts;
        println!("{:<10} {result:<7} {passed:>8} {failed:>8} {:>8.1}", step.name, step.took.as_secs_f64());
    }
    for step in steps {
        for name in &step.again {
            println!("{}: held only at the second try: {name}", step.name);
        }
        if let Some(trouble) = &step.trouble {
            println!("{}: {trouble}", step.name);
        }
    }
    let sum = steps.iter().fold(Counts::default(), |sum, step| sum.plus(step.counts));
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    sum.failed == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_is_read_whatever_went_wrong() {
        let count = |line| Counts::of_nextest(line);
        let ok = "     Summary [   1.234s] 203 tests run: 203 passed (2 slow), 4 skipped";
        assert_eq!(count(ok), Counts { passed: 203, failed: 0 });
        let bad = "     Summary [   1.234s] 9 tests run: 6 passed, 2 failed, 1 timed out, 0 skipped";
        assert_eq!(count(bad), Counts { passed: 6, failed: 3 });
        let cut = "     Summary [   1.234s] 5/9 tests run: 4 passed, 1 failed, 0 skipped";
        assert_eq!(count(cut), Counts { passed: 4, failed: 5 });
        assert_eq!(count("     Summary [   0.1s] 1 test run: 1 passed, 0 skipped"), Counts::ONE);
        assert_eq!(count("error: could not compile"), Counts::default());
    }

    #[test]
    fn libtest_is_summed() {
        let text =
            "test result: ok. 5 passed; 0 failed; 1 ignored\nx\ntest result: FAILED. 1 passed; 2 failed; 0 ignored";
        assert_eq!(Counts::of_libtest(text), Counts { passed: 6, failed: 2 });
    }

    #[test]
    fn referees_are_counted_by_their_lines() {
        assert_eq!(Counts::of_lines("ok 1\nokay\n  ok 3\nnot ok 2\n"), Counts { passed: 1, failed: 1 });
    }
}
