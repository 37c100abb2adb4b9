//! The PDF as foreign programs read it: what they find no fault with, and what they read in it.

use std::path::Path;
use std::process::Command;

use sealpost_store::testing::TestStore;

use super::house::{all, person, scene, why, write_to};
use crate::exports::model::Form;

const TEXTS: [&str; 6] = [
    "Grüße, Žluťoučký kůň, İstanbul, Łódź",
    "Καλημέρα κόσμε",
    "Съешь же ещё этих мягких булок",
    "שלום עולם",
    "مرحبا بالعالم",
    "code 417233 is yours",
];

fn says(program: &str, arguments: &[&str], file: &Path) -> Option<(bool, String)> {
    let mut command = Command::new(program);
    command.args(arguments).arg(file);
    if program == "pdftotext" {
        command.arg("-");
    }
    match command.output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
        }
        Err(_) => {
            #[expect(clippy::disallowed_methods, reason = "where this runs is the tests' own configuration")]
            let in_ci = std::env::var("CI").is_ok();
            assert!(!in_ci, "{program} is not installed: nobody else looks at the PDF");
            #[expect(clippy::print_stderr, reason = "a check that can't run says so loudly")]
            {
                eprintln!("SKIPPED, LOUDLY: {program} is not installed, so nobody else has looked at the PDF");
            }
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_programs_find_no_fault_with_it_and_read_every_script_in_it() {
    let (house, ctx, exports) = scene(TestStore::sqlite().await).await;
    let contact = person(&house, &ctx, 260).await;
    for text in TEXTS {
        write_to(&house, contact, text).await;
    }
    write_to(&house, contact, "\u{4e2d}\u{6587} and \u{1f9d1}").await;
    let bytes = all(exports.read(&ctx, contact, Form::Pdf, &why()).await.unwrap()).await;
    assert!(bytes.starts_with(b"%PDF-1.7") && bytes.ends_with(b"%%EOF\n"));
    let folder = tempfile();
    let file = folder.join("export.pdf");
    std::fs::write(&file, &bytes).unwrap();
    if let Some((good, text)) = says("qpdf", &["--check"], &file) {
        assert!(good && !text.contains("WARNING"), "{text}");
    }
    let Some((good, text)) = says("pdftotext", &["-layout"], &file) else { return };
    assert!(good, "{text}");
    // Marks that say from where a word is read are the reader's, not the person's.
    let plain: String =
        text.chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect();
    for wanted in TEXTS {
        assert!(plain.contains(wanted), "{wanted} is not in the PDF:\n{}", plain.get(..6000).unwrap_or(&plain));
    }
    for wanted in
        ["[U+4E2D][U+6587] and [U+1F9D1]", "Марина Νουμπατ", "مارينا", "marker-0000", "marker-0259", "accepted"]
    {
        assert!(plain.contains(wanted), "{wanted}");
    }
}

fn tempfile() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("sealpost-export-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
