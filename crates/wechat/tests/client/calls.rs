//! What needs a token: telephone numbers, texts that are looked at, messages, codes and links.

use wechat::stand_in::{FaultKind, RiskyWord, TemplateFacts, UserFacts};
use wechat::{Outage, Release, Scene, SubscriptionMessage, Suggestion, WechatError, fit};

use crate::support::{OPENID, Scene as Town};

const PHONE: &str = "/wxa/business/getuserphonenumber";
const TEXT: &str = "/wxa/msg_sec_check";
const MESSAGE: &str = "/cgi-bin/message/subscribe/send";
const IMAGE: &str = "/wxa/getwxacodeunlimit";

#[tokio::test]
async fn a_code_of_the_telephone_button_is_a_number_once_and_for_its_own_person() {
    let town = Town::begin().await;
    let code = |openid: &str| town.wechat().issue_phone_code(None, openid, "13800001234").unwrap();

    let given = town.client.phone_number(&code(OPENID), OPENID).await.unwrap();
    assert_eq!((given.number.as_str(), given.country.as_str()), ("13800001234", "86"));
    assert!(!format!("{given:?}").contains("1380"), "{given:?}");

    let anothers = code("oSomebodyElse");
    let refused = Err(WechatError::InvalidCode);
    assert_eq!(town.client.phone_number(&anothers, OPENID).await.map(drop), refused);
    let used = code(OPENID);
    town.client.phone_number(&used, OPENID).await.unwrap();
    assert_eq!(town.client.phone_number(&used, OPENID).await.map(drop), refused);
    let old = code(OPENID);
    town.wechat().advance_s(301);
    assert_eq!(town.client.phone_number(&old, OPENID).await.map(drop), refused);

    let asked = town.calls(PHONE).len();
    for never in ["", "two words", &"x".repeat(513)] {
        assert_eq!(town.client.phone_number(never, OPENID).await.map(drop), refused);
    }
    assert_eq!(town.calls(PHONE).len(), asked, "what cannot be a code is not sent");
}

#[tokio::test]
async fn a_code_of_the_telephone_button_is_sent_once_whatever_happens() {
    let town = Town::begin().await;
    for kind in [FaultKind::Truncated, FaultKind::BadGateway, FaultKind::Errcode { errcode: -1 }] {
        town.wechat().clear_calls();
        let code = town.wechat().issue_phone_code(None, OPENID, "13800001234").unwrap();
        town.fault(PHONE, kind, 1);
        assert!(matches!(town.client.phone_number(&code, OPENID).await, Err(WechatError::Unavailable(_))));
        assert_eq!(town.calls(PHONE).len(), 1);
    }
    // A token that another program has renewed costs one more request, and the code is still good.
    let code = town.wechat().issue_phone_code(None, OPENID, "13800001234").unwrap();
    town.wechat().kill_tokens(None).unwrap();
    assert!(town.client.phone_number(&code, OPENID).await.is_ok());
}

async fn signed_in() -> Town {
    let town = Town::begin().await;
    let code = town.new_code();
    town.client.sign_in(&code).await.unwrap();
    for (word, risky, label) in [("赌博", true, 20006), ("代购", false, 10001)] {
        town.wechat().add_word(RiskyWord { word: word.into(), risky, label });
    }
    town
}

#[tokio::test]
async fn a_text_passes_is_for_a_person_or_must_not_be_shown() {
    let town = signed_in().await;
    for (text, suggestion, label) in [
        ("帮邻居扫雪", Suggestion::Pass, 100),
        ("代购土鸡蛋", Suggestion::Review, 10001),
        ("代购和赌博", Suggestion::Risky, 20006),
    ] {
        let found = town.client.check_text(text, Scene::Forum, OPENID).await.unwrap();
        assert_eq!((found.suggestion, found.label), (suggestion, label), "{text}");
    }
    assert_eq!(
        town.client.check_text("", Scene::Forum, OPENID).await.map(|v| v.suggestion),
        Ok(Suggestion::Pass)
    );

    // A word on the border of two pieces is seen, and what is worst counts.
    town.wechat().clear_calls();
    let long = format!("{}赌博{}", "善".repeat(2_499), "好".repeat(3_000));
    assert_eq!(town.client.check_text(&long, Scene::Forum, OPENID).await.map(|v| v.label), Ok(20006));
    assert_eq!(town.calls(TEXT).len(), 3);
}

#[tokio::test]
async fn a_text_is_looked_at_only_for_who_was_there_within_two_hours() {
    let town = signed_in().await;
    let check = || town.client.check_text("帮邻居扫雪", Scene::Comment, OPENID);
    town.wechat().advance_s(7_200);
    assert!(check().await.is_ok());
    town.wechat().advance_s(1);
    assert_eq!(check().await, Err(WechatError::NotSeenLately));
    let nobody = town.client.check_text("帮邻居扫雪", Scene::Comment, "oNobody").await;
    assert_eq!(nobody, Err(WechatError::UnknownUser { errcode: 40003 }));
    town.wechat().set_user(UserFacts { openid: "oAway".into(), ..UserFacts::default() }).unwrap();
    let away = town.client.check_text("帮邻居扫雪", Scene::Comment, "oAway").await;
    assert_eq!(away, Err(WechatError::NotSeenLately));
}

#[tokio::test]
async fn a_check_is_asked_for_again_while_wechat_is_away_and_not_when_its_quota_is_gone() {
    let town = signed_in().await;
    let check = || town.client.check_text("帮邻居扫雪", Scene::Forum, OPENID);
    town.fault(TEXT, FaultKind::Errcode { errcode: -1 }, 2);
    assert!(check().await.is_ok());
    assert_eq!(town.calls(TEXT).len(), 3);

    town.wechat().clear_calls();
    town.fault(TEXT, FaultKind::Errcode { errcode: -1 }, 3);
    assert_eq!(check().await, Err(WechatError::Unavailable(Outage::Busy)));
    assert_eq!(town.calls(TEXT).len(), 3);

    for errcode in [44991, 45009] {
        town.wechat().clear_calls();
        town.fault(TEXT, FaultKind::Errcode { errcode }, 1);
        assert_eq!(check().await, Err(WechatError::TooOften { errcode }));
        assert_eq!(town.calls(TEXT).len(), 1);
    }
}

fn message(openid: &str, template: &str, thing: &str) -> SubscriptionMessage {
    SubscriptionMessage {
        openid: openid.into(),
        template: template.into(),
        page: Some("pages/deed/deed?id=1".into()),
        values: [("thing1".to_owned(), thing.to_owned())].into(),
    }
}

#[tokio::test]
async fn a_message_is_sent_once_for_each_time_somebody_agreed() {
    let town = signed_in().await;
    let template = |id: &str, banned| TemplateFacts { id: id.into(), names: vec!["thing1".into()], banned };
    town.wechat().set_template(template("T1", false));
    town.wechat().set_template(template("T2", true));
    town.wechat().release_pages(vec!["pages/deed/deed".into()]);
    let send =
        async |message: &SubscriptionMessage| town.client.send_message(message, Release::Release).await;

    let good = message(OPENID, "T1", "清扫楼道，通过了");
    assert_eq!(send(&good).await, Err(WechatError::NotSubscribed));
    town.wechat().subscribe(None, OPENID, "T1").unwrap();
    assert_eq!(send(&good).await, Ok(()));
    assert_eq!(send(&good).await, Err(WechatError::NotSubscribed), "one agreement is one message");

    town.wechat().subscribe(None, OPENID, "T1").unwrap();
    let elsewhere = SubscriptionMessage { page: Some("pages/none/none".into()), ..good.clone() };
    for (wrong, error) in [
        (message(OPENID, "T1", &"长".repeat(21)), WechatError::BadMessage { errcode: 47003 }),
        (message(OPENID, "T1", ""), WechatError::BadMessage { errcode: 47003 }),
        (message(OPENID, "T2", "好"), WechatError::TemplateRefused { errcode: 43107 }),
        (message(OPENID, "T3", "好"), WechatError::TemplateRefused { errcode: 40037 }),
        (message("oNobody", "T1", "好"), WechatError::UnknownUser { errcode: 40003 }),
        (elsewhere, WechatError::BadMessage { errcode: 41030 }),
    ] {
        assert_eq!(send(&wrong).await, Err(error));
    }
    let fitted = fit("thing1", &"长".repeat(21)).unwrap();
    assert_eq!(send(&message(OPENID, "T1", &fitted)).await, Ok(()), "and a refused one costs no agreement");

    // An answer that is lost is not asked for again: the message may have arrived.
    town.wechat().subscribe(None, OPENID, "T1").unwrap();
    town.wechat().clear_calls();
    town.fault(MESSAGE, FaultKind::Truncated, 1);
    assert_eq!(send(&good).await, Err(WechatError::Unavailable(Outage::Unreadable)));
    assert_eq!(town.calls(MESSAGE).len(), 1);
    town.fault(MESSAGE, FaultKind::Errcode { errcode: 43108 }, 1);
    assert_eq!(send(&good).await, Err(WechatError::OneAtATime));
}

#[tokio::test]
async fn two_messages_to_one_person_are_not_on_their_way_at_once() {
    let town = signed_in().await;
    let names = vec!["thing1".into()];
    town.wechat().set_template(TemplateFacts { id: "T1".into(), names, banned: false });
    let other = town.wechat().issue_code(None, "oAnother").unwrap();
    town.client.sign_in(&other).await.unwrap();
    for openid in [OPENID, OPENID, "oAnother"] {
        town.wechat().subscribe(None, openid, "T1").unwrap();
    }
    town.fault(MESSAGE, FaultKind::Hold, 1);
    let client = town.client.clone();
    let first =
        tokio::spawn(
            async move { client.send_message(&message(OPENID, "T1", "一"), Release::Release).await },
        );
    town.wechat().until_called(MESSAGE, 1).await.unwrap();
    let send =
        async |openid: &str| town.client.send_message(&message(openid, "T1", "二"), Release::Release).await;
    assert_eq!(send(OPENID).await, Err(WechatError::OneAtATime));
    assert_eq!(send("oAnother").await, Ok(()), "to somebody else it is another matter");
    town.wechat().let_go();
    assert_eq!(first.await.unwrap(), Ok(()));
    assert_eq!(send(OPENID).await, Ok(()), "and the refused one has cost no agreement");
    let told: Vec<_> = town.wechat().messages().into_iter().map(|sent| sent.openid).collect();
    assert_eq!(told, [OPENID, "oAnother", OPENID]);
}

#[tokio::test]
async fn a_code_is_a_picture_and_a_link_is_an_address() {
    let town = Town::begin().await;
    town.wechat().release_pages(vec!["pages/deed/deed".into()]);
    let image =
        async |page: &str, scene: &str| town.client.code_image(page, scene, Release::Release, 430).await;

    assert!(image("pages/deed/deed", "d=9fk3x").await.unwrap().starts_with(b"\x89PNG"));
    assert_eq!(image("/pages/deed/deed", "d=1").await, Err(WechatError::BadMessage { errcode: 41030 }));
    let asked = town.calls(IMAGE).len();
    assert_eq!(image("pages/deed/deed", "善").await, Err(WechatError::BadMessage { errcode: 40129 }));
    assert_eq!(town.calls(IMAGE).len(), asked, "what cannot be a scene is not sent");
    town.fault(IMAGE, FaultKind::BadGateway, 2);
    assert!(image("pages/deed/deed", "d=9fk3x").await.is_ok(), "made twice it is the same");
    town.fault(IMAGE, FaultKind::Errcode { errcode: 45009 }, 1);
    assert_eq!(image("pages/deed/deed", "d=1").await, Err(WechatError::TooOften { errcode: 45009 }));

    let link = town.client.url_link("pages/deed/deed", "id=1", Release::Release, 30).await.unwrap();
    assert!(link.starts_with("https://wxaurl.cn/"), "{link}");
    let nowhere = town.client.url_link("pages/none/none", "", Release::Release, 30).await;
    assert_eq!(nowhere, Err(WechatError::BadMessage { errcode: 40165 }));
}
