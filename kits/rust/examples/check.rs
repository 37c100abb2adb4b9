//! Answers the questions of `kits/README.md`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealpost_verify::{Key, Processed, Refused, verify};

fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("the question is in base64")
}

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.expect("the question is text");
        let parts: Vec<&str> = line.split('\t').collect();
        if parts[0] == "processed" {
            let mut processed = Processed::new(parts[1].parse().expect("a number"));
            let words: Vec<_> = parts[2..].iter().map(|id| if processed.add(id) { "new" } else { "old" }).collect();
            println!("{}", words.join(" "));
            continue;
        }
        let headers: Vec<(&str, String)> = parts[3..]
            .iter()
            .filter_map(|one| one.split_once('='))
            .map(|(name, value)| (name, String::from_utf8_lossy(&decoded(value)).into_owned()))
            .collect();
        let keys: Vec<Key> = parts[1].split(',').map(|key| key.parse().expect("a key")).collect();
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
        match verify(headers, &decoded(parts[2]), &keys, parts[0].parse().expect("a number")) {
            Ok(id) => println!("{id}"),
            Err(Refused) => println!("refused"),
        }
    }
}
