//! How much a document may ask for. Beyond that it is refused while it is read.

/// Elements inside each other, the root among them.
pub(super) const DEPTH: usize = 64;
/// Attributes of one element, declarations of namespaces aside.
pub(super) const ATTRIBUTES: usize = 64;
/// Declarations of namespaces on one element.
pub(super) const DECLARATIONS: usize = 16;

/// What a kind of document may ask for.
#[derive(Debug)]
pub(crate) struct Profile {
    /// Bytes of the text, and of any canonical form that is made of it.
    pub(crate) bytes: usize,
    /// Elements and runs of text.
    pub(super) nodes: usize,
    /// Prefixes, and namespaces that aren't of the list, in the whole document.
    pub(super) namespaces: usize,
    /// Whether namespaces outside the list may stand here.
    pub(super) foreign: bool,
}

/// What is signed, or carries what is.
pub(crate) const MESSAGE: Profile = Profile { bytes: 256 * 1024, nodes: 16 * 1024, namespaces: 32, foreign: false };

/// What an identity provider tells of itself. It is full of extensions nobody reads.
pub(crate) const METADATA: Profile = Profile { bytes: 1024 * 1024, nodes: 64 * 1024, namespaces: 64, foreign: true };
