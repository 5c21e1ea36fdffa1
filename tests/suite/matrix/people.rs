//! What everybody, guests and residents do.

use serde_json::json;
use tests::town::{PASSWORD, TODAY};

use super::runner::check;
use super::{Body, Row, row};

/// What is open to anybody. A token that is sent is read only where the answer depends on it.
pub fn open() -> Vec<Row> {
    vec![
        row("GET", "/.well-known/jwks.json", "/.well-known/jwks.json", "+++++ ++++++ ++"),
        row("GET", "/v1/units", "units", "+++++ ++++++ ++"),
        // A matrix town is told nothing by WeChat, and whoever else comes there is nobody.
        row("GET", "/v1/wechat/push", "wechat/push", "xxxxx xxxxxx xx"),
        row("POST", "/v1/wechat/push", "wechat/push", "xxxxx xxxxxx xx").json(json!({})),
        row("GET", "/v1/wechat/pictures/{link}", "wechat/pictures/AAAA", "..... ...... .."),
        row("GET", "/v1/units/{id}", "units/{village}", "+++++ ++++++ ++"),
        row("GET", "/v1/units/{id}", "units/{nounit}", "..... ...... .."),
        row("GET", "/v1/sections", "sections", "+++++ ++++++ ++"),
        row("GET", "/v1/rules", "rules?unit={group}", "+++++ ++++++ ++"),
        row("GET", "/v1/rules/{itemId}", "rules/{item}", "+++++ ++++++ ++"),
        row("GET", "/v1/rankings/{unitId}", "rankings/{village}", "+++++ ++++++ ++"),
    ]
}

/// Signing in and out.
pub fn sessions() -> Vec<Row> {
    vec![
        row("POST", "/v1/sessions/wechat", "sessions/wechat", "+++++ ++++++ ++")
            .json(json!({"code": "{newwechat}"})),
        row("POST", "/v1/sessions/staff", "sessions/staff", "+++++ ++++++ ++")
            .json(json!({"login": "secretary", "password": PASSWORD})),
        row("POST", "/v1/sessions/dev", "sessions/dev", "xxxxx xxxxxx xx")
            .json(json!({"name": "resident-1"})),
        row("POST", "/v1/sessions/refresh", "sessions/refresh", "+++++ ++++++ ++")
            .json(json!({"refreshToken": "{newrefresh}"})),
        row("POST", "/v1/sessions/refresh", "sessions/refresh", "????? ?????? ??")
            .json(json!({"refreshToken": "jrt_AZLwwWsefMOYxNwMDAc5jw"})),
        Row {
            own_session: true,
            ..row("DELETE", "/v1/sessions/current", "sessions/current", "?++++ ++++++ +?")
        },
    ]
}

/// What is one's own: guests have no points, no household and no deeds.
pub fn own() -> Vec<Row> {
    let asking = json!({"unitId": "{group}", "name": "王小明"});
    vec![
        row("GET", "/v1/me", "me", "?++++ xxxxxx ??"),
        row("PUT", "/v1/me", "me", "?++++ xxxxxx ??").json(json!({"nickname": "阳光"})),
        row("PUT", "/v1/me", "me", "?x+++ xxxxxx ??").json(json!({"hidden": true})),
        row("PUT", "/v1/me/avatar", "me/avatar", "?.... xxxxxx ??")
            .json(json!({"pictureId": "pic_01jbr62tryfk1sh9p01j0gre6f"})),
        row("DELETE", "/v1/me/avatar", "me/avatar", "?++++ xxxxxx ??"),
        row("GET", "/v1/me/messages", "me/messages", "?++++ xxxxxx ??"),
        row("PUT", "/v1/me/messages", "me/messages", "?++++ xxxxxx ??")
            .json(json!({"off": ["deed_published"]})),
        row("POST", "/v1/me/messages/answers", "me/messages/answers", "?++++ xxxxxx ??")
            .json(json!({"answers": {"T1": "accept"}})),
        row("GET", "/v1/me/account", "me/account", "?x+++ xxxxxx ??"),
        row("GET", "/v1/me/transfers", "me/transfers", "?x+++ xxxxxx ??"),
        row("GET", "/v1/me/deeds", "me/deeds", "?x+++ xxxxxx ??"),
        row("GET", "/v1/me/household", "me/household", "?x+++ xxxxxx ??"),
        row("GET", "/v1/me/join-requests", "me/join-requests", "?++++ xxxxxx ??"),
        row("POST", "/v1/me/join-requests", "me/join-requests", "?+bbb xxxxxx ??").json(asking),
        row("GET", "/v1/rankings/{unitId}/me", "rankings/{village}/me", "?x+++ xxxxxx +?"),
    ]
}

/// What everybody may ask for about the own data.
pub fn rights() -> Vec<Row> {
    let wish = json!({"field": "other", "wanted": "王晓明"});
    vec![
        row("GET", "/v1/consents", "consents", "+++++ ++++++ ++"),
        row("GET", "/v1/me/consents", "me/consents", "?++++ xxxxxx ??"),
        row("PUT", "/v1/me/consents/{purpose}", "me/consents/phone", "?++++ xxxxxx ??")
            .json(json!({"version": 1})),
        row("DELETE", "/v1/me/consents/{purpose}", "me/consents/phone", "?++++ xxxxxx ??"),
        row("DELETE", "/v1/me/consents/{purpose}", "me/consents/service", "?bbbb xxxxxx ??"),
        row("GET", "/v1/me/exports/{id}/file", "me/exports/{export}/file", "?.+.. xxxxxx ??"),
        row("POST", "/v1/me/exports", "me/exports", "?++++ xxxxxx ??"),
        row("GET", "/v1/me/exports", "me/exports", "?++++ xxxxxx ??"),
        row("POST", "/v1/me/corrections", "me/corrections", "?x+++ xxxxxx ??").json(wish),
        row("GET", "/v1/me/corrections", "me/corrections", "?x+++ xxxxxx ??"),
        row("GET", "/v1/me/deletion", "me/deletion", "?.... xxxxxx ??"),
        row("POST", "/v1/me/deletion", "me/deletion", "?++++ xxxxxx ??")
            .json(json!({"posts": "anonymous", "confirm": "注销账号"})),
        row("GET", "/v1/me/deletion", "me/deletion", "?++++ xxxxxx ??"),
        row("DELETE", "/v1/me/deletion", "me/deletion", "?++++ xxxxxx ??"),
    ]
}

/// The own inbox, which everybody has who is signed in.
pub fn inbox() -> Vec<Row> {
    vec![
        row("GET", "/v1/inbox", "inbox", "?++++ ++++++ ??"),
        row("POST", "/v1/inbox/read", "inbox/read", "?++++ ++++++ ??")
            .json(json!({"ids": ["msg_01jbr62tryfk1sh9p01j0gre6f"]})),
        row("GET", "/v1/inbox/settings", "inbox/settings", "?++++ ++++++ ??"),
        row("PUT", "/v1/inbox/settings", "inbox/settings", "?++++ ++++++ ??")
            .json(json!({"off": ["claim_rejected"]})),
    ]
}

/// Deeds, their pictures and comments. What waits is its author's and the desk's; what is published is everybody's to read.
pub fn deeds() -> Vec<Row> {
    let deed = json!({"section": "neighbours", "title": "帮邻居修水管", "text": "修好了漏水的水管。",
        "pictureIds": ["{myupload}"], "dayOfAct": TODAY});
    let edit = json!({"section": "neighbours", "title": "帮邻居修好水管", "text": "修好了。", "pictureIds": ["{myupload}"]});
    let report = json!({"cause": "untrue"});
    let comment = json!({"text": "好样的！"});
    vec![
        row("GET", "/v1/deeds", "deeds?unit={village}", "+++++ ++++++ +?"),
        row("GET", "/v1/deeds", "deeds?unit={nounit}", "..... ...... .?"),
        row("POST", "/v1/deeds", "deeds", "?x+++ xxxxxx ??").json(deed),
        row("GET", "/v1/deeds/{id}", "deeds/{deed}", "+++++ ++++++ +?"),
        // A reader's token is believed for its five minutes, signed out or not.
        row("GET", "/v1/deeds/{id}", "deeds/{pending}", "..+.. +++++. +?"),
        row("PUT", "/v1/deeds/{id}", "deeds/{deed}", "?xbxx xxxxxx ??").json(edit.clone()),
        row("PUT", "/v1/deeds/{id}", "deeds/{newpending}", "?x+.. xxxxxx ??").json(edit),
        row("DELETE", "/v1/deeds/{id}", "deeds/{newpending}", "?.+.. xxxxxx ??"),
        row("DELETE", "/v1/deeds/{id}", "deeds/{newdeed}", "?x+xx xxxxxx ??"),
        // NK-1: to like needs a person, and nobody likes the own deed.
        row("PUT", "/v1/deeds/{id}/like", "deeds/{deed}/like", "?+x++ xxxxxx ??"),
        row("PUT", "/v1/deeds/{id}/like", "deeds/{pending}/like", "?.... xxxxxx ??"),
        row("DELETE", "/v1/deeds/{id}/like", "deeds/{deed}/like", "?++++ xxxxxx ??"),
        row("POST", "/v1/deeds/{id}/shares", "deeds/{deed}/shares", "?++++ xxxxxx ??"),
        row("POST", "/v1/deeds/{id}/shares", "deeds/{pending}/shares", "?.... xxxxxx ??"),
        row("POST", "/v1/deeds/{id}/reports", "deeds/{deed}/reports", "?+x++ xxxxxx ??").json(report.clone()),
        row("POST", "/v1/deeds/{id}/reports", "deeds/{pending}/reports", "?.... xxxxxx ??").json(report),
        row("GET", "/v1/deeds/{id}/comments", "deeds/{deed}/comments", "+++++ ++++++ +?"),
        row("GET", "/v1/deeds/{id}/comments", "deeds/{pending}/comments", "..... ...... .?"),
        row("POST", "/v1/deeds/{id}/comments", "deeds/{deed}/comments", "?x+++ xxxxxx ??")
            .json(comment.clone()),
        row("POST", "/v1/deeds/{id}/comments", "deeds/{pending}/comments", "?x... xxxxxx ??").json(comment),
        row("DELETE", "/v1/comments/{id}", "comments/{newcomment}", "?x+xx ++xx+. ??"),
        Row { body: Body::Picture, ..row("POST", "/v1/pictures", "pictures", "?++++ ++xx++ ??") },
        row("GET", "/v1/pictures/{id}", "pictures/{picture}", "+++++ ++++++ +?"),
        row("GET", "/v1/pictures/{id}", "pictures/{hiddenpicture}?size=thumb", "..+.. +++++. +?"),
    ]
}

#[tokio::test]
async fn anybody_reads_what_is_open_and_signs_in() {
    check([open(), sessions(), own(), inbox()].concat()).await;
}

#[tokio::test]
async fn the_own_data_is_ones_own() {
    check(rights()).await;
}

#[tokio::test]
async fn a_deed_is_its_authors_and_the_desks_until_it_is_published() {
    check(deeds()).await;
}
