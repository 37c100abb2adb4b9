//! What of a server's memory there is to be found: of its root key no more than the key, and nothing once it has ended.

use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

use sealpost_seal::RootKey;

use crate::canary::needles::is_in;
use crate::house::House;

crate::on_both_engines! {
    of_the_text_of_the_root_key_nothing_is_left_in_memory
    a_server_that_is_struck_down_leaves_no_memory_behind
}

/// Read at once.
const PIECE: usize = 1 << 20;
/// How much of the text of a key is still that of a key.
const PART: usize = 24;

/// What can be read and written of a process, piece by piece (proc(5)); nothing where nobody may.
fn memory(process: u32) -> Option<Vec<Vec<u8>>> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let file = std::fs::File::open(format!("/proc/{process}/mem")).ok()?;
    let mut pieces = Vec::new();
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw"))) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [mut at, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut whole = Vec::new();
        while at < to {
            let mut piece = vec![0; PIECE.min(usize::try_from(to - at).unwrap())];
            // What was only reserved can't be read.
            let Ok(read @ 1..) = file.read_at(&mut piece, at) else { break };
            whole.extend_from_slice(&piece[..read]);
            at += read as u64;
        }
        pieces.push(whole);
    }
    Some(pieces)
}

async fn of_the_text_of_the_root_key_nothing_is_left_in_memory(house: House) {
    let text = std::fs::read_to_string(house.folder().join("root.key")).unwrap();
    let text = text.trim();
    assert!(RootKey::parse(text).is_ok());
    house.get("/v1/contacts").await;
    let Some(pieces) = memory(house.process()) else {
        return eprintln!("SKIPPED, LOUDLY: nobody but root reads the memory of a server");
    };
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let key: Vec<u8> = digits.chunks(2).map(|two| u8::try_from(two[0] * 16 + two[1]).unwrap()).collect();
    let found = |what: &[u8]| pieces.iter().any(|piece| is_in(piece, what));
    // So that this test can fail: the key itself is where it is used.
    assert!(found(&key), "a memory without the key is not the server's");
    for at in [0, text.len() - PART] {
        assert!(!found(&text.as_bytes()[at..at + PART]), "the text of the root key is still there");
    }
}

/// How a process ends that is told to dump its memory.
fn struck(mut process: std::process::Child) -> ExitStatus {
    strike(process.id());
    process.wait().unwrap()
}

fn strike(process: u32) {
    let done = Command::new("kill").args(["-ABRT", &process.to_string()]).status().unwrap();
    assert!(done.success());
}

async fn a_server_that_is_struck_down_leaves_no_memory_behind(house: House) {
    let mut somebody = Command::new("sh");
    somebody.args(["-c", "ulimit -c unlimited; exec sleep 600"]).stdin(Stdio::null()).current_dir(house.folder());
    let somebody = struck(somebody.spawn().unwrap());
    if !somebody.core_dumped() {
        eprintln!("SKIPPED, LOUDLY: on this machine nobody's memory is written when they are struck down");
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", house.process())).unwrap();
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap().trim().to_owned();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", house.process())).unwrap();
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max locked memory")).unwrap();
    assert_eq!(
        locked == "0 kB",
        limit.split_whitespace().next() != Some("unlimited"),
        "it keeps its memory from swap where that may be, and only there: {locked}, {limit}"
    );
    let process = house.process();
    let ended = house.end(|| strike(process)).await;
    assert!(ended.signal().is_some() && !ended.core_dumped(), "{ended:?}");
}
