//! Why suppressions are refused, as clients learn it.

use sealpost_web::{Failure, not_found};

use super::model::SuppressionRefusal;

sealpost_web::codes! {
    /// 422: the address is not of the channel's kind, or there is more than one.
    ADDRESS_UNSUITABLE = 422 "address_unsuitable" "Exactly one address of the channel's kind is needed";
}

impl From<SuppressionRefusal> for Failure {
    fn from(refusal: SuppressionRefusal) -> Self {
        match refusal {
            SuppressionRefusal::NotFound => not_found().into(),
            SuppressionRefusal::Store(error) => error.into(),
        }
    }
}
