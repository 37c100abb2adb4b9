//! The parts pages are put together from. Each escapes what it is given, and none takes anything personal but a
//! [`View`](sealpost_seal::View).

mod chips;
mod empty;
mod field;
mod ident;
mod mask;
mod menu;
mod pager;
mod state;
mod when;

pub use chips::Chips;
pub use empty::{Deed, Empty};
pub use field::{Choice, Field, Kind};
pub use ident::{Ident, Line};
pub use mask::Masked;
pub use menu::{Item, Menu};
pub use pager::Pager;
pub use state::{Shape, State, Tag, Tone};
pub use when::{Took, When, grouped};

/// What a template's own output is to another template: markup already, escaped where it had to be.
macro_rules! markup {
    ($($name:ident $(<$lifetime:lifetime>)?),+) => {
        $(impl$(<$lifetime>)? askama::filters::HtmlSafe for $name$(<$lifetime>)? {})+
    };
}
use markup;
