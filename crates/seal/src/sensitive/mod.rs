//! Values that can't slip out: no `Debug`, `Display`, `Serialize`, `Clone` or
//! `PartialEq`, and zeroised when dropped.
//!
//! | type | holds | gets out by |
//! | --- | --- | --- |
//! | [`Personal`] | a clear personal value | [`Personal::expose`] with a [`Purpose`], or a [`crate::viewer::Viewer`] |
//! | [`Sealed`] | a ciphertext column | [`Sealed::open`] with the key and the place |
//! | [`SecretText`] | a credential | [`SecretText::expose`] |

mod personal;
mod sealed;
mod secret;

pub use personal::{Personal, Purpose};
pub use sealed::{Sealable, Sealed};
pub use secret::SecretText;
