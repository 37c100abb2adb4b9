//! Rows as a table, as lines of JSON, or as pages.
//!
//! Every row says at its end who took it, when, and in which file: a part that is found somewhere is known by it. Of pages each says so,
//! under its text and at its foot.

use serde_json::{Map, Value};

use super::model::Format;
use crate::paper::{Paper, Shape, Style, Unprintable};

/// The last column.
const MARK: &str = "watermark";
/// Spreadsheets take a table for Unicode by this (RFC 3629 §6), and for an old code page without.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Rows that say how wide the columns of pages are.
const LIKE: usize = 50;

/// Writes rows, and keeps what it has written until it is taken.
pub(super) struct Lines {
    columns: Vec<String>,
    mark: String,
    form: Form,
}

/// As what they are written.
enum Form {
    Csv(Vec<u8>),
    Jsonl(Vec<u8>),
    Pdf(Box<Pages>),
}

/// Pages, and the first rows as long as nobody knows how wide their columns are.
struct Pages {
    paper: Paper,
    first: Option<Vec<Vec<String>>>,
}

impl Pages {
    fn new(title: &str, mark: &str) -> Result<Self, Unprintable> {
        let mut paper = Paper::new(Shape::Lying)?;
        paper.footer(mark.to_owned());
        paper.mark(mark.to_owned());
        paper.block(title, Style::Title);
        Ok(Self { paper, first: Some(Vec::new()) })
    }

    fn row(&mut self, names: &[String], cells: Vec<String>) {
        let Some(first) = &mut self.first else { return self.paper.row(&cells) };
        first.push(cells);
        if first.len() == LIKE {
            self.begin(names);
        }
    }

    /// Begins the table with the rows there are.
    fn begin(&mut self, names: &[String]) {
        let Some(first) = self.first.take() else { return };
        self.paper.table(names, &first);
        for cells in &first {
            self.paper.row(cells);
        }
    }

    fn finish(&mut self, names: &[String]) -> Result<(), Unprintable> {
        self.begin(names);
        let missing = self.paper.missing();
        if !missing.is_empty() {
            self.paper.end_table();
            let says =
                "Written as [U+…] because this document has no letters for them; other formats have them as they are:";
            self.paper.pair("Code points", &format!("{says} {}", missing.join(" ")));
        }
        self.paper.finish()
    }
}

impl Lines {
    /// Begun: a table with its head.
    pub(super) fn new(format: Format, title: &str, columns: &[String], mark: String) -> Result<Self, Unprintable> {
        let form = match format {
            Format::Csv => {
                let names: Vec<_> = columns.iter().map(String::as_str).chain([MARK]).map(cell_of).collect();
                let mut out = BYTE_ORDER_MARK.as_bytes().to_vec();
                put_cells(&mut out, &names);
                Form::Csv(out)
            }
            Format::Jsonl => Form::Jsonl(Vec::new()),
            Format::Pdf => Form::Pdf(Box::new(Pages::new(title, &mark)?)),
        };
        Ok(Self { columns: columns.to_vec(), mark, form })
    }

    /// Writes the next row.
    pub(super) fn write(&mut self, mut row: Map<String, Value>) {
        let cells = self.columns.iter().map(|column| plain(row.get(column)));
        match &mut self.form {
            Form::Csv(out) => {
                let cells: Vec<_> = cells.chain([self.mark.clone()]).map(|cell| cell_of(&cell)).collect();
                put_cells(out, &cells);
            }
            Form::Jsonl(out) => {
                let members =
                    self.columns.iter().map(|column| (column.clone(), row.remove(column).unwrap_or(Value::Null)));
                let line = members.chain([(MARK.to_owned(), Value::String(self.mark.clone()))]).collect();
                out.extend_from_slice(Value::Object(line).to_string().as_bytes());
                out.push(b'\n');
            }
            Form::Pdf(pages) => pages.row(&self.columns, cells.collect()),
        }
    }

    /// Writes what comes behind the last row.
    pub(super) fn finish(&mut self) -> Result<(), Unprintable> {
        match &mut self.form {
            Form::Csv(_) | Form::Jsonl(_) => Ok(()),
            Form::Pdf(pages) => pages.finish(&self.columns),
        }
    }

    /// How many bytes wait to be taken.
    pub(super) fn waiting(&self) -> usize {
        match &self.form {
            Form::Csv(out) | Form::Jsonl(out) => out.len(),
            Form::Pdf(pages) => pages.paper.waiting(),
        }
    }

    /// Takes them.
    pub(super) fn take(&mut self) -> Vec<u8> {
        match &mut self.form {
            Form::Csv(out) | Form::Jsonl(out) => std::mem::take(out),
            Form::Pdf(pages) => pages.paper.take(),
        }
    }
}

fn put_cells(out: &mut Vec<u8>, cells: &[String]) {
    out.extend_from_slice(cells.join(",").as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// A value as text: a hidden one as what stands for it, a text as it is, nothing as nothing, and anything else as JSON.
pub(super) fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(members)) => match members.get("display") {
            Some(Value::String(display)) if members.contains_key("masked") => display.clone(),
            _ => Value::Object(members.clone()).to_string(),
        },
        Some(other) => other.to_string(),
    }
}

/// A cell of a table (RFC 4180): quoted where it has to be, and with a `'` in front of what a spreadsheet would take for a formula
/// (OWASP, CSV Injection: `=`, `+`, `-`, `@`, tab and carriage return, and what some programs read as the same).
fn cell_of(text: &str) -> String {
    let is_formula =
        text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
            || text.starts_with(['\t', '\r', '\n']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n', ';', '\t', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_out() {
        for (text, cell) in [
            ("ticket 7", "ticket 7"),
            ("", ""),
            ("=HYPERLINK(\"https://x\",\"y\")", "\"'=HYPERLINK(\"\"https://x\"\",\"\"y\"\")\""),
            ("+4791234567", "\"'+4791234567\""),
            (" -1", "\"' -1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("＝1", "\"'＝1\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ] {
            assert_eq!(cell_of(text), cell, "{text:?}");
        }
    }

    fn row() -> Map<String, Value> {
        let row = json!({ "id": "con_1", "phone": { "masked": true, "display": "+1 xxxxx 43" }, "locale": null, "more": [1] });
        row.as_object().unwrap().clone()
    }

    fn written(format: Format) -> String {
        let columns = ["id", "phone", "locale"].map(str::to_owned);
        let mut lines = Lines::new(format, "Contacts", &columns, "dow_x mem_y".into()).unwrap();
        lines.write(row());
        lines.finish().unwrap();
        String::from_utf8(lines.take()).unwrap()
    }

    #[test]
    fn a_table_shows_what_stands_for_hidden_values_and_who_took_it() {
        assert_eq!(
            written(Format::Csv),
            "\u{feff}id,phone,locale,watermark\r\ncon_1,\"'+1 xxxxx 43\",,dow_x mem_y\r\n"
        );
    }

    #[test]
    fn a_line_of_json_has_the_columns_that_were_asked_for_and_no_other() {
        let line: Value = serde_json::from_str(&written(Format::Jsonl)).unwrap();
        let wanted = json!({ "id": "con_1", "phone": { "masked": true, "display": "+1 xxxxx 43" }, "locale": null, "watermark": "dow_x mem_y" });
        assert_eq!(line, wanted);
    }

    /// Reads a line as RFC 4180 says.
    fn cells(line: &str) -> Vec<String> {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = line.chars().peekable();
        while let Some(one) = chars.next() {
            match (one, quoted) {
                ('"', true) if chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                ('"', _) => quoted = !quoted,
                (',', false) => cells.push(std::mem::take(&mut cell)),
                (other, _) => cell.push(other),
            }
        }
        cells.push(cell);
        cells
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn whatever_stands_in_a_cell_is_read_back_from_it_and_is_no_formula(text in "[=+@\\-\t\r\n \"',;a-z0-9ü＝]{0,12}", next in "[a-z\",]{0,4}") {
            let line = format!("{},{}", cell_of(&text), cell_of(&next));
            let read = cells(&line);
            prop_assert_eq!(read.len(), 2);
            prop_assert_eq!(read[0].strip_prefix('\'').filter(|_| !text.starts_with('\'')).unwrap_or(&read[0]), &text);
            prop_assert!(!read[0].starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        }
    }
}
