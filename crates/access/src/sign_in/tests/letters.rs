//! Links by e-mail.

use sealpost_store::both_engines;
use serde_json::{Value, json};

use super::house::{House, MINUTE};
use crate::roles::Standard;

/// The path of the link in a letter.
fn link(text: &str) -> String {
    let (_, rest) = text.split_once("https://localhost").unwrap();
    rest.lines().next().unwrap().to_owned()
}

both_engines! {
    async fn whoever_is_invited_gets_their_link_by_mail_and_later_another(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.browser(Standard::Owner).await;
        let body = json!({ "email": "Sam@example.com", "role": "agent" });
        let invited = owner.post(&house, "/v1/invitations", &body).await;
        assert_eq!(invited.status, 201, "{}", invited.body);
        let (to, letter) = house.desk.letter().await;
        let shown: Value = serde_json::from_str(&invited.body).unwrap();
        assert_eq!(to, "Sam@example.com");
        assert!(letter.text.contains(shown["link"].as_str().unwrap()));
        let sam = house.enter(&link(&letter.text)).await;
        assert_eq!(sam.next, "/sign-in/passkey");

        // They lose their passkey, and ask for a link.
        let page = house.ask("GET", "/sign-in/recovery", &[], None).await;
        let visit = page.cookie("__Host-sealpost_visit").unwrap();
        let ask = async |email: &str| {
            let form = format!("email={email}&_csrf={}", page.csrf());
            house.ask("POST", "/sign-in/email", &[("cookie", &visit)], Some(&form)).await
        };
        let known = ask("sam%40example.com").await;
        let (to, letter) = house.desk.letter().await;
        assert_eq!((known.status, &*to), (200, "sam@example.com"));
        let again = house.enter(&link(&letter.text)).await;
        assert_eq!(again.next, "/sign-in/passkey");
        let unknown = ask("nobody%40example.com").await;
        assert_eq!((unknown.status, unknown.body), (200, known.body));
        // Whoever asks again at once fills no mailbox.
        ask("sam%40example.com").await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert!(house.desk.is_empty());
        house.test.clock.advance_ms(2 * MINUTE);
        ask("sam%40example.com").await;
        house.desk.letter().await;
    }
}
