//! The same for the merchant service: every operation, asked by everybody who has a token, or none.
//!
//! | Columns | Actors |
//! |---|---|
//! | 1–3 | nobody, a resident and a member of staff with their tokens of the resident API |
//! | 4–6 | a clerk without a shop; a clerk and the owner of the shop whose the object is |
//! | 7–9 | the owner of another shop, a clerk of a suspended shop, a clerk who signed out |
//!
//! The letters are those of `mod.rs`.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use tests::market::{Shop, application, haircut};
use tests::spec::{Service, operations_of};
use tests::town::{PASSWORD, text};
use tests::{Actor, Town, picture};

use super::runner::{decision, same_as_nothing, send};
use super::{Body, Row};

/// How the actors are called, in the order of the columns.
const ACTORS: [&str; 9] = [
    "nobody",
    "a resident's token",
    "a token of staff",
    "a clerk without a shop",
    "a clerk of the shop",
    "its owner",
    "the owner of another shop",
    "a clerk of a suspended shop",
    "a clerk who signed out",
];

/// A row of the merchant service, without a body.
pub fn row(method: &'static str, template: &'static str, target: &'static str, cells: &str) -> Row {
    let cells: String = cells.chars().filter(|c| !c.is_whitespace()).collect();
    assert_eq!(cells.len(), ACTORS.len(), "{method} {template} has a decision for each actor");
    Row { method, template, target, body: Body::Nothing, version: None, cells, own_session: false }
}

/// Signing in and out. A sign-in at the resident API is none here.
fn sessions() -> Vec<Row> {
    let everybody = "+++ +++ +++";
    vec![
        row("GET", "/.well-known/jwks.json", "/.well-known/jwks.json", everybody),
        row("POST", "/v1/sessions/wechat", "sessions/wechat", everybody).json(json!({"code": "{newwechat}"})),
        row("POST", "/v1/sessions/password", "sessions/password", everybody)
            .json(json!({"login": "till-1", "password": PASSWORD})),
        row("POST", "/v1/sessions/password", "sessions/password", "??? ??? ???")
            .json(json!({"login": "ops", "password": PASSWORD})),
        row("POST", "/v1/sessions/dev", "sessions/dev", "xxx xxx xxx").json(json!({"name": "merchant-1"})),
        row("POST", "/v1/sessions/refresh", "sessions/refresh", everybody)
            .json(json!({"refreshToken": "{newrefresh}"})),
        row("POST", "/v1/sessions/refresh", "sessions/refresh", "??? ??? ???")
            .json(json!({"refreshToken": "{foreignrefresh}"})),
        Row { own_session: true, ..row("DELETE", "/v1/sessions/current", "sessions/current", "??? +++ +++") },
    ]
}

/// The shop, its people, its pictures.
fn shop() -> Vec<Row> {
    let newcomer = json!({"login": "{newlogin}", "name": "小王", "password": PASSWORD, "role": "clerk"});
    let page =
        json!({"category": "bakery", "name": "小李面包房", "address": "柳湾路 12 号", "text": "现烤现卖。"});
    vec![
        Row {
            own_session: true,
            ..row("POST", "/v1/merchants", "merchants", "??? +bb bb?").json(application("{village}", "新店"))
        },
        row("GET", "/v1/merchant", "merchant", "??? .++ ++?"),
        row("PUT", "/v1/merchant", "merchant", "??? .x+ +x?").json(page).version("v2"),
        row("GET", "/v1/merchant/staff", "merchant/staff", "??? .x+ ox?"),
        row("POST", "/v1/merchant/staff", "merchant/staff", "??? .x+ +x?").json(newcomer),
        row("DELETE", "/v1/merchant/staff/{id}", "merchant/staff/{newclerk}", "??? .x+ .x?"),
        Row { body: Body::Picture, ..row("POST", "/v1/pictures", "pictures", "??? +++ ++?") },
        row("GET", "/v1/pictures/{id}", "pictures/{picture}", "??? .++ ..?"),
    ]
}

/// Offers.
fn offers() -> Vec<Row> {
    vec![
        row("GET", "/v1/offers", "offers", "??? .++ oo?"),
        row("POST", "/v1/offers", "offers", "??? .x+ +x?").json(haircut()),
        row("GET", "/v1/offers/{id}", "offers/{offer}", "??? .++ ..?"),
        row("PUT", "/v1/offers/{id}", "offers/{newoffer}", "??? .x+ .x?").json(haircut()).version("v1"),
        row("POST", "/v1/offers/{id}/open", "offers/{newoffer}/open", "??? .x+ .x?"),
        row("POST", "/v1/offers/{id}/close", "offers/{newoffer}/close", "??? .x+ .x?"),
    ]
}

/// The own inbox: whoever is signed in has one.
fn inbox() -> Vec<Row> {
    vec![
        row("GET", "/v1/inbox", "inbox", "??? +++ ++?"),
        row("POST", "/v1/inbox/read", "inbox/read", "??? +++ ++?")
            .json(json!({"ids": ["msg_01jbr62tryfk1sh9p01j0gre6f"]})),
        row("GET", "/v1/inbox/settings", "inbox/settings", "??? +++ ++?"),
        row("PUT", "/v1/inbox/settings", "inbox/settings", "??? +++ ++?").json(json!({"off": []})),
    ]
}

/// Every row.
fn table() -> Vec<Row> {
    [sessions(), shop(), offers(), inbox(), super::sales::till()].concat()
}

#[test]
fn every_operation_of_the_merchant_service_has_a_row() {
    let rows: BTreeSet<(String, String)> =
        table().iter().map(|row| (row.method.to_owned(), row.template.to_owned())).collect();
    let operations: BTreeSet<(String, String)> =
        operations_of(Service::Merchant).into_iter().map(|(method, path, _)| (method, path)).collect();
    let without: Vec<_> = operations.difference(&rows).collect();
    let unknown: Vec<_> = rows.difference(&operations).collect();
    assert!(without.is_empty(), "without a row: {without:?}");
    assert!(unknown.is_empty(), "without an operation: {unknown:?}");
}

#[test]
fn the_merchant_service_says_which_operations_need_a_sign_in() {
    for (method, path, operation) in operations_of(Service::Merchant) {
        let open =
            path.starts_with("/.well-known") || (path.starts_with("/v1/sessions/") && method == "POST");
        let declared = operation["security"].as_array().is_some_and(|s| !s.is_empty());
        assert_eq!(declared, !open, "{method} {path}");
    }
}

#[tokio::test]
async fn the_merchant_service_decides_by_shop_and_role() {
    check([sessions(), shop(), offers(), inbox()].concat()).await;
}

/// The shops of the matrix: who acts, and the objects that are asked for.
pub struct Scene {
    /// The town.
    pub town: Town,
    /// The actors, in the order of the columns.
    pub actors: Vec<Actor>,
    /// The shop whose the objects are.
    pub shop: Shop,
    objects: HashMap<String, String>,
    made: u32,
}

impl Scene {
    async fn open() -> Self {
        let town = Town::open().await;
        let village = town.world.village.clone();
        let resident = town.resident("resident", &town.world.group1, None).await;
        let till = town.merchant_base();
        let (shop, other, third) = (
            town.shop("owner", &village).await,
            town.shop("other", &village).await,
            town.shop("third", &village).await,
        );
        let suspended = town.clerk(&third, "till-3").await;
        let path = format!("staff/merchants/{}/suspend", third.id);
        town.ops.post(&path, json!({"reason": "核实中"})).await.expect(200);
        let clerk = town.clerk(&shop, "till-1").await;
        let left = town.clerk_again("till-1").await;
        assert_eq!(left.delete("sessions/current").await.status, 204);
        let actors = vec![
            town.till(),
            resident.at_merchant(&till),
            town.ops.at_merchant(&till),
            town.applicant("walker").await,
            clerk,
            shop.owner.clone(),
            other.owner,
            suspended,
            left,
        ];
        Self { town, actors, shop, objects: HashMap::new(), made: 0 }
    }

    /// A new session of the actor in this column; of whom has no shop, a new person.
    async fn again(&mut self, column: usize) -> Actor {
        self.made += 1;
        match column {
            3 => self.town.applicant(&format!("walker-{}", self.made)).await,
            4 => self.town.clerk_again("till-1").await,
            5 => self.town.applicant("owner").await,
            6 => self.town.applicant("other").await,
            7 => self.town.clerk_again("till-3").await,
            other => self.actors[other].clone(),
        }
    }

    /// The object that a placeholder stands for.
    async fn object(&mut self, kind: &str) -> String {
        if let Some(id) = self.objects.get(kind) {
            return id.clone();
        }
        self.made += 1;
        let n = self.made;
        let owner = self.shop.owner.clone();
        let id = match kind {
            "village" => self.town.world.village.clone(),
            "newwechat" => format!("demo-wechat-{n}"),
            "newlogin" => format!("login-{n}"),
            "newrefresh" => self.town.applicant(&format!("refresher-{n}")).await.refresh.unwrap_or_default(),
            "foreignrefresh" => self.town.guest("guest").await.refresh.unwrap_or_default(),
            "newclerk" => self.town.clerk(&self.shop, &format!("leaver-{n}")).await.id,
            "offer" => self.town.offer(&self.shop, haircut()).await,
            "newoffer" => text(&owner.post("offers", haircut()).await.expect(201)["id"]),
            "picture" => {
                let picture = text(&owner.upload(picture::jpeg(n)).await.expect(201)["id"]);
                let mut body = haircut();
                body["pictureIds"] = json!([picture]);
                owner.post("offers", body).await.expect(201);
                picture
            }
            other => super::sales::object(&self.town, &self.shop, other, n).await,
        };
        self.objects.insert(kind.to_owned(), id.clone());
        id
    }

    async fn fill(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (kind, after) = after.split_once('}').expect("a placeholder ends");
            out += before;
            out += &self.object(kind).await;
            rest = after;
        }
        out + rest
    }

    async fn filled(&mut self, row: &Row) -> (String, Body) {
        let target = self.fill(row.target).await;
        let Body::Json(json) = &row.body else { return (target, row.body.clone()) };
        let mut json = json.clone();
        for value in json.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
            if let Value::String(string) = value {
                *string = self.fill(string).await;
            }
        }
        (target, Body::Json(json))
    }
}

/// Checks rows in a scene of their own.
pub async fn check(rows: Vec<Row>) {
    let mut scene = Scene::open().await;
    let mut faults = Vec::new();
    for row in &rows {
        for (column, expected) in row.cells.chars().enumerate() {
            let actor =
                if row.own_session { scene.again(column).await } else { scene.actors[column].clone() };
            if let Err(fault) = ask(&mut scene, row, &actor, expected).await {
                let who = ACTORS[column];
                faults.push(format!(
                    "{} {} ({}) by {who}: expected {expected}, {fault}",
                    row.method, row.template, row.target
                ));
            }
        }
        scene.objects.retain(|kind, _| !kind.starts_with("new"));
    }
    scene.town.verify().await;
    assert!(faults.is_empty(), "{} decisions are otherwise:\n{}", faults.len(), faults.join("\n"));
}

/// Asks for one cell: the decision, what an id of nothing gets, and what the answer holds.
async fn ask(scene: &mut Scene, row: &Row, actor: &Actor, expected: char) -> Result<(), String> {
    let (target, body) = scene.filled(row).await;
    let answer = send(actor, row, &target, &body).await;
    let told = format!("got {} {}", answer.status, answer.json);
    let decided = decision(&answer).ok_or_else(|| told.clone())?;
    if matches!(decided, '+' | 'b') {
        scene.objects.retain(|kind, _| !kind.starts_with("new"));
    }
    if decided != (if expected == 'o' { '+' } else { expected }) {
        return Err(told);
    }
    let secrets: Vec<String> =
        scene.objects.iter().filter(|(kind, _)| *kind != "village").map(|(_, id)| id.clone()).collect();
    if expected == 'o' {
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        if let Some(secret) =
            secrets.iter().chain([&scene.shop.id]).find(|secret| text.contains(secret.as_str()))
        {
            return Err(format!("the answer holds {secret}: {text}"));
        }
    }
    if decided == '.' {
        same_as_nothing(row, actor, &target, &body, &secrets, &answer).await?;
    }
    Ok(())
}
