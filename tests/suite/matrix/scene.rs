//! The village of the matrix: who acts, and the objects that are asked for.

use std::collections::HashMap;

use serde_json::{Value, json};
use tests::market::haircut;
use tests::town::{TODAY, text};
use tests::{Actor, Options, Town, picture};

/// How the actors are called, in the order of the columns.
pub const ACTORS: [&str; 13] = [
    "anonymous",
    "guest",
    "owner",
    "neighbour",
    "stranger",
    "grid worker",
    "secretary",
    "assessor",
    "supervisor",
    "operations",
    "foreign secretary",
    "signed out",
    "other tenant",
];

/// A town with everybody in it.
pub struct Scene {
    /// The town.
    pub town: Town,
    /// The actors of the first eleven columns.
    pub actors: Vec<Actor>,
    /// A resident who signed out.
    pub left: Actor,
    /// A secretary who signed out.
    pub dismissed: Actor,
    desk: Actor,
    clerk: Actor,
    objects: HashMap<String, String>,
    made: u32,
}

impl Scene {
    /// Opens one.
    pub async fn open() -> Self {
        Self::open_with(Options::default()).await
    }

    /// Opens one in a town served like this.
    pub async fn open_with(options: Options) -> Self {
        let town = Town::open_with(options).await;
        let w = town.world.clone();
        town.adopt(&w.district, "sample-composed").await;
        let policy = format!("staff/policies/{}", w.village);
        town.ops.put_if(&policy, "\"v0\"", json!({"commentsReviewed": false})).await.expect(200);
        let mut objects = HashMap::new();
        for (name, id) in [
            ("district", &w.district),
            ("village", &w.village),
            ("group", &w.group1),
            ("foreign", &w.other_grid),
            ("nounit", &nothing("unit")),
        ] {
            objects.insert(name.to_owned(), id.clone());
        }
        let (home, beside) =
            (town.household(&w.group1, "LW-1-01").await, town.household(&w.group1, "LW-1-02").await);
        let far = town.household(&w.other_grid, "SH-1-01").await;
        let owner = town.resident("owner", &w.group1, Some(&home)).await;
        let actors = vec![
            town.anybody(),
            town.guest("guest").await,
            owner.clone(),
            town.resident("neighbour", &w.group1, Some(&beside)).await,
            town.resident("stranger", &w.other_grid, Some(&far)).await,
            town.appoint("worker", "grid_worker", &w.village).await,
            town.appoint("secretary", "secretary", &w.village).await,
            town.appoint("assessor", "assessor", &w.village).await,
            town.appoint("supervisor", "supervisor", &w.village).await,
            town.ops.clone(),
            town.appoint("foreigner", "secretary", &w.other_community).await,
        ];
        objects.insert("home".to_owned(), home.clone());
        let desk = town.appoint("deputy", "secretary", &w.village).await;
        let clerk = town.appoint("clerk", "grid_worker", &w.village).await;
        let (left, dismissed) = (town.guest("owner").await, town.staff("secretary").await);
        for gone in [&left, &dismissed] {
            assert_eq!(gone.delete("sessions/current").await.status, 204);
        }
        Self { town, actors, left, dismissed, desk, clerk, objects, made: 0 }
    }

    /// A new session of the actor in this column.
    pub async fn again(&self, column: usize) -> Actor {
        match column {
            1..5 => self.town.guest(ACTORS[column]).await,
            5 => self.town.staff("worker").await,
            6..9 => self.town.staff(ACTORS[column]).await,
            9 => self.town.staff("ops").await,
            10 => self.town.staff("foreigner").await,
            _ => self.actors[0].clone(),
        }
    }

    /// Everything that was made so far: what nobody outside may find in an answer.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        // Units and rules are public.
        let open = [
            "district", "village", "group", "foreign", "nounit", "newunit", "newfar", "item", "shop", "offer",
        ];
        self.objects.iter().filter(move |(kind, _)| !open.contains(&kind.as_str())).map(|(_, id)| id.as_str())
    }

    /// The object that a placeholder stands for, made if it is not there. Some are made for the actor who asks.
    pub async fn object(&mut self, kind: &str, actor: &Actor) -> String {
        if let Some(id) = self.objects.get(kind) {
            return id.clone();
        }
        let id = self.make(kind, actor).await;
        self.objects.insert(kind.to_owned(), id.clone());
        id
    }

    /// Forgets the objects that were made for the one who asked before.
    pub fn next(&mut self) {
        self.objects.retain(|kind, _| !kind.starts_with("my"));
    }

    /// Forgets the objects that a call may have used up.
    pub fn renew(&mut self) {
        self.objects.retain(|kind, _| !kind.starts_with("new"));
    }

    fn count(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    async fn make(&mut self, kind: &str, actor: &Actor) -> String {
        let n = self.count();
        let w = self.town.world.clone();
        match kind {
            "deed" | "newdeed" => self.published().await,
            "pending" | "newpending" => self.post_deed(None).await.0,
            "picture" => {
                let deed = self.published().await;
                self.picture_of(&deed).await
            }
            "hiddenpicture" => {
                let deed = self.post_deed(None).await.0;
                self.picture_of(&deed).await
            }
            "myupload" => {
                let made = actor.upload(picture::jpeg(n)).await;
                if made.status == 201 { text(&made.json["id"]) } else { nothing("pic") }
            }
            "comment" | "newcomment" => {
                let deed = self.published().await;
                let path = format!("deeds/{deed}/comments");
                text(&self.actors[2].post(&path, json!({"text": "谢谢大家"})).await.expect(201)["id"])
            }
            "item" => self.town.item(&w.group1, "CMP-011").await,
            "newreview" => {
                let deed = self.post_deed(None).await.0;
                self.review_of("deed", &deed).await
            }
            "myreview" => {
                let deed = self.post_deed(None).await.0;
                self.held(actor, "deed", &deed).await
            }
            "mygrant" => {
                let item = Box::pin(self.object("item", actor)).await;
                let deed = self.post_deed(Some(&item)).await.0;
                self.held(actor, "deed", &deed).await
            }
            "myclaim" => {
                let claim = self.entered(actor).await;
                self.held(actor, "claim", &claim).await
            }
            "claim" | "newclaim" => self.posted(actor).await,
            "newreport" => {
                let deed = Box::pin(self.object("deed", actor)).await;
                let guest = self.town.guest(&format!("reporter-{n}")).await;
                let path = format!("deeds/{deed}/reports");
                text(&guest.post(&path, json!({"cause": "untrue"})).await.expect(201)["id"])
            }
            "newjoin" => {
                let guest = self.town.guest(&format!("joiner-{n}")).await;
                let body = json!({"unitId": w.group1, "name": "赵新来"});
                text(&guest.post("me/join-requests", body).await.expect(201)["id"])
            }
            "newcorrection" => {
                let who = self.town.resident(&format!("corrector-{n}"), &w.group1, None).await;
                let body = json!({"field": "name", "wanted": "王更正"});
                text(&who.post("me/corrections", body).await.expect(201)["id"])
            }
            "export" => {
                let id = text(&self.actors[2].post("me/exports", Value::Null).await.expect(201)["id"]);
                self.town.drain().await;
                id
            }
            "resident" | "newresident" => {
                let body = json!({"unitId": w.group1, "name": "钱多多"});
                text(&self.town.ops.post("staff/residents", body).await.expect(201)["id"])
            }
            "newfar" => {
                let body = json!({"unitId": w.other_grid, "name": "周远方"});
                text(&self.town.ops.post("staff/residents", body).await.expect(201)["id"])
            }
            "newhousehold" => self.town.household(&w.group1, &format!("NEW-{n}")).await,
            "newunit" => {
                let body = json!({"parentId": w.village, "type": "group", "setting": "rural", "name": "新组",
                    "code": format!("NEW-{n}")});
                text(&self.town.ops.post("staff/units", body).await.expect(201)["id"])
            }
            "newaccount" => {
                let body = json!({"login": format!("made-{n}"), "name": "新人", "password": tests::town::PASSWORD,
                    "unitId": w.village, "role": "grid_worker"});
                text(&self.town.ops.post("staff/accounts", body).await.expect(201)["id"])
            }
            "import" | "newimport" => {
                let path = format!("staff/imports?unit={}&entity=households", w.village);
                let request = self.desk.request(reqwest::Method::POST, &path);
                let request = request.header("Content-Type", "text/csv").body(csv(n));
                text(&self.desk.send(request).await.expect(201)["id"])
            }
            "draft" | "newdraft" => {
                let body = json!({"unitId": w.village, "carried": "sample-composed", "awardsOnly": true});
                text(&self.town.council().await.post("staff/catalogues", body).await.expect(201)["id"])
            }
            "shop" | "newshop" => self.town.shop(&format!("keeper-{n}"), &w.village).await.id,
            "newapplying" => self.town.applying_shop(&format!("keeper-{n}"), &w.village).await.id,
            "newsuspended" => {
                let id = self.town.shop(&format!("keeper-{n}"), &w.village).await.id;
                let path = format!("staff/merchants/{id}/suspend");
                self.town.ops.post(&path, json!({"reason": "核实中"})).await.expect(200);
                id
            }
            "offer" | "newoffer" => {
                let shop = self.town.shop(&format!("keeper-{n}"), &w.village).await;
                if kind == "offer" {
                    return self.town.offer(&shop, haircut()).await;
                }
                text(&shop.owner.post("offers", haircut()).await.expect(201)["id"])
            }
            "redemption" | "newheld" => {
                let item = Box::pin(self.object("item", actor)).await;
                let staff = (&self.desk, &self.clerk);
                super::sales::waiting(&self.town, staff, &self.actors[2], &item, n).await
            }
            "myincode" => {
                let event = Box::pin(self.object("myopenevent", actor)).await;
                super::events::code(&self.desk, &event, "in").await
            }
            "myoutcode" => {
                let event = Box::pin(self.object("myinsideevent", actor)).await;
                super::events::code(&self.desk, &event, "out").await
            }
            event if event.ends_with("event") => {
                super::events::object(&self.town, &self.desk, actor, event).await
            }
            "scene" => {
                let deed = self.published().await;
                super::binding::scene(&self.town, &deed).await
            }
            "newinvite" | "newinviteid" => {
                let home = Box::pin(self.object("home", actor)).await;
                let (code, id) = super::binding::invitation(&self.desk, &home).await;
                if kind == "newinvite" { code } else { id }
            }
            "newcode" => format!("NEW-{n}"),
            "newlogin" => format!("login-{n}"),
            "newwechat" => format!("demo-wechat-{n}"),
            "newrefresh" => self.town.guest(&format!("refresher-{n}")).await.refresh.unwrap_or_default(),
            other => panic!("nothing is called {other}"),
        }
    }

    async fn post_deed(&mut self, item: Option<&str>) -> (String, String) {
        let n = self.count();
        let owner = self.actors[2].clone();
        let picture = text(&owner.upload(picture::jpeg(n)).await.expect(201)["id"]);
        let mut body = json!({"section": "neighbours", "title": "帮邻居修水管", "text": "修好了漏水的水管。",
            "pictureIds": [picture], "dayOfAct": TODAY});
        if let Some(item) = item {
            body["itemId"] = json!(item);
        }
        (text(&owner.post("deeds", body).await.expect(201)["id"]), picture)
    }

    async fn picture_of(&self, deed: &str) -> String {
        let seen = self.actors[2].get(&format!("deeds/{deed}")).await.expect(200);
        text(&seen["pictureIds"][0])
    }

    async fn published(&mut self) -> String {
        let deed = self.post_deed(None).await.0;
        let review = self.review_of("deed", &deed).await;
        self.decide(&review, json!({"publish": {"decision": "publish"}})).await;
        deed
    }

    async fn decide(&self, review: &str, decision: Value) {
        self.desk.post(&format!("staff/reviews/{review}/claim"), json!({})).await.expect(200);
        self.desk.post(&format!("staff/reviews/{review}/decide"), decision).await.expect(200);
    }

    async fn review_of(&self, kind: &str, id: &str) -> String {
        let queue = self.desk.get(&format!("staff/reviews?kind={kind}&limit=100")).await.expect(200);
        let found = queue["items"].as_array().into_iter().flatten().find(|review| review[kind]["id"] == id);
        text(&found.unwrap_or_else(|| panic!("no review of {id} in {queue}"))["id"])
    }

    /// A review that the actor holds, if the actor may hold it.
    async fn held(&self, actor: &Actor, kind: &str, id: &str) -> String {
        let review = self.review_of(kind, id).await;
        actor.post(&format!("staff/reviews/{review}/claim"), json!({})).await;
        review
    }

    /// A claim that waits.
    async fn entered(&mut self, actor: &Actor) -> String {
        let item = Box::pin(self.object("item", actor)).await;
        let body = json!({"unitId": self.town.world.group1, "name": "孙得分"});
        let resident = text(&self.town.ops.post("staff/residents", body).await.expect(201)["id"]);
        let body = json!({"residentId": resident, "itemId": item, "dayOfAct": TODAY});
        text(&self.clerk.post("staff/claims", body).await.expect(201)["id"])
    }

    /// A claim that was granted.
    async fn posted(&mut self, actor: &Actor) -> String {
        let claim = self.entered(actor).await;
        let review = self.review_of("claim", &claim).await;
        self.decide(&review, json!({"grant": {"decision": "grant"}})).await;
        claim
    }
}

/// A file of one household.
pub fn csv(n: u32) -> String {
    format!("code,unit_code,door\nCSV-{n},YX-SQ-LW-1,{n} 号\n")
}

/// An id of this kind that nothing has.
pub fn nothing(prefix: &str) -> String {
    format!("{prefix}_01jbr62tryfk1sh9p01j0gre6f")
}
