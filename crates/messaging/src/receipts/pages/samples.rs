//! The page of a receipt, and of none.

use sealpost_web::shell::testing::keep;

use super::show::ShowPage;

#[test]
fn a_receipt_is_shown_or_why_there_is_none() {
    let page = |receipt| ShowPage {
        message: "/app/test/messages/x".into(),
        save: "/app/test/messages/x/receipt".into(),
        csrf: "sample".into(),
        receipt,
    };
    keep("receipt", "Receipt", "/messages/{id}/receipt", &page(Ok("sealpost receipt v1\n{}\n".into())));
    keep("receipt-none", "Receipt", "/messages/{id}/receipt", &page(Err("The message has not come to its end yet")));
}
