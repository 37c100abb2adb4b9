//! Rows as a table or as lines of JSON.
//!
//! Every row says at its end who took it, when, and in which file: a part that is found somewhere is known by it.

use serde_json::{Map, Value};

use super::model::Format;

/// The last column.
const MARK: &str = "watermark";
/// Spreadsheets take a table for Unicode by this (RFC 3629 §6), and for an old code page without.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Writes rows, and keeps what it has written until it is taken.
pub(super) struct Lines {
    format: Format,
    columns: Vec<String>,
    mark: String,
    out: Vec<u8>,
}

impl Lines {
    /// Begun: a table with its head.
    pub(super) fn new(format: Format, columns: &[String], mark: String) -> Self {
        let mut lines = Self { format, columns: columns.to_vec(), mark, out: Vec::new() };
        if format == Format::Csv {
            lines.out.extend_from_slice(BYTE_ORDER_MARK.as_bytes());
            let names: Vec<_> = columns.iter().map(String::as_str).chain([MARK]).map(cell_of).collect();
            lines.cells(&names);
        }
        lines
    }

    /// Writes the next row.
    pub(super) fn write(&mut self, mut row: Map<String, Value>) {
        match self.format {
            Format::Csv => {
                let cells = self.columns.iter().map(|column| cell_of(&plain(row.get(column))));
                let cells: Vec<_> = cells.chain([cell_of(&self.mark)]).collect();
                self.cells(&cells);
            }
            Format::Jsonl => {
                let members =
                    self.columns.iter().map(|column| (column.clone(), row.remove(column).unwrap_or(Value::Null)));
                let line = members.chain([(MARK.to_owned(), Value::String(self.mark.clone()))]).collect();
                self.out.extend_from_slice(Value::Object(line).to_string().as_bytes());
                self.out.push(b'\n');
            }
        }
    }

    fn cells(&mut self, cells: &[String]) {
        self.out.extend_from_slice(cells.join(",").as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// How many bytes wait to be taken.
    pub(super) fn waiting(&self) -> usize {
        self.out.len()
    }

    /// Takes them.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
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
pub(crate) fn cell_of(text: &str) -> String {
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
        let mut lines = Lines::new(format, &columns, "dow_x mem_y".into());
        lines.write(row());
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
