//! What a page does with a text: nothing of it is lost, and it can be read.

use super::face::Face;
use super::text::lines;

/// What a reader of the file would make of a line, as it is drawn.
fn drawn(text: &str) -> Vec<String> {
    let mut face = Face::new().unwrap();
    let lines = lines(&mut face, text, 60_000.0);
    let read = |glyph: &u16| {
        let (first, second) = face.says(*glyph);
        // Two letters in one sign stand in it from the right to the left.
        second.into_iter().chain([first]).collect::<String>()
    };
    lines.iter().map(|line| line.glyphs.iter().map(read).collect()).collect()
}

#[test]
fn what_is_read_from_the_right_is_drawn_from_there() {
    assert_eq!(drawn("Καλημέρα, мир!"), ["Καλημέρα, мир!"]);
    // "shalom", then a number that stays as it is.
    assert_eq!(drawn("\u{5e9}\u{5dc}\u{5d5}\u{5dd} 123"), ["123 \u{5dd}\u{5d5}\u{5dc}\u{5e9}"]);
    assert_eq!(drawn("code (\u{5d0}\u{5d1})"), ["code (\u{5d1}\u{5d0})"]);
    assert_eq!(drawn("\u{633}\u{644}\u{627}\u{645}"), ["\u{645}\u{627}\u{644}\u{633}"]);
}

#[test]
fn what_the_font_lacks_is_shown_by_its_number() {
    assert_eq!(drawn("a\u{4e2d}b\u{1f9d1}"), ["a[U+4E2D]b[U+1F9D1]"]);
    let mut face = Face::new().unwrap();
    lines(&mut face, "\u{4e2d}\u{4e2d}", 60_000.0);
    assert_eq!(face.missing().iter().copied().collect::<String>(), "\u{4e2d}");
}

#[test]
fn long_texts_are_broken_at_spaces_and_words_that_do_not_fit_anywhere() {
    let mut face = Face::new().unwrap();
    let text = format!("{} {}", "word ".repeat(40), "x".repeat(300));
    let lines = lines(&mut face, &text, 20_000.0);
    assert!(lines.len() > 10 && lines.iter().all(|line| line.width <= 20_000.0));
    let all: usize = lines.iter().map(|line| line.glyphs.len()).sum();
    assert!(all >= 40 * 4 + 300);
}

#[test]
fn whatever_text_there_is_nothing_breaks() {
    let mut face = Face::new().unwrap();
    for text in [
        "",
        "\n\n",
        "\u{0}\u{1b}[31m",
        "\u{202e}abc\u{202d}",
        "\u{2067}\u{2069}\u{2066}",
        "\u{301}\u{301}a",
        "\t\r\n\u{85}\u{2029}x",
        "\u{644}",
        "\u{644}\u{644}\u{627}\u{627}",
        "\u{feff}\u{200d}",
        "\u{10ffff}",
        "e\u{301}\u{301}\u{301}",
    ] {
        for width in [0.0, 1.0, 1_000.0, 60_000.0] {
            lines(&mut face, text, width);
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_text_goes_onto_pages(text in ".{0,400}", width in 0.0f32..90_000.0) {
        let mut face = Face::new().unwrap();
        lines(&mut face, &text, width);
    }
}
