//! Addresses in normal form, so that equal ones are found and delivery still uses what
//! the person wrote.

mod email;
mod phone;

pub use email::{Email, NotAnEmail};
pub use phone::{Last4, NotAPhone, NotLast4, Phone};
