//! A folder of files, read strictly: whatever isn't understood is named, all of it at once.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::kinds::{self, Kind, Place};
use super::model::{Fields, Standing, Wanted};
use crate::cli::{Exit, Outcome, Stop};
use crate::files;

/// No file of a policy is longer.
const LARGEST: u64 = 1024 * 1024;
/// Files that others may read.
const MODE: u32 = 0o644;

/// What a folder says: of each kind it says anything of, all there shall be.
pub(super) type Folder = Vec<(&'static dyn Kind, Vec<Wanted>)>;

/// Reads a folder.
pub(super) fn read(folder: &Path) -> Outcome<Folder> {
    let (mut reader, mut all) = (Reader { problems: Vec::new() }, Folder::new());
    for path in reader.entries(folder) {
        let name = name_of(&path);
        if name == "README.md" {
            continue;
        }
        let kind = kinds::ALL.into_iter().find(|kind| place_of(*kind) == name);
        match kind.map(|kind| (kind, kind.about().place)) {
            Some((kind, Place::Folder(_, parts))) if path.is_dir() => {
                all.push((kind, reader.folder(kind, &path, parts)))
            }
            Some((kind, Place::List(_) | Place::Single(_))) if path.is_file() => {
                let wanted = reader.file(kind, &path, "").unwrap_or_default();
                reader.once(&path, &wanted);
                all.push((kind, wanted));
            }
            _ => reader.unknown(&path),
        }
    }
    let order = |kind: &dyn Kind| kinds::ALL.iter().position(|one| one.about().word == kind.about().word);
    all.sort_by_key(|(kind, _)| order(*kind));
    match reader.problems.as_slice() {
        [] if all.is_empty() => Err(Stop::new(Exit::Config, format!("{}: there is no policy in it", folder.display()))
            .fix("`sealpost export-policy` writes what is there")),
        [] => Ok(all),
        problems => Err(Stop::new(Exit::Config, problems.join("\n"))),
    }
}

fn place_of(kind: &dyn Kind) -> &'static str {
    match kind.about().place {
        Place::Folder(name, _) | Place::List(name) | Place::Single(name) => name,
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn problem(&mut self, path: &Path, what: impl Display) {
        self.problems.push(format!("{}: {what}", path.display()));
    }

    fn unknown(&mut self, path: &Path) {
        let places: Vec<_> = kinds::ALL.into_iter().map(place_of).collect();
        self.problem(path, format_args!("nothing of a policy is called so; there are {}", places.join(", ")));
    }

    /// What is in a folder, in one order. What begins with a dot is somebody else's.
    fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()
        });
        let mut paths = entries.unwrap_or_else(|error| {
            self.problem(folder, error);
            Vec::new()
        });
        paths.retain(|path| !name_of(path).starts_with('.'));
        paths.sort();
        paths
    }

    /// All things of a folder, with their parts.
    fn folder(&mut self, kind: &dyn Kind, folder: &Path, parts: &[&str]) -> Vec<Wanted> {
        let (mut all, mut texts) = (Vec::new(), Vec::new());
        for path in self.entries(folder) {
            let whole = name_of(&path);
            match whole.rsplit_once('.') {
                Some((name, _)) if !is_label(name) => {
                    self.problem(&path, "a name has 1 to 64 of a-z, 0-9, `.`, `_` and `-`");
                }
                Some((name, "toml")) => all.extend(self.file(kind, &path, name).unwrap_or_default()),
                Some((name, part)) if parts.contains(&part) => texts.push((name.to_owned(), part.to_owned(), path)),
                _ => self.problem(
                    &path,
                    format_args!(
                        "here are files NAME.toml{}",
                        parts.iter().map(|part| format!(", NAME.{part}")).collect::<String>()
                    ),
                ),
            }
        }
        for (name, part, path) in texts {
            let Some(text) = self.text(&path) else { continue };
            match all.iter_mut().find(|wanted| wanted.name == name) {
                Some(wanted) => {
                    // The line end that editors put at the end of a file is not part of what it says.
                    let text = text.strip_suffix('\n').unwrap_or(&text);
                    wanted.fields.insert(part, Value::from(text));
                }
                None => self.problem(&path, format_args!("there is no {name}.toml beside it")),
            }
        }
        all
    }

    fn file(&mut self, kind: &dyn Kind, path: &Path, name: &str) -> Option<Vec<Wanted>> {
        let text = self.text(path)?;
        let read = kind.read(name, &text);
        read.map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            self.problems.push(format!("{}:{line}: {}", path.display(), error.message()));
        })
        .ok()
    }

    fn once(&mut self, path: &Path, all: &[Wanted]) {
        for (at, wanted) in all.iter().enumerate() {
            if all.iter().take(at).any(|earlier| earlier.name == wanted.name) {
                self.problem(path, format_args!("there are two of the name `{}`", wanted.name));
            }
        }
    }

    fn text(&mut self, path: &Path) -> Option<String> {
        let size = std::fs::metadata(path).map(|file| file.len());
        let text = match size {
            Ok(size) if size > LARGEST => Err(std::io::Error::other("too long for a file of a policy")),
            Ok(_) => std::fs::read_to_string(path),
            Err(error) => Err(error),
        };
        text.map_err(|error| self.problem(path, error)).ok()
    }
}

/// What templates, events and endpoints may be called, and nothing that leads out of a folder.
fn is_label(name: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

/// Writes all of one kind into a folder; answers how many files that took.
pub(super) fn write(folder: &Path, kind: &dyn Kind, all: Vec<Standing>) -> Outcome<usize> {
    match kind.about().place {
        Place::Single(name) => {
            let all = all.into_iter().map(|standing| standing.fields).collect();
            put(&folder.join(name), &kind.write(all)?)?;
            Ok(1)
        }
        Place::List(name) => {
            let named = |standing: Standing| {
                let mut fields = Fields::new();
                fields.insert("name".to_owned(), standing.name.into());
                fields.extend(standing.fields);
                fields
            };
            let mut all: Vec<_> = all.into_iter().collect();
            all.sort_by(|one, other| one.name.cmp(&other.name));
            put(&folder.join(name), &kind.write(all.into_iter().map(named).collect())?)?;
            Ok(1)
        }
        Place::Folder(name, parts) => {
            let folder = folder.join(name);
            std::fs::create_dir_all(&folder)?;
            let mut count = 0;
            for mut standing in all {
                if !is_label(&standing.name) {
                    return Err(Stop::failed(format!(
                        "{} {}: no file can be called so",
                        kind.about().word,
                        standing.name
                    )));
                }
                for part in parts {
                    if let Some(Value::String(text)) = standing.fields.remove(*part) {
                        put(&folder.join(format!("{}.{part}", standing.name)), &format!("{text}\n"))?;
                        count += 1;
                    }
                }
                put(&folder.join(format!("{}.toml", standing.name)), &kind.write(vec![standing.fields])?)?;
                count += 1;
            }
            Ok(count)
        }
    }
}

fn put(path: &Path, text: &str) -> Outcome {
    let unwritable = |error: std::io::Error| Stop::failed(format!("{}: {error}", path.display()));
    files::write_new(path, text.as_bytes(), MODE).map_err(unwritable)
}
