//! What requests to AWS are signed with: the shared credentials file, or the variables that every tool of AWS knows.

use anyhow::{Context, Result};
use sealpost_seal::SecretText;
use sealpost_seal::sigv4::Credentials;

use crate::config::{AwsKmsConfig, Environment, read_secret_file};

/// The profile that is taken unless another is named.
const DEFAULT: &str = "default";

/// Those of a file that the configuration names, of the variables, or of the file that a variable names, in this order.
pub(super) fn find(settings: &AwsKmsConfig, environment: &Environment) -> Result<Credentials> {
    let profile = settings.profile.as_deref().or_else(|| environment.get("AWS_PROFILE")).unwrap_or(DEFAULT);
    if let Some(source) = &settings.credentials {
        let text = source.read(environment).context("keys.aws_kms.credentials")?;
        return of_file(text.expose(), profile)
            .with_context(|| format!("keys.aws_kms.credentials has no profile {profile} with a key"));
    }
    let variable = |name: &str| environment.get(name).map(|text| SecretText::new(text.to_owned()));
    if let Some((id, secret)) = environment.get("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY")) {
        let session_token = variable("AWS_SESSION_TOKEN");
        return Ok(Credentials { access_key_id: id.to_owned(), secret_access_key: secret, session_token });
    }
    let path = environment
        .get("AWS_SHARED_CREDENTIALS_FILE")
        .context("no credentials: set keys.aws_kms.credentials, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")?;
    let text = read_secret_file(path.as_ref()).context("AWS_SHARED_CREDENTIALS_FILE")?;
    of_file(text.expose(), profile)
        .with_context(|| format!("AWS_SHARED_CREDENTIALS_FILE has no profile {profile} with a key"))
}

/// A profile of a shared credentials file ("Configuration and credential file settings", AWS CLI User Guide).
fn of_file(text: &str, profile: &str) -> Option<Credentials> {
    let (mut is_ours, mut id, mut secret, mut token) = (false, None, None, None);
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            is_ours = name.trim() == profile;
        } else if let Some((name, value)) = line.split_once('=').filter(|_| is_ours) {
            let value = value.trim().to_owned();
            match name.trim() {
                "aws_access_key_id" => id = Some(value),
                "aws_secret_access_key" => secret = Some(SecretText::new(value)),
                "aws_session_token" => token = Some(SecretText::new(value)),
                _ => {}
            }
        }
    }
    Some(Credentials { access_key_id: id?, secret_access_key: secret?, session_token: token })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SecretSource;

    const FILE: &str = "# ours\n[default]\naws_access_key_id = AKIDEFAULT\naws_secret_access_key=one/two=\n\n\
                        [kms]\n aws_access_key_id=AKIDKMS\naws_secret_access_key = three\naws_session_token = four\n[half]\naws_access_key_id = X\n";

    #[test]
    fn a_profile_has_its_own_key_and_half_a_key_is_none() {
        let default = of_file(FILE, "default").unwrap();
        assert_eq!((&*default.access_key_id, default.secret_access_key.expose()), ("AKIDEFAULT", "one/two="));
        assert!(default.session_token.is_none());
        let kms = of_file(FILE, "kms").unwrap();
        assert_eq!((&*kms.access_key_id, kms.session_token.unwrap().expose()), ("AKIDKMS", "four"));
        for none in ["half", "other"] {
            assert!(of_file(FILE, none).is_none(), "{none}");
        }
    }

    #[test]
    fn a_file_that_is_named_wins_over_variables_and_these_over_the_shared_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        std::fs::write(&path, FILE).unwrap();
        let path = path.display().to_string();
        let pairs =
            [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SHARED_CREDENTIALS_FILE", &path)];
        let id = |settings: &AwsKmsConfig, pairs: &[(&str, &str)]| {
            find(settings, &Environment::of(pairs)).ok().map(|found| found.access_key_id)
        };
        let mut settings = AwsKmsConfig::of("eu-central-1", "alias/sealpost");
        assert_eq!(id(&settings, &pairs).as_deref(), Some("AKIDENV"));
        assert_eq!(id(&settings, &pairs[2..]).as_deref(), Some("AKIDEFAULT"));
        assert_eq!(id(&settings, &[]), None);
        settings.credentials = Some(SecretSource::file(&path));
        settings.profile = Some("kms".into());
        assert_eq!(id(&settings, &pairs).as_deref(), Some("AKIDKMS"));
    }
}
