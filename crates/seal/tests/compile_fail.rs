//! Guarantees by construction: what must not compile doesn't.

#[test]
fn sensitive_types_can_not_slip_out() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
