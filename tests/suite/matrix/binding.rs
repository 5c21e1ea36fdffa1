//! Telephones, invitations and codes.

use serde_json::json;
use tests::town::text;
use tests::{Actor, Town};

use super::runner::check;
use super::{Row, row};

/// The code and the id of a new invitation.
pub async fn invitation(desk: &Actor, home: &str) -> (String, String) {
    let made =
        desk.post(&format!("staff/households/{home}/invitations"), json!({"uses": 1})).await.expect(201);
    (text(&made["code"]), text(&made["invitation"]["id"]))
}

/// The scene of a deed's code.
pub async fn scene(town: &Town, deed: &str) -> String {
    let made = town.anybody().get(&format!("deeds/{deed}/code")).await;
    assert_eq!(made.status, 200);
    let calls = town.wechat.calls("/wxa/getwxacodeunlimit").await;
    text(&calls.last().expect("WeChat was asked")["body"]["scene"])
}

/// What people do: a code of another's button is refused to everybody who may send one.
pub fn own() -> Vec<Row> {
    let invited = json!({"code": "{newinvite}", "name": "赵新来"});
    let unknown = json!({"code": "0000-0000-0000", "name": "赵新来"});
    vec![
        row("PUT", "/v1/me/phone", "me/phone", "?bbbb xxxxxx ??")
            .json(json!({"code": "another-persons-code"})),
        row("DELETE", "/v1/me/phone", "me/phone", "?++++ xxxxxx ??"),
        row("POST", "/v1/me/invitation", "me/invitation", "?.bbb xxxxxx ??").json(unknown),
        row("POST", "/v1/me/invitation", "me/invitation", "?+bbb xxxxxx ??").json(invited),
    ]
}

/// Whoever manages people invites.
pub fn desk() -> Vec<Row> {
    let all = "/v1/staff/households/{id}/invitations";
    let one = "/v1/staff/households/{id}/invitations/{invitationId}";
    let print = "/v1/staff/households/{id}/invitation-code";
    vec![
        row("POST", all, "staff/households/{home}/invitations", "?xxxx ++xx+. ??").json(json!({})),
        row("GET", all, "staff/households/{home}/invitations", "?xxxx ++xx+. ??"),
        row("DELETE", one, "staff/households/{home}/invitations/{newinviteid}", "?xxxx ++xx+. ??"),
        row("POST", print, "staff/households/{home}/invitation-code", "?xxxx ++xx+. ??")
            .json(json!({"code": "{newinvite}"})),
    ]
}

/// What is public is everybody's; what is not, for who sees it.
pub fn codes() -> Vec<Row> {
    vec![
        row("GET", "/v1/codes/{scene}", "codes/{scene}", "+++++ ++++++ ++"),
        row("GET", "/v1/codes/{scene}", "codes/d=000000000", "..... ...... .."),
        row("GET", "/c/{scene}", "/c/{scene}", "+++++ ++++++ ++"),
        row("GET", "/c/{scene}", "/c/d=000000000", "..... ...... .."),
        row("GET", "/v1/deeds/{id}/code", "deeds/{deed}/code", "+++++ ++++++ +?"),
        row("GET", "/v1/deeds/{id}/code", "deeds/{pending}/code", "..+.. +++++. +?"),
        row("GET", "/v1/events/{id}/code", "events/{event}/code", "+++++ ++++++ +?"),
        row("GET", "/v1/events/{id}/code", "events/{draftevent}/code", "..... +++++. .?"),
        row("GET", "/v1/merchants/{id}/code", "merchants/{shop}/code", "+++++ ++++++ +?"),
        row("GET", "/v1/merchants/{id}/code", "merchants/{newapplying}/code", "..... +++++. .?"),
    ]
}

#[tokio::test]
async fn people_bind_and_are_invited_and_the_desk_invites() {
    check([own(), desk()].concat()).await;
}

#[tokio::test]
async fn a_code_is_as_public_as_what_it_names() {
    check(codes()).await;
}
