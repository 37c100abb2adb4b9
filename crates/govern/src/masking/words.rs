//! What a policy says, for people.

use sealpost_access::masking::Masking;

/// What is hidden, in a sentence.
pub(crate) fn in_words(masking: &Masking) -> String {
    match masking {
        Masking::Default => "Everything personal is hidden".to_owned(),
        Masking::Patterns(rules) => {
            let names: Vec<_> = rules.iter().map(|rule| rule.name.as_str()).collect();
            format!("Of payloads only what rules match: {}", names.join(", "))
        }
        Masking::Off => "Nothing is hidden from whoever may reveal".to_owned(),
    }
}
