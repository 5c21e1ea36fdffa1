//! Codes to scan: made once, by WeChat where it answers, and leading nobody to what is not public.

use serde_json::{Value, json};
use tests::town::text;
use tests::{Actor, Answer, Engine, Options, Town};

use crate::stage::{Stage, at_once, post_deed};

/// WeChat's path.
const PATH: &str = "/wxa/getwxacodeunlimit";

async fn scene(town: &Town) -> String {
    let calls = town.wechat.calls(PATH).await;
    text(&calls.last().expect("WeChat was asked")["body"]["scene"])
}

#[track_caller]
fn is_real(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.header("x-code"), answer.header("content-type")),
        (200, "wechat", "image/png")
    );
    let picture = image::load_from_memory(&answer.bytes).expect("it is a picture");
    assert!(picture.width() > 300, "it can be scanned");
}

#[track_caller]
fn is_plain(answer: &Answer, kind: &str) {
    assert_eq!((answer.status, answer.header("x-code"), answer.header("content-type")), (200, "plain", kind));
    assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""));
}

async fn event(town: &Town, staff: &Actor, publish: bool) -> String {
    let body = json!({"unitId": town.world.village, "kind": "activity", "section": "environment", "title": "清洁日", "text": "一起来",
        "place": "村口", "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z",
        "signUpFrom": "2026-03-01T00:00:00Z", "signUpUntil": "2026-03-07T00:00:00Z", "withdrawUntil": "2026-03-07T00:00:00Z",
        "capacity": 20, "offerMinutes": 60});
    let id = text(&staff.post("staff/events", body).await.expect(201)["id"]);
    if publish {
        staff.post(&format!("staff/events/{id}/publish"), json!({})).await.expect(200);
    }
    id
}

#[tokio::test]
async fn a_published_deed_has_one_code_that_leads_to_it_until_it_is_gone() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group1, None).await;
    let deed = stage.published(&wang, 1).await;
    let path = format!("deeds/{deed}/code");
    let first = town.anybody().get(&path).await;
    is_real(&first);
    assert_eq!(first.header("cache-control"), "public, max-age=86400");
    let call = town.wechat.calls(PATH).await.pop().expect("WeChat was asked");
    assert_eq!(
        (&call["body"]["page"], &call["body"]["env_version"]),
        (&json!("pages/deed/deed"), &json!("release"))
    );
    // Made once; who has it keeps it.
    for who in [&wang, &li, &town.ops] {
        let again = who.get(&path).await;
        is_real(&again);
        assert_eq!((again.etag(), &again.bytes), (first.etag(), &first.bytes));
    }
    let held = town.anybody().request(reqwest::Method::GET, &path).header("If-None-Match", first.etag());
    assert_eq!(town.anybody().send(held).await.status, 304);
    assert_eq!(town.wechat.calls(PATH).await.len(), 1);

    let scene = scene(town).await;
    let named = town.anybody().get(&format!("codes/{scene}")).await.expect(200);
    assert_eq!(named, json!({"kind": "deed", "id": deed}));
    // As a client that encodes everything asks for it.
    let encoded = town.anybody().get(&format!("codes/{}", scene.replace('=', "%3D"))).await.expect(200);
    assert_eq!(encoded, named);
    for wrong in [
        scene.replace("d=", "e="),
        format!("{scene}0"),
        "d=000000000".to_owned(),
        "x".to_owned(),
        "%E7%8E%8B".to_owned(),
    ] {
        town.anybody().get(&format!("codes/{wrong}")).await.refused(404, "qr_code_not_found");
    }

    // What waits has a code for who sees it, which leads nobody else to it.
    let pending = text(&post_deed(&wang, 2).await.expect(201)["id"]);
    let hidden = format!("deeds/{pending}/code");
    for who in [&wang, &stage.secretary] {
        let own = who.get(&hidden).await;
        is_real(&own);
        assert_eq!((own.header("cache-control"), own.header("etag")), ("no-store", ""));
    }
    for who in [&li, &town.anybody()] {
        who.get(&hidden).await.refused(404, "deed_not_found");
    }
    let waits = self::scene(town).await;
    for who in [&li, &town.anybody()] {
        who.get(&format!("codes/{waits}")).await.refused(404, "qr_code_not_found");
    }
    for who in [&wang, &stage.secretary] {
        let led = who.get(&format!("codes/{waits}")).await;
        assert_eq!(led.header("cache-control"), "private, no-cache");
        assert_eq!(led.expect(200)["id"], pending);
    }

    assert_eq!(wang.delete(&format!("deeds/{deed}")).await.status, 204);
    town.anybody().get(&path).await.refused(404, "deed_not_found");
    town.anybody().get(&format!("codes/{scene}")).await.refused(404, "qr_code_not_found");
}

#[tokio::test]
async fn events_and_shops_have_codes_of_their_own_pages() {
    let environment = vec![
        ("JISHAN_TENANT_WECHAT_PAGES_MERCHANT".to_owned(), "packages/shop/index".to_owned()),
        ("JISHAN_TENANT_WECHAT_RELEASE".to_owned(), "trial".to_owned()),
    ];
    let town = Town::open_with(Options { environment, ..Options::default() }).await;
    let (draft, shown) = (event(&town, &town.ops, false).await, event(&town, &town.ops, true).await);
    is_real(&town.anybody().get(&format!("events/{shown}/code")).await);
    let call = town.wechat.calls(PATH).await.pop().expect("WeChat was asked");
    assert_eq!(
        (&call["body"]["page"], &call["body"]["env_version"]),
        (&json!("pages/event/check-in"), &json!("trial"))
    );
    let named = town.anybody().get(&format!("codes/{}", scene(&town).await)).await.expect(200);
    assert_eq!(named, json!({"kind": "event", "id": shown}));
    town.anybody().get(&format!("events/{draft}/code")).await.refused(404, "event_not_found");
    let own = town.ops.get(&format!("events/{draft}/code")).await;
    is_real(&own);
    assert_eq!(own.header("cache-control"), "no-store");
    let waits = format!("codes/{}", scene(&town).await);
    town.anybody().get(&waits).await.refused(404, "qr_code_not_found");
    town.ops.post(&format!("staff/events/{draft}/publish"), json!({})).await.expect(200);
    assert_eq!(
        town.anybody().get(&waits).await.expect(200)["id"],
        draft.as_str(),
        "what is printed stays good"
    );

    let shop = town.shop("lin", &town.world.village).await;
    let path = format!("merchants/{}/code", shop.id);
    is_real(&town.anybody().get(&path).await);
    let call = town.wechat.calls(PATH).await.pop().expect("WeChat was asked");
    assert_eq!(call["body"]["page"], "packages/shop/index");
    let door = format!("codes/{}", scene(&town).await);
    assert_eq!(town.anybody().get(&door).await.expect(200), json!({"kind": "merchant", "id": shop.id}));
    let suspend = format!("staff/merchants/{}/suspend", shop.id);
    town.ops.post(&suspend, json!({"reason": "核实中"})).await.expect(200);
    town.anybody().get(&path).await.refused(404, "shop_not_found");
    town.anybody().get(&door).await.refused(404, "qr_code_not_found");
    is_real(&town.ops.get(&path).await);
    for nothing in ["deeds/deed", "events/evt", "merchants/shop"] {
        let (_, kind) = nothing.split_once('/').expect("two parts");
        let refused = town.anybody().get(&format!("{nothing}_01jbr62tryfk1sh9p01j0gre6f/code")).await;
        assert_eq!(refused.status, 404, "{kind}");
    }
    town.anybody().get(&format!("{path}?format=gif")).await.refused(400, "malformed_query");
}

#[tokio::test]
async fn fifty_who_ask_first_cause_one_question() {
    let town = Town::open().await;
    for round in 0..3 {
        let shown = event(&town, &town.ops, true).await;
        // The answer comes late, so that everybody waits for the same.
        town.wechat.fault(PATH, json!({"kind": "delay", "ms": 300}), 1).await;
        let answers = at_once((0..50).map(|_| {
            let (who, path) = (town.anybody(), format!("events/{shown}/code"));
            async move { who.get(&path).await }
        }))
        .await;
        answers.iter().for_each(is_real);
        assert!(answers.iter().all(|answer| answer.etag() == answers[0].etag()));
        assert_eq!(town.wechat.calls(PATH).await.len(), round + 1);
        assert_eq!(town.value("SELECT count(*) FROM qr_codes"), (round + 1).to_string());
        assert_eq!(town.value("SELECT count(*) FROM qr_images"), (round + 1).to_string());
    }
}

#[tokio::test]
async fn two_processes_ask_at_most_once_each_and_keep_one_picture() {
    if Engine::of_run() == Engine::Sqlite {
        return;
    }
    let town = Town::open_with(Options { processes: 2, ..Options::default() }).await;
    let shown = event(&town, &town.ops, true).await;
    town.wechat.fault(PATH, json!({"kind": "delay", "ms": 300}), 2).await;
    let answers = at_once((0..50).map(|n| {
        let (who, path) = (town.anybody().at(&town.base(n % 2)), format!("events/{shown}/code"));
        async move { who.get(&path).await }
    }))
    .await;
    answers.iter().for_each(is_real);
    let asked = town.wechat.calls(PATH).await;
    assert!((1..=2).contains(&asked.len()), "{}", asked.len());
    assert!(asked.iter().all(|call| call["body"]["scene"] == asked[0]["body"]["scene"]), "one word for both");
    assert_eq!(town.value("SELECT count(*) FROM qr_codes"), "1");
    assert_eq!(town.value("SELECT count(*) FROM qr_images"), "1");
}

#[tokio::test]
async fn a_plain_code_stands_in_while_wechat_is_away() {
    let town = Town::open().await;
    let shown = event(&town, &town.ops, true).await;
    let path = format!("events/{shown}/code");
    let anybody = town.anybody();
    for fault in [json!({"kind": "errcode", "errcode": 45009}), json!({"kind": "errcode", "errcode": 48001})]
    {
        town.wechat.fault(PATH, fault, 1).await;
        let before = town.wechat.calls(PATH).await.len();
        // Nobody's answer fails, and WeChat is left alone for a while.
        for _ in 0..3 {
            let plain = anybody.get(&path).await;
            is_plain(&plain, "image/png");
            let picture = image::load_from_memory(&plain.bytes).expect("it is a picture");
            assert!(picture.width() == picture.height() && picture.width() > 300);
        }
        assert_eq!(town.wechat.calls(PATH).await.len(), before + 1);
        let later = if before == 0 { "2026-03-02T02:00:31Z" } else { "2026-03-02T02:01:05Z" };
        town.set_clock(later).await;
    }
    is_real(&anybody.get(&path).await);
    // Drawn, it is always a plain one: of the address where the tenant has its pages.
    let drawn = anybody.get(&format!("{path}?format=svg")).await;
    is_plain(&drawn, "image/svg+xml");
    assert!(drawn.bytes.starts_with(b"<svg "));
    is_real(&anybody.get(&format!("{path}?format=png")).await);
    // A picture that somebody took away is made again.
    std::fs::remove_dir_all(town.folder().join("pictures/codes")).expect("the pictures are there");
    let before = town.wechat.calls(PATH).await.len();
    is_real(&anybody.get(&path).await);
    assert_eq!(town.wechat.calls(PATH).await.len(), before + 1);
}

#[tokio::test]
async fn without_wechat_every_code_is_a_plain_one() {
    let environment = vec![
        ("JISHAN_TENANT_WECHAT_APP_ID".to_owned(), String::new()),
        ("JISHAN_TENANT_PUBLIC_URL".to_owned(), String::new()),
        ("JISHAN_TENANT_MERCHANTS".to_owned(), "false".to_owned()),
    ];
    let town = Town::open_with(Options { environment, ..Options::default() }).await;
    let shown = event(&town, &town.ops, true).await;
    let plain = town.anybody().get(&format!("events/{shown}/code")).await;
    is_plain(&plain, "image/png");
    assert!(town.wechat.calls(PATH).await.is_empty());
    // The same word each time.
    assert_eq!(plain.bytes, town.anybody().get(&format!("events/{shown}/code")).await.bytes);
    let word = town.value("SELECT word FROM qr_codes");
    let named = town.anybody().get(&format!("codes/e={word}")).await.expect(200);
    assert_eq!(named["id"], Value::from(shown));
    // Where there are no shops they have no codes either.
    let (status, page) = opened(&town, &format!("e={word}")).await;
    assert!(status == 200 && page.contains("扫一扫"), "{status}: {page}");
    let shop = "merchants/shop_01jbr62tryfk1sh9p01j0gre6f/code";
    town.anybody().get(shop).await.refused(403, "disabled");
    town.anybody().get(&format!("codes/m={word}")).await.refused(404, "qr_code_not_found");
}

/// WeChat's path of addresses.
const LINKS: &str = "/wxa/generate_urllink";

/// Opens a plain code as a telephone's camera does: the status, and where it leads or what it shows.
async fn opened(town: &Town, scene: &str) -> (u16, String) {
    let answer = town.anybody().get(&format!("/c/{scene}")).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let leads = answer.header("location").to_owned();
    if answer.status == 302 {
        return (302, leads);
    }
    assert_eq!(
        answer.header("content-type"),
        "text/html; charset=utf-8",
        "{scene}: {} {}",
        answer.status,
        answer.json
    );
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!((leads.as_str(), answer.header("referrer-policy")), ("", "no-referrer"));
    (answer.status, String::from_utf8(answer.bytes).expect("a page is text"))
}

#[tokio::test]
async fn a_plain_code_leads_into_the_mini_program_or_tells_how() {
    let town = Town::open().await;
    let (draft, shown) = (event(&town, &town.ops, false).await, event(&town, &town.ops, true).await);
    let mut scenes = Vec::new();
    for id in [&draft, &shown] {
        is_real(&town.ops.get(&format!("events/{id}/code")).await);
        scenes.push(scene(&town).await);
    }
    let (hidden, scene) = (&scenes[0], &scenes[1]);
    // While WeChat makes no address a page says how, and WeChat is left alone.
    town.wechat.fault(LINKS, json!({"kind": "errcode", "errcode": 85079}), 1).await;
    for _ in 0..3 {
        let (status, page) = opened(&town, scene).await;
        assert!(status == 200 && page.contains("扫一扫") && !page.contains("href"), "{status}: {page}");
    }
    assert_eq!(town.wechat.calls(LINKS).await.len(), 1);
    town.set_clock("2026-03-02T02:00:31Z").await;

    // Many at once cause one question; the address opens the page with the scene.
    let answers = at_once((0..20).map(|_| {
        let who = town.anybody();
        let path = format!("/c/{scene}");
        async move { who.get(&path).await }
    }))
    .await;
    assert!(answers.iter().all(|answer| answer.status == 302));
    let (_, link) = opened(&town, scene).await;
    assert!(link.starts_with("https://wxaurl.cn/"), "{link}");
    assert!(answers.iter().all(|answer| answer.header("location") == link));
    let asked = town.wechat.calls(LINKS).await;
    assert_eq!(asked.len(), 2);
    let body = &asked[1]["body"];
    assert_eq!((&body["path"], &body["expire_interval"]), (&json!("pages/event/check-in"), &json!(30)));
    assert_eq!(body["query"], format!("scene={}", scene.replace('=', "%3D")));
    // Another one is asked for before WeChat lets this one end.
    town.set_clock("2026-04-01T02:00:00Z").await;
    let (_, later) = opened(&town, scene).await;
    assert_ne!(later, link);

    // What is not public, and what is none of ours, leads nobody anywhere.
    let before = town.wechat.calls(LINKS).await.len();
    for nothing in [hidden.as_str(), "e=000000000", "x", "i=000000000001", "%3Cb%3E"] {
        let (status, page) = opened(&town, nothing).await;
        assert!(
            status == 404 && page.contains("此码已失效") && !page.contains("<b>"),
            "{nothing}: {status}: {page}"
        );
    }
    assert_eq!(town.wechat.calls(LINKS).await.len(), before);

    // The code of an invitation is shown to be typed in, and WeChat is told nothing of it.
    for _ in 0..2 {
        let (status, page) = opened(&town, "i=000000000000").await;
        assert!(
            status == 200 && page.contains("0000-0000-0000") && page.contains("https://wxaurl.cn/"),
            "{status}: {page}"
        );
    }
    let asked = town.wechat.calls(LINKS).await;
    let last = &asked.last().expect("it was asked")["body"];
    assert_eq!(
        (asked.len(), &last["path"], &last["query"]),
        (before + 1, &json!("pages/join/join"), &json!(""))
    );
}
