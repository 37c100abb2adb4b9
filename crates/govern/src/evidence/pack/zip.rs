//! Zip files of one form (APPNOTE 6.3): files as they are, one behind the other, without times, attributes or anything else. Each
//! byte follows from the names and contents, so what is read is compared with what would have been written.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::Target;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0; sizes and checksum behind the content; names in UTF-8.
const VERSION: u16 = 20;
const FLAGS: u16 = 0x0808;
/// 1980-01-01, the earliest there is.
const DATE: u16 = 0x0021;
/// Everything longer takes another form of the file: a folder, then.
const MOST: u64 = u32::MAX as u64 - (1 << 20);
/// Files that are read: a pack has seven.
const MOST_FILES: u16 = 64;
const END_BYTES: u64 = 22;

/// A file in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) bytes: u32,
    crc: u32,
    /// Where its header begins.
    at: u32,
}

/// Writes one.
pub(super) struct Zip<W> {
    out: W,
    at: u64,
    members: Vec<Member>,
    open: Option<(Member, crc32fast::Hasher)>,
}

impl<W: Write> Zip<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, at: 0, members: Vec::new(), open: None }
    }

    /// Where it is written to.
    pub(super) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        if self.at > MOST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a zip file holds 4 GiB: write a folder instead"));
        }
        self.out.write_all(bytes)
    }
}

impl<W: Write> Target for Zip<W> {
    fn begin(&mut self, name: &'static str) -> io::Result<()> {
        let at = u32::try_from(self.at).unwrap_or(u32::MAX);
        let member = Member { name: name.into(), bytes: 0, crc: 0, at };
        self.write(&header(&member))?;
        self.open = Some((member, crc32fast::Hasher::new()));
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((member, crc)) = &mut self.open {
            crc.update(bytes);
            member.bytes = member.bytes.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        }
        self.write(bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        let Some((mut member, crc)) = self.open.take() else { return Ok(()) };
        member.crc = crc.finalize();
        self.write(&descriptor(&member))?;
        self.members.push(member);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let directory = directory(&self.members, u32::try_from(self.at).unwrap_or(u32::MAX));
        self.write(&directory)?;
        self.out.flush()
    }
}

fn numbers(bytes: &mut Vec<u8>, short: &[u16]) {
    short.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}

fn long_numbers(bytes: &mut Vec<u8>, long: &[u32]) {
    long.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
}

fn name_length(member: &Member) -> u16 {
    u16::try_from(member.name.len()).unwrap_or(u16::MAX)
}

fn header(member: &Member) -> Vec<u8> {
    let mut bytes = LOCAL.to_le_bytes().to_vec();
    numbers(&mut bytes, &[VERSION, FLAGS, 0, 0, DATE]);
    long_numbers(&mut bytes, &[0, 0, 0]);
    numbers(&mut bytes, &[name_length(member), 0]);
    bytes.extend_from_slice(member.name.as_bytes());
    bytes
}

fn descriptor(member: &Member) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    long_numbers(&mut bytes, &[DESCRIPTOR, member.crc, member.bytes, member.bytes]);
    bytes
}

/// The directory of these files, which begins at `at`, and the end of the file.
fn directory(members: &[Member], at: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for member in members {
        bytes.extend_from_slice(&CENTRAL.to_le_bytes());
        numbers(&mut bytes, &[VERSION, VERSION, FLAGS, 0, 0, DATE]);
        long_numbers(&mut bytes, &[member.crc, member.bytes, member.bytes]);
        numbers(&mut bytes, &[name_length(member), 0, 0, 0, 0]);
        long_numbers(&mut bytes, &[0, member.at]);
        bytes.extend_from_slice(member.name.as_bytes());
    }
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&END.to_le_bytes());
    numbers(&mut bytes, &[0, 0, count, count]);
    long_numbers(&mut bytes, &[length, at]);
    numbers(&mut bytes, &[0]);
    bytes
}

/// The files in a zip of exactly this form, with everything around their contents compared. The contents and their checksums are
/// for whoever reads them.
pub(super) fn members(file: &mut (impl Read + Seek)) -> io::Result<Vec<Member>> {
    let all = file.seek(SeekFrom::End(0))?;
    let end_at = all.checked_sub(END_BYTES).ok_or_else(wrong)?;
    file.seek(SeekFrom::Start(end_at))?;
    let end: [u8; END_BYTES as usize] = take(file)?;
    let (count, at) = (short(&end, 10), long(&end, 16));
    if count > MOST_FILES || u64::from(at) > end_at || end_at - u64::from(at) > 1 << 16 {
        return Err(wrong());
    }
    file.seek(SeekFrom::Start(at.into()))?;
    let mut found = Vec::new();
    file.by_ref().take(all - u64::from(at)).read_to_end(&mut found)?;
    let members = listed(&found, count)?;
    if directory(&members, at) != found {
        return Err(wrong());
    }
    let mut next = 0_u64;
    for member in &members {
        let header = header(member);
        expect(file, next, &header)?;
        if u64::from(member.at) != next {
            return Err(wrong());
        }
        next += header.len() as u64 + u64::from(member.bytes);
        let descriptor = descriptor(member);
        expect(file, next, &descriptor)?;
        next += descriptor.len() as u64;
    }
    if next == u64::from(at) { Ok(members) } else { Err(wrong()) }
}

/// The content of a file in it, from its beginning; `file` is read to exactly its end.
pub(super) fn content<'f, F: Read + Seek>(file: &'f mut F, member: &Member) -> io::Result<io::Take<&'f mut F>> {
    let at = u64::from(member.at) + header(member).len() as u64;
    file.seek(SeekFrom::Start(at))?;
    Ok(file.take(member.bytes.into()))
}

/// Whether this is the checksum of the content of a file in it.
pub(super) fn has_checksum(member: &Member, crc: u32) -> bool {
    member.crc == crc
}

fn listed(bytes: &[u8], count: u16) -> io::Result<Vec<Member>> {
    let (mut members, mut at) = (Vec::new(), 0);
    for _ in 0..count {
        let one = bytes.get(at..).ok_or_else(wrong)?;
        let fixed: &[u8; 46] = one.first_chunk().ok_or_else(wrong)?;
        let length = usize::from(short(fixed, 28));
        let name = one.get(46..46 + length).and_then(|name| std::str::from_utf8(name).ok()).ok_or_else(wrong)?;
        members.push(Member {
            name: name.to_owned(),
            crc: long(fixed, 16),
            bytes: long(fixed, 20),
            at: long(fixed, 42),
        });
        at += 46 + length;
    }
    Ok(members)
}

fn expect(file: &mut (impl Read + Seek), at: u64, wanted: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    let mut found = Vec::with_capacity(wanted.len());
    file.by_ref().take(wanted.len() as u64).read_to_end(&mut found)?;
    if found == wanted { Ok(()) } else { Err(wrong()) }
}

fn take<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn short(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |two| u16::from_le_bytes(*two))
}

fn long(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |four| u32::from_le_bytes(*four))
}

fn wrong() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a zip file as a pack is one")
}
