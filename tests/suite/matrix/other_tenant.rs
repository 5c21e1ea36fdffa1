//! The last column: a token of another tenant.

use tests::{Actor, Options, Town};

use super::scene::{ACTORS, nothing};
use super::{Body, Row, runner, table};

fn options(tenant: &str) -> Options {
    Options { environment: vec![("JISHAN_TENANT_ID".to_owned(), tenant.to_owned())], ..Options::default() }
}

/// The address with ids of the right form; whose they are does not matter to who is not believed.
fn target(row: &Row, town: &Town) -> String {
    let mut text = row.target.to_owned();
    for (kind, id) in
        [("district", &town.world.district), ("village", &town.world.village), ("group", &town.world.group1)]
    {
        text = text.replace(&format!("{{{kind}}}"), id);
    }
    let prefix = |kind: &str| match kind.trim_start_matches("new").trim_start_matches("hidden") {
        "pending" | "deed" => "deed",
        "home" => "hh",
        "comment" => "cmt",
        "picture" => "pic",
        "review" | "myreview" | "mygrant" | "myclaim" => "rev",
        "report" => "rpt",
        "claim" => "clm",
        "household" => "hh",
        "resident" => "res",
        "join" => "join",
        "import" => "imp",
        "unit" | "nounit" => "unit",
        "draft" => "cat",
        "account" => "staff",
        "item" => "item",
        "inviteid" => "inv",
        "shop" | "applying" | "suspended" => "shop",
        "offer" => "offer",
        "redemption" | "held" => "rdm",
        "export" => "exp",
        "correction" => "cor",
        event if event.contains("event") => "evt",
        other => panic!("no prefix for {other}"),
    };
    while let Some(start) = text.find('{') {
        let end = start + text[start..].find('}').expect("a placeholder ends");
        let id = nothing(prefix(&text[start + 1..end]));
        text.replace_range(start..=end, &id);
    }
    text
}

#[tokio::test]
async fn a_token_of_another_tenant_is_believed_nowhere() {
    let (town, other) = (Town::open().await, Town::open_with(options("qinghe")).await);
    let mine = town.base(0);
    let resident = other.resident("resident", &other.world.group1, None).await.at(&mine);
    let staff = other.ops.at(&mine);
    // A town that has the other's key and not its name: the signature is right, the issuer is not.
    let mut forged = options("zhuanghe");
    let key = town.folder().join("key.pem").display().to_string();
    forged.environment.push(("JISHAN_TENANT_SIGNING_KEY_FILE".to_owned(), key));
    let twin = Town::open_with(forged).await;
    let keys = async |town: &Town| town.anybody().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys(&twin).await, keys(&town).await, "both sign with one key");
    assert_ne!(keys(&other).await, keys(&town).await);
    let impostor = twin.ops.at(&mine);
    for row in table() {
        let expected = row.cells.ends_with('?');
        for actor in [&resident, &staff, &impostor] {
            if expected {
                refused(&row, actor, &town).await;
            }
        }
    }
    assert!(resident.get("me").await.json["code"] == "token_invalid");
    impostor.get("staff/residents").await.refused(401, "token_invalid");
    // The same tokens are good at home.
    other.ops.get("staff/residents").await.expect(200);
    resident.at(&other.base(0)).get("me").await.expect(200);
}

async fn refused(row: &Row, actor: &Actor, town: &Town) {
    // The body is not read before the token is believed.
    let answer = runner::send(actor, row, &target(row, town), &Body::Nothing).await;
    let signing_in = row.template.contains("/sessions/refresh");
    if !signing_in {
        let cell = format!("{} {} by {}: {}", row.method, row.template, ACTORS[12], answer.json);
        assert_eq!((answer.status, answer.json["code"].as_str()), (401, Some("token_invalid")), "{cell}");
    }
}
