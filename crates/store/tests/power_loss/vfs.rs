//! A SQLite VFS that tells a [`Disk`] of every write, truncation, sync and deletion, and lets `unix` do everything.
//!
//! Opened files are `unix`' own, with three methods replaced, so that locks, shared memory and reads are the real ones. It is
//! registered as the default: what the store opens in a folder that has a [`Disk`] passes through here, and nothing else does.
#![allow(unsafe_code, reason = "SQLite's VFS interface is C; a test target, never part of the product")]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::ffi;

use crate::disk::{Disk, PowerIsOff};

/// Sends what happens in the disk's folder through it, until dropped.
pub(crate) struct Mounted(Arc<Disk>);

impl Mounted {
    pub(crate) fn new(disk: Disk) -> Self {
        register();
        let disk = Arc::new(disk);
        disks().insert(disk.folder().to_owned(), disk.clone());
        Self(disk)
    }
}

impl std::ops::Deref for Mounted {
    type Target = Disk;
    fn deref(&self) -> &Disk {
        &self.0
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        disks().remove(self.0.folder());
    }
}

fn disks() -> MutexGuard<'static, HashMap<PathBuf, Arc<Disk>>> {
    static DISKS: OnceLock<Mutex<HashMap<PathBuf, Arc<Disk>>>> = OnceLock::new();
    DISKS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// The VFS `unix`, as the library made it.
#[derive(Clone, Copy)]
struct Unix(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite registers `unix` once, for the life of the process, and its methods may be called from any thread.
unsafe impl Send for Unix {}
// SAFETY: as above.
unsafe impl Sync for Unix {}

static UNIX: OnceLock<Unix> = OnceLock::new();

fn unix() -> *mut ffi::sqlite3_vfs {
    UNIX.get().unwrap().0
}

fn register() {
    UNIX.get_or_init(|| {
        // SAFETY: `unix` lives as long as the process; the copy is leaked and so does too; SQLite is threadsafe.
        unsafe {
            assert_eq!(ffi::sqlite3_initialize(), ffi::SQLITE_OK);
            let unix = ffi::sqlite3_vfs_find(c"unix".as_ptr());
            let mut shim = *unix;
            shim.zName = c"power-loss".as_ptr();
            shim.pNext = std::ptr::null_mut();
            shim.szOsFile += size_of::<*mut Opened>() as c_int;
            shim.xOpen = Some(open);
            shim.xDelete = Some(delete);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(shim)), 1), ffi::SQLITE_OK);
            Unix(unix)
        }
    });
}

/// What stands behind `unix`' own file in the memory SQLite gives for it.
struct Opened {
    disk: Arc<Disk>,
    name: String,
    /// Whether the next sync includes the directory, as `unix` does once for journals it may have made.
    sync_directory: bool,
    original: *const ffi::sqlite3_io_methods,
    methods: ffi::sqlite3_io_methods,
}

/// Where the pointer to [`Opened`] is.
unsafe fn slot(file: *mut ffi::sqlite3_file) -> *mut *mut Opened {
    // SAFETY: `szOsFile` of `unix`, a multiple of a pointer's alignment, was enlarged by one pointer in `register`.
    unsafe { file.cast::<u8>().add((*unix()).szOsFile as usize).cast() }
}

unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Opened {
    // SAFETY: only files whose methods `open` replaced get here, one call at a time, until `close`.
    unsafe { &mut **slot(file) }
}

/// The disk a path is on, and its name there.
unsafe fn find(path: *const c_char) -> Option<(Arc<Disk>, String)> {
    if path.is_null() {
        return None;
    }
    // SAFETY: SQLite passes a C string.
    let path = Path::new(unsafe { CStr::from_ptr(path) }.to_str().ok()?);
    let disk = disks().get(path.parent()?)?.clone();
    Some((disk, path.file_name()?.to_str()?.to_owned()))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    const JOURNALS: c_int = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
    // SAFETY: called by SQLite as `xOpen`: `file` has `szOsFile` bytes. `methods` lives until `close`, which frees it.
    unsafe {
        let found = find(path);
        let creates = flags & ffi::SQLITE_OPEN_CREATE != 0;
        if let Some((disk, name)) = &found
            && creates
            && !disk.folder().join(name).exists()
            && disk.create(name).is_err()
        {
            (*file).pMethods = std::ptr::null();
            return ffi::SQLITE_CANTOPEN;
        }
        let code = ((*unix()).xOpen.unwrap())(unix(), path, file, flags, out_flags);
        let original = (*file).pMethods;
        if let Some((disk, name)) = found
            && code == ffi::SQLITE_OK
        {
            let mut methods = *original;
            // Without `xFetch`: what is written through a map would not be seen.
            methods.iVersion = methods.iVersion.min(2);
            methods.xClose = Some(close);
            methods.xWrite = Some(write);
            methods.xTruncate = Some(truncate);
            methods.xSync = Some(sync);
            let sync_directory = creates && flags & JOURNALS != 0;
            let opened = Box::into_raw(Box::new(Opened { disk, name, sync_directory, original, methods }));
            *slot(file) = opened;
            (*file).pMethods = &raw const (*opened).methods;
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, directory: c_int) -> c_int {
    // SAFETY: called by SQLite as `xDelete`.
    unsafe {
        if let Some((disk, name)) = find(path)
            && disk.folder().join(&name).exists()
            && disk.delete(&name, directory != 0).is_err()
        {
            return ffi::SQLITE_IOERR_DELETE;
        }
        ((*unix()).xDelete.unwrap())(unix(), path, 0)
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the last call for this file; `unix` finds its own methods again.
    unsafe {
        let opened = Box::from_raw(*slot(file));
        (*file).pMethods = opened.original;
        ((*opened.original).xClose.unwrap())(file)
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, length: c_int, at: i64) -> c_int {
    // SAFETY: called by SQLite as `xWrite`: `from` has `length` bytes.
    unsafe {
        let opened = opened(file);
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), length as usize);
        match opened.disk.write(&opened.name, at as usize, bytes) {
            Ok(()) => ((*opened.original).xWrite.unwrap())(file, from, length, at),
            Err(PowerIsOff) => ffi::SQLITE_IOERR_WRITE,
        }
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: called by SQLite as `xTruncate`.
    unsafe {
        let opened = opened(file);
        match opened.disk.truncate(&opened.name, length as usize) {
            Ok(()) => ((*opened.original).xTruncate.unwrap())(file, length),
            Err(PowerIsOff) => ffi::SQLITE_IOERR_TRUNCATE,
        }
    }
}

/// Tells the disk only: its power is cut in memory, so that nothing has to reach a real one.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: called by SQLite as `xSync`.
    let opened = unsafe { opened(file) };
    match opened.disk.sync(&opened.name, std::mem::take(&mut opened.sync_directory)) {
        Ok(()) => ffi::SQLITE_OK,
        Err(PowerIsOff) => ffi::SQLITE_IOERR_FSYNC,
    }
}
