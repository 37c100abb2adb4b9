//! The growing edge of a Merkle tree (RFC 6962 §2.1): all a writer must remember.

use crate::hash::{HASH_LEN, Hash, empty_root, node_hash};

/// Stored node levels are multiples of this: 256 leaves to a level-8 node, 65 536 to a level-16 node, as in
/// C2SP tlog-tiles.
pub const TILE_HEIGHT: u8 = 8;

const SIZE_LEN: usize = size_of::<u64>();

/// The largest tree: sequence numbers stay positive in a signed 64-bit column.
const MAX_SIZE: u64 = i64::MAX as u64;

/// The roots of the perfect subtrees at a tree's right edge, largest first: one for each 1 in the binary size.
///
/// Appending a leaf costs two hashes on average, and the whole state is a row of at most 8 + 63 × 32 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// A perfect subtree just completed, to be stored beside the leaves: a [`NodeSource`](crate::NodeSource) answers from
/// these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileNode {
    /// The height above the leaves, a positive multiple of [`TILE_HEIGHT`].
    pub level: u8,
    /// The position among the nodes of its level: it covers leaves `index << level` and on.
    pub index: u64,
    /// Its root.
    pub hash: Hash,
}

impl Frontier {
    /// The empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, roots: Vec::new() }
    }

    /// How many leaves there are. The next one gets this number as its `seq`.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a [`leaf_hash`](crate::leaf_hash) and returns the stored-level nodes it completes, lowest first.
    ///
    /// 255 times out of 256 there are none, and nothing is allocated for them.
    #[must_use = "completed nodes must be stored, or later proofs can't be built"]
    pub fn push(&mut self, leaf: Hash) -> Vec<TileNode> {
        let mut completed = Vec::new();
        let (mut node, mut index, mut level) = (leaf, self.size, 0);
        while index & 1 == 1
            && let Some(left) = self.roots.pop()
        {
            node = node_hash(&left, &node);
            index >>= 1;
            level += 1;
            if level % TILE_HEIGHT == 0 {
                completed.push(TileNode { level, index, hash: node });
            }
        }
        self.roots.push(node);
        self.size += 1;
        completed
    }

    /// The root of the whole tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.roots.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }

    /// The size as eight big-endian bytes, then the roots, largest subtree first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIZE_LEN + self.roots.len() * HASH_LEN);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        for root in &self.roots {
            bytes.extend_from_slice(root.as_bytes());
        }
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] writes.
    ///
    /// # Errors
    /// [`FrontierError`] if the length doesn't follow from the size, or the size is beyond 2⁶³ − 1.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let (size, roots) = bytes.split_first_chunk().ok_or(FrontierError)?;
        let size = u64::from_be_bytes(*size);
        let (roots, []) = roots.as_chunks::<HASH_LEN>() else {
            return Err(FrontierError);
        };
        if size > MAX_SIZE || roots.len() != size.count_ones() as usize {
            return Err(FrontierError);
        }
        Ok(Self { size, roots: roots.iter().copied().map(Hash::from).collect() })
    }
}

/// The bytes are not a stored frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a stored tree frontier: its length does not follow from its size")]
pub struct FrontierError;
