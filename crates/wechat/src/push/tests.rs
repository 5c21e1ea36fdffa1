//! The published examples of the cipher and the signatures, what is read of events, and that nothing else is taken.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::crypt::{Key, RANDOM_BYTES};
use super::*;

/// WeChat's own page on message push: token, key, app and what they make.
const TOKEN: &str = "AAAAA";
const AES_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const APP_ID: &str = "wxba5fad812f8e6fb9";
const SEALED: &str = concat!(
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVza",
    "zhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwK",
    "SqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=",
);
const SECURE_TIME: &str = "1714112445";
const SECURE_NONCE: &str = "415670741";
const SECURE_SIGNATURE: &str = "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3";
const PLAIN: &str = r#"{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714037059,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}"#;

fn query(timestamp: &str, nonce: &str, signature: &str) -> Query {
    Query {
        signature: signature.to_owned(),
        timestamp: timestamp.to_owned(),
        nonce: nonce.to_owned(),
        ..Query::default()
    }
}

fn secure_query() -> Query {
    Query {
        encrypt_type: Some("aes".to_owned()),
        msg_signature: Some(SECURE_SIGNATURE.to_owned()),
        ..query(SECURE_TIME, SECURE_NONCE, "6c5c811b55cc85e0e1b54100749188c20beb3f5d")
    }
}

fn plain() -> Receiver {
    Receiver::new(APP_ID, Secret::new(TOKEN), None).unwrap()
}

fn secure() -> Receiver {
    Receiver::new(APP_ID, Secret::new(TOKEN), Some(&Secret::new(AES_KEY))).unwrap()
}

fn envelope(sealed: &str) -> Vec<u8> {
    json!({"ToUserName": "gh_97417a04a28d", "Encrypt": sealed}).to_string().into_bytes()
}

fn at(timestamp: &str) -> i64 {
    timestamp.parse::<i64>().unwrap() * SECOND_US
}

#[test]
fn the_address_is_verified_by_what_is_sent_back() {
    let mut asked = query("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696");
    asked.echostr = Some("4375120948345356249".to_owned());
    let now_us = at("1714036504");
    assert_eq!(plain().verify(&asked, now_us), Ok("4375120948345356249"));
    assert_eq!(secure().verify(&asked, now_us + 601 * SECOND_US), Err(PushError::Stale));
    assert_eq!(secure().verify(&asked, now_us - 601 * SECOND_US), Err(PushError::Stale));
    asked.nonce.push('1');
    assert_eq!(plain().verify(&asked, now_us), Err(PushError::NotOurs));
}

#[test]
fn a_plain_message_is_read_and_a_receiver_with_a_key_does_not_take_it() {
    let asked = query("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78");
    let now_us = at("1714037059");
    let message = plain().open(&asked, PLAIN.as_bytes(), now_us).unwrap();
    assert_eq!((message.event.as_str(), message.created_s), ("debug_demo", 1714037059));
    assert_eq!(message.from, "o9AgO5Kd5ggOC-bXrbNODIiE3bGY");
    assert_eq!(secure().open(&asked, PLAIN.as_bytes(), now_us), Err(PushError::NotOurs));
}

#[test]
fn a_secure_message_is_deciphered_as_json_and_as_xml() {
    let (asked, now_us) = (secure_query(), at(SECURE_TIME));
    let message = secure().open(&asked, &envelope(SEALED), now_us).unwrap();
    assert_eq!((message.event.as_str(), &message.body["debug_str"]), ("debug_demo", &json!("hello world")));
    let xml = format!(
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{SEALED}]]></Encrypt></xml>"
    );
    assert_eq!(secure().open(&asked, xml.as_bytes(), now_us), Ok(message));

    let another =
        Receiver::new("wx0123456789abcdef", Secret::new(TOKEN), Some(&Secret::new(AES_KEY))).unwrap();
    assert_eq!(another.open(&asked, &envelope(SEALED), now_us), Err(PushError::NotOurs), "for another app");
    assert_eq!(secure().open(&asked, &envelope(SEALED), now_us + 601 * SECOND_US), Err(PushError::Stale));
    let unsigned = Query { msg_signature: None, ..secure_query() };
    assert_eq!(secure().open(&unsigned, &envelope(SEALED), now_us), Err(PushError::NotOurs));
    assert_eq!(plain().open(&asked, &vec![b' '; BODY_BYTES_MAX + 1], now_us), Err(PushError::TooLong));
}

#[test]
fn an_answer_is_enciphered_as_the_pages_show_it() {
    let key = Key::parse(AES_KEY).unwrap();
    let seal =
        |random: &[u8; RANDOM_BYTES], text: &str, app: &str| key.seal(*random, text.as_bytes(), app).unwrap();
    let json = seal(b"707722b803182950", r#"{"demo_resp":"good luck"}"#, "wxba5fad812f8e6fb9");
    assert_eq!(
        json,
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    );
    assert_eq!(
        sign(TOKEN, "1713424427", "415670741", Some(&json)),
        "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    );
    let xml = seal(
        b"999951349e8ee746",
        "<xml><demo_resp>[CDATA[good luck]]</demo_resp></xml>",
        "wx134c8103faa5a59e",
    );
    assert_eq!(
        xml,
        concat!(
            "hE8R6mGXHkJJjU72KxzKUd1GEkKJaEZq7vRL8XgK3o+00k8JGq6+pZJUIlTSyhsX+bxIBQ72g3GyvDdIZcr6+3HAZbSvPT9t/o11",
            "MI7d6WELwqrGd7jMnV0zv3Zc9Nq7",
        )
    );
    assert_eq!(
        sign(TOKEN, "1713424427", "415670741", Some(&xml)),
        "03e0812039325c2712ef5f0f980fd14c70d6e307"
    );
}

#[test]
fn a_key_with_bits_left_over_deciphers_what_another_library_made() {
    let key = Key::parse("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR").unwrap();
    let sealed = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==";
    assert_eq!(key.open(sealed, "wx49f0ab532d5d035a").as_deref(), Some(&b"5927782489442352469"[..]));
    let signed = |nonce: &str| sign("123456", "1411443780", nonce, Some(sealed));
    assert_eq!(signed("437374425"), "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96");
    assert_ne!(signed("437374424"), "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96");
}

fn event(body: Value) -> Event {
    Message::read(body.to_string().as_bytes()).unwrap().what()
}

#[test]
fn events_are_read_as_they_come() {
    let head = |event: &str, more: Value| {
        let mut body = json!({"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": "1620973045", "MsgType": "event", "Event": event});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let looked = |suggestion, label| MediaVerdict::Looked { suggestion, label };
    let checked = |more: Value| match event(head("wxa_media_check", more)) {
        Event::MediaChecked { trace_id, verdict } => (trace_id, verdict),
        other => panic!("{other:?}"),
    };
    let pass = json!({"trace_id": "t1", "errcode": 0, "result": {"suggest": "pass", "label": 100}});
    assert_eq!(checked(pass), ("t1".to_owned(), looked(crate::Suggestion::Pass, 100)));
    let no_number = json!({"trace_id": "t1", "result": {"suggest": "risky", "label": 20002}});
    assert_eq!(checked(no_number).1, looked(crate::Suggestion::Risky, 20002));
    assert_eq!(
        checked(json!({"trace_id": "t1", "errcode": -1008})).1,
        MediaVerdict::Failed { errcode: -1008 }
    );
    assert_eq!(
        checked(json!({"trace_id": "t1"})).1,
        looked(crate::Suggestion::Review, 0),
        "an answer that says nothing"
    );

    let item = json!({"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "0"});
    let accepted = Event::Subscribed(vec![Subscription { template: "T1".to_owned(), accepted: true }]);
    for list in
        [json!({"List": [item]}), json!({"List": item}), json!({"SubscribeMsgPopupEvent": {"List": item}})]
    {
        assert_eq!(event(head("subscribe_msg_popup_event", list)), accepted);
    }
    let sent = json!({"List": [{"TemplateId": "T1", "MsgID": "1864323726461255680", "ErrorCode": "0", "ErrorStatus": "success"}]});
    let message = "1864323726461255680".to_owned();
    let done = Sent { template: "T1".to_owned(), message, errcode: 0 };
    assert_eq!(event(head("subscribe_msg_sent_event", sent)), Event::Sent(vec![done]));

    let revoked = head("user_authorization_revoke", json!({" OpenID": "o2", "RevokeInfo": "6,8"}));
    assert_eq!(event(revoked), Event::Revoked { openid: "o2".to_owned(), of: vec![6, 8] });
    let cancelled = head("user_authorization_cancellation", json!({"OpenID": "o2"}));
    assert_eq!(event(cancelled), Event::Cancelled { openid: "o2".to_owned() });
    assert_eq!(event(head("debug_demo", json!({}))), Event::Other);
}

#[test]
fn a_message_that_is_sent_again_is_the_same_and_another_is_not() {
    let identity = |body: Value| Message::read(body.to_string().as_bytes()).unwrap().identity();
    let told = |event: &str, id: &str| json!({"FromUserName": "o1", "CreateTime": 1, "MsgType": "event", "Event": event, "trace_id": id});
    assert_eq!(identity(told("wxa_media_check", "a")), identity(told("wxa_media_check", "a")));
    assert_ne!(identity(told("wxa_media_check", "a")), identity(told("wxa_media_check", "b")));
    let said = |id: Value| json!({"FromUserName": "o1", "CreateTime": 1, "MsgType": "text", "MsgId": id});
    assert_eq!(identity(said(json!(7))), identity(said(json!("7"))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_enciphered_is_deciphered(
        key in "[A-Za-z0-9+/]{43}", random in any::<[u8; RANDOM_BYTES]>(), message in any::<Vec<u8>>(), app in "wx[0-9a-f]{16}",
    ) {
        let key = Key::parse(&key).unwrap();
        let sealed = key.seal(random, &message, &app).unwrap();
        prop_assert_eq!(key.open(&sealed, &app), Some(message));
        prop_assert_eq!(key.open(&sealed, "wx"), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_body_in_which_anything_is_changed_is_not_taken(
        place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), which in 0..4,
    ) {
        let mut body = envelope(SEALED);
        let right = body.clone();
        match which {
            0 => { let at = place.index(body.len()); body[at] = byte; }
            1 => body.truncate(cut.index(body.len())),
            2 => body.insert(place.index(body.len()), byte),
            _ => { body.remove(place.index(body.len())); }
        }
        let taken = secure().open(&secure_query(), &body, at(SECURE_TIME));
        // What stands around the enciphered text, such as a blank or the name that nobody asks for, may be anything.
        let same = fields_of(&body) == fields_of(&right);
        prop_assert!(taken.is_err() || same, "{:?}", String::from_utf8_lossy(&body));
    }

    #[test]
    fn no_body_whatever_makes_it_panic(body in any::<Vec<u8>>(), text in "[<>/!&;\\[\\]a-zA-Z\" ]{0,200}") {
        let now_us = at(SECURE_TIME);
        for body in [&body[..], text.as_bytes()] {
            let _ = secure().open(&secure_query(), body, now_us);
            let _ = super::message::fields(body);
        }
    }
}

/// The enciphered text in a body, if there is one.
fn fields_of(body: &[u8]) -> Option<Value> {
    super::message::fields(body).ok()?.get("Encrypt").cloned()
}
