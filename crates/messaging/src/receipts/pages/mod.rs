//! The dashboard's page of a receipt.

#[cfg(test)]
mod samples;
mod show;

use sealpost_web::Endpoint;

use super::Receipts;

pub(super) fn routes(receipts: &Receipts) -> Vec<Endpoint> {
    vec![show::show(receipts), show::save(receipts)]
}
