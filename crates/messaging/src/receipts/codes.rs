//! Why there is no receipt, as clients learn it.

sealpost_web::codes! {
    /// 409: it is under way.
    RECEIPT_NOT_DUE = 409 "receipt_not_due" "The message has not come to its end yet";
    /// 409: nothing was sent, or that was before there were receipts.
    RECEIPT_NONE = 409 "receipt_none" "There is no receipt of this message: it was taken back, or is from before there were receipts";
}
