//! Known answers: AWS's published test suite (`aws-sig-v4-test-suite`, service
//! `service`), and the example of the IAM User Guide.

use super::*;

const HOST: (&str, &str) = ("Host", "example.amazonaws.com");
const DATE: (&str, &str) = ("X-Amz-Date", "20150830T123600Z");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn signed(service: &str, method: &str, query: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let credentials = Credentials {
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: SecretText::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into()),
        session_token: None,
    };
    let scope = Scope { at: DATE.1, region: "us-east-1", service };
    authorization(&credentials, &scope, &Request { method, path: "/", query, headers, body })
}

#[test]
fn aws_sigs_are_what_the_published_suite_says() {
    let trimmed = [HOST, ("My-Header1", " value1"), ("My-Header2", " \"a   b   c\""), DATE];
    let cases: [(&str, &str, &str, &[(&str, &str)], &[u8], &str); 5] = [
        (
            "get-vanilla",
            "GET",
            "",
            &[HOST, DATE],
            b"",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "post-vanilla",
            "POST",
            "",
            &[HOST, DATE],
            b"",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        (
            "get-vanilla-query-order-key-case",
            "GET",
            "Param1=value1&Param2=value2",
            &[HOST, DATE],
            b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "post-x-www-form-urlencoded",
            "POST",
            "",
            &[FORM, HOST, DATE],
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
        (
            "get-header-value-trim",
            "GET",
            "",
            &trimmed,
            b"",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
    ];
    for (name, method, query, headers, body, expected) in cases {
        let says = signed("service", method, query, headers, body);
        assert!(says.ends_with(&format!("Signature={expected}")), "{name}: {says}");
    }
}

#[test]
fn the_header_is_that_of_the_user_guide() {
    let headers =
        [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"), ("Host", "iam.amazonaws.com"), DATE];
    assert_eq!(
        signed("iam", "GET", "Action=ListUsers&Version=2010-05-08", &headers, b""),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, \
         Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
}

#[test]
fn a_body_that_was_changed_is_signed_otherwise() {
    assert_ne!(signed("kms", "POST", "", &[HOST, DATE], b"{}"), signed("kms", "POST", "", &[HOST, DATE], b"{ }"));
}
