//! What messages call people by, through the service, on both engines.

use sealpost_govern::Reason as Why;
use sealpost_seal::Purpose;
use sealpost_seal::normal::Email;
use sealpost_seal::viewer::Viewer;
use sealpost_store::testing::TestStore;
use sealpost_store::{ContactId, Ctx, Environment, MessageId, both_engines};
use serde_json::{Value, json};

use super::scene::House;
use crate::channels::ChannelKind;
use crate::contacts::{Details, Locale, Name};
use crate::events::{Class, NewEvent, NewVersion};
use crate::label::Label;
use crate::templates::{Content, NewTemplate};

const EMAIL: &str = "marker.zebra@example.com";
const NAME: &str = "Marker Quagga";

/// A house with an event whose template calls people by their name, and somebody who is masked.
async fn scene(test: TestStore) -> (House, Ctx) {
    let mut house = House::around(test, 1, Environment::Live).await;
    house.organisations[0].viewer = Viewer::masked();
    let ctx = house.organisations[0].clone();
    let label = |text: &str| Label::parse(text).unwrap();
    let text = "Hello {{ contact.name }}, your code is {{ code }}.".to_owned();
    let content = Content { subject: Some("Hello {{ contact.name }}".into()), text, html: None };
    let new = NewTemplate { name: label("hello"), channel: ChannelKind::Email, content };
    let (template, _) = house.messaging.templates.create(&ctx, new).await.unwrap();
    let version = NewVersion {
        class: Class::Transactional,
        template: template.id,
        template_version: None,
        channel: None,
        route: None,
    };
    house.messaging.events.create(&ctx, NewEvent { name: label("hello"), version }).await.unwrap();
    (house, ctx)
}

async fn quagga(house: &House, ctx: &Ctx) -> ContactId {
    let details = Details {
        email: Some(Email::parse(EMAIL).unwrap()),
        name: Some(Name::parse(NAME.into()).unwrap()),
        locale: Some(Locale::parse("en-GB").unwrap()),
        ..Details::default()
    };
    house.messaging.contacts.create(ctx, &details).await.unwrap().id
}

async fn say(house: &House, to: Value, data: Value) -> Result<MessageId, ()> {
    house.accept_body(0, json!({ "event": "hello", "to": to, "data": data })).await
}

/// What a message says, in clear and as whoever is masked sees it.
async fn both(house: &House, ctx: &Ctx, id: MessageId) -> (String, String) {
    let messages = &house.messaging.messages;
    let message = messages.find(ctx, id).await.unwrap();
    let why = Why::parse("a call".into()).unwrap();
    let (_, opened) = messages.reveal(ctx, &message, &why).await.unwrap();
    let clear = opened.payload.unwrap().content.text;
    let masked = serde_json::to_string(&messages.views().full(ctx, &message).await.unwrap()).unwrap();
    assert_eq!(opened.recipient.expose(Purpose::Reveal), EMAIL);
    (clear, masked)
}

both_engines! {
    async fn whoever_is_masked_calls_people_by_their_name_and_does_not_learn_it(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let contact = quagga(&house, &ctx).await;
        for to in [json!({ "contact_id": contact }), json!({ "email": "MARKER.zebra@example.com" })] {
            let id = say(&house, to.clone(), json!({ "code": "417233" })).await;
            let Ok(id) = id else { panic!("{to}") };
            let message = house.messaging.messages.find(&ctx, id).await.unwrap();
            let why = Why::parse("a call".into()).unwrap();
            let (_, opened) = house.messaging.messages.reveal(&ctx, &message, &why).await.unwrap();
            let said = opened.payload.unwrap();
            assert_eq!(said.content.text, format!("Hello {NAME}, your code is 417233."));
            assert_eq!(said.content.subject.as_deref(), Some("Hello Marker Quagga"));
            let masked = house.messaging.messages.views().full(&ctx, &message).await.unwrap();
            let masked = serde_json::to_value(&masked).unwrap();
            assert_eq!(masked["data"]["contact"]["name"]["masked"], true, "{masked}");
            assert!(!masked.to_string().contains("Quagga"));
        }
        let (clear, masked) = both(&house, &ctx, say(&house, json!({ "contact_id": contact }), json!({ "code": "1" })).await.unwrap()).await;
        assert!(clear.contains(NAME) && !masked.contains("Quagga"));
    }

    async fn nobodys_name_goes_to_an_address_that_is_not_theirs(test: TestStore) {
        let (house, ctx) = scene(test).await;
        quagga(&house, &ctx).await;
        let mut details = Details { email: Some(Email::parse("other@example.com").unwrap()), ..Details::default() };
        details.external_id = Some(crate::contacts::ExternalId::parse("marker-okapi".into()).unwrap());
        details.name = Some(Name::parse("Marker Okapi".into()).unwrap());
        house.messaging.contacts.create(&ctx, &details).await.unwrap();
        let elsewhere = json!({ "external_id": "marker-okapi", "email": "curious@example.com" });
        assert!(say(&house, elsewhere.clone(), json!({ "code": "1" })).await.is_err());
        // Who brings the name, knows it.
        let brought = json!({ "code": "1", "contact": { "name": "Somebody" } });
        assert!(say(&house, elsewhere, brought).await.is_ok());
    }

    async fn whoever_is_new_is_called_as_the_request_says_and_nobody_without_a_name(test: TestStore) {
        let (house, ctx) = scene(test).await;
        let new = json!({ "email": EMAIL, "name": NAME });
        let id = say(&house, new, json!({ "code": "1" })).await.unwrap();
        assert!(both(&house, &ctx, id).await.0.contains(NAME));
        assert!(say(&house, json!({ "email": "nameless@example.com" }), json!({ "code": "1" })).await.is_err());
    }
}
