//! All layers put together and read once.

use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::problem::{Fault, Problem, Problems};
use super::{
    Config, DEFAULT_FILE, DoorsConfig, EgressConfig, Environment, KeysConfig, LedgerConfig, LogConfig,
    SecurityTxtConfig, ServerConfig, SiemConfig, StorageConfig, TelemetryConfig, TlsConfig,
};

/// Settings that were given as flags: dotted key, value, the flag's name.
#[derive(Clone, Default)]
pub(crate) struct Flags(Vec<(&'static str, String, &'static str)>);

impl Flags {
    /// One more, if it was given.
    pub(crate) fn set(mut self, key: &'static str, value: Option<String>, flag: &'static str) -> Self {
        self.0.extend(value.map(|value| (key, value, flag)));
        self
    }
}

/// What was read, and enough to say where from.
pub(crate) struct Loaded {
    /// The configuration.
    pub(crate) config: Config,
    /// The file it came from, if there is one.
    pub(crate) file: Option<PathBuf>,
    pub(super) figment: Figment,
}

/// Reads all layers. `file` must be there if it is given; without it, `sealpost.toml` in the working directory is used if it is
/// there. Every problem that can be seen is reported, not only the first.
pub(crate) fn load(file: Option<&Path>, environment: &Environment, flags: &Flags) -> Result<Loaded, Problems> {
    let file = match file {
        Some(path) => Some(path.to_path_buf()),
        None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file()),
    };
    let text = file.as_deref().map(read).transpose().map_err(Problems::one)?;
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = &file {
        figment = figment.merge(Toml::file_exact(path));
    }
    figment = figment.merge(environment.clone());
    for (key, value, flag) in &flags.0 {
        figment = figment.merge(Flag { key, value, flag });
    }
    match read_sections(&figment) {
        Ok(config) => {
            let problems = super::problem::inconsistencies(&config);
            if problems.is_empty() { Ok(Loaded { config, file, figment }) } else { Err(Problems(problems)) }
        }
        Err(errors) => {
            let text = text.as_deref().unwrap_or_default();
            Err(Problems(errors.into_iter().map(|error| Problem::of_figment(error, text)).collect()))
        }
    }
}

/// The whole, or every section's error: one wrong value doesn't hide the next.
fn read_sections(figment: &Figment) -> Result<Config, Vec<figment::Error>> {
    let whole = match figment.extract::<Config>() {
        Ok(config) => return Ok(config),
        Err(error) => error,
    };
    let by_section = [
        error_of::<ServerConfig>(figment, "server"),
        error_of::<TlsConfig>(figment, "tls"),
        error_of::<StorageConfig>(figment, "storage"),
        error_of::<KeysConfig>(figment, "keys"),
        error_of::<LedgerConfig>(figment, "ledger"),
        error_of::<SiemConfig>(figment, "siem"),
        error_of::<EgressConfig>(figment, "egress"),
        error_of::<sealpost_web::LimitsConfig>(figment, "limits"),
        error_of::<LogConfig>(figment, "log"),
        error_of::<TelemetryConfig>(figment, "telemetry"),
        error_of::<SecurityTxtConfig>(figment, "security_txt"),
        error_of::<DoorsConfig>(figment, "doors"),
    ];
    let errors: Vec<_> = by_section.into_iter().flatten().collect();
    Err(if errors.is_empty() { vec![whole] } else { errors })
}

/// What a section says against its values, with the whole key for a path.
fn error_of<T: serde::de::DeserializeOwned>(figment: &Figment, section: &str) -> Option<figment::Error> {
    let mut error = figment.extract_inner::<T>(section).err()?;
    // figment names the section it was asked for last.
    if error.path.last().is_some_and(|last| last == section) {
        error.path.rotate_right(1);
    } else {
        error.path.insert(0, section.to_owned());
    }
    Some(error)
}

/// The file's text, once it is TOML.
fn read(path: &Path) -> Result<String, Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| Problem::of_file(path, &error))?;
    match text.parse::<toml::Table>() {
        Ok(_) => Ok(text),
        Err(error) => Err(Problem {
            key: String::new(),
            from: at_line(path, &text, error.span().map(|span| span.start)),
            fault: Fault::new(
                format!("not TOML: {}", error.message()),
                "correct the line; https://toml.io shows the format",
            ),
        }),
    }
}

/// `sealpost.toml:12`
pub(super) fn at_line(path: &Path, text: &str, offset: Option<usize>) -> String {
    let before = offset.and_then(|offset| text.get(..offset));
    match before {
        Some(before) => format!("{}:{}", path.display(), before.matches('\n').count() + 1),
        None => path.display().to_string(),
    }
}

struct Flag<'a> {
    key: &'static str,
    value: &'a str,
    flag: &'static str,
}

impl Provider for Flag<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("flag --{}", self.flag))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = figment::util::nest(self.key, Value::from(self.value)).into_dict();
        Ok(Map::from([(Profile::Default, nested.unwrap_or_default())]))
    }
}
