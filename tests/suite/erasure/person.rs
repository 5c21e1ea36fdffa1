//! People who write a word of their own wherever something can be written, and a town in which they do.

use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, picture};

use crate::stage::{Stage, claimed, deed_of, grant, publish};
use crate::till::Till;

/// An event of the village with so many seats; its id.
pub async fn event(stage: &Stage, seats: u32) -> String {
    let plan = json!({"unitId": stage.town.world.village, "kind": "volunteering", "section": "environment", "themes": [],
        "title": "河道清洁日", "text": "自带手套。", "place": "村口石桥", "startsAt": "2026-03-20T01:00:00Z", "endsAt": "2026-03-20T03:00:00Z",
        "signUpFrom": "2026-03-02T00:00:00Z", "signUpUntil": "2026-03-20T00:00:00Z", "withdrawUntil": "2026-03-19T00:00:00Z",
        "capacity": seats, "offerMinutes": 60, "minimumAge": null, "itemId": null, "awardPer": null, "pictureIds": []});
    let id = text(&stage.secretary.post("staff/events", plan).await.expect(201)["id"]);
    stage.secretary.post(&format!("staff/events/{id}/publish"), json!({})).await.expect(200);
    id
}

/// A town with a shop, an event, and somebody whose deed everybody has something to say about.
pub struct Scene {
    pub till: Till,
    pub deed: String,
    pub event: String,
    pub item: String,
    name: &'static str,
}

impl Scene {
    pub async fn open(till: Till) -> Self {
        let stage = &till.stage;
        stage.town.wechat.post("/_words", json!({"word": "改名", "risky": false})).await;
        let item = stage.item("A-1").await;
        let keeper = stage.town.resident("keeper", &stage.town.world.group2, None).await;
        let friend = stage.town.resident("friend", &stage.town.world.group2, None).await;
        stage.award(&keeper, &item).await;
        let deed = stage.published(&keeper, 900).await;
        friend.put_empty(&format!("deeds/{deed}/like")).await.expect(200);
        friend.post(&format!("deeds/{deed}/comments"), json!({"text": "好样的！"})).await.expect(201);
        let event = event(stage, 3).await;
        friend.put_empty(&format!("events/{event}/sign-up")).await.expect(200);
        Self { deed, event, item, name: "keeper", till }
    }

    /// What others have: the points and the inbox of who stays, and the deed without what the forgotten added.
    pub async fn others(&self) -> Vec<Value> {
        let who = self.till.stage.town.guest(self.name).await;
        let friend = self.till.stage.town.guest("friend").await;
        let deed = friend.get(&format!("deeds/{}", self.deed)).await.expect(200);
        vec![
            who.get("me").await.expect(200),
            who.get("me/account").await.expect(200),
            who.get("me/transfers").await.expect(200),
            friend.get("me").await.expect(200),
            friend.get(&format!("events/{}", self.event)).await.expect(200)["signUp"].clone(),
            deed["title"].clone(),
            deed["liked"].clone(),
        ]
    }

    /// What everybody reads of the forgotten.
    pub async fn posts(&self, people: &[Person]) {
        let anybody = self.till.stage.town.anybody();
        let keeper = anybody.get(&format!("deeds/{}", self.deed)).await.expect(200);
        assert_eq!((&keeper["likeCount"], &keeper["commentCount"]), (&json!(1), &self.comments(people)));
        for person in people {
            let deed = anybody.get(&format!("deeds/{}", person.deed)).await;
            if person.posts == "anonymous" {
                assert_eq!(deed.expect(200)["author"], "已注销");
            } else {
                deed.refused(404, "deed_not_found");
            }
        }
    }

    /// The friend's, and of those who leave their posts; comments are reviewed, and those of the forgotten were published.
    fn comments(&self, people: &[Person]) -> Value {
        json!(people.iter().filter(|person| person.posts == "anonymous").count())
    }
}

/// The telephone of who is called so.
pub fn number(name: &str) -> String {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    format!("1397{}0{digits}", digits.repeat(2))
}

/// Somebody who is forgotten.
pub struct Person {
    pub name: String,
    /// A word that stands in everything that is to go.
    pub word: String,
    /// A word that stands in the posts, which stay where the person says so.
    pub posted: String,
    pub posts: &'static str,
    pub actor: Actor,
    pub identity: String,
    pub deed: String,
}

impl Person {
    /// Lives, and leaves the word everywhere.
    pub async fn live(scene: &Scene, n: usize) -> Self {
        let posts = if n.is_multiple_of(2) { "remove" } else { "anonymous" };
        let (name, word, posted) = (format!("cnry{n:02}"), format!("qzwx{n:02}k"), format!("vjpd{n:02}k"));
        let actor = Self::joined(scene, &name, &word).await;
        let identity = text(&actor.get("me").await.expect(200)["identityId"]);
        let mut person = Self { name, word, posted, posts, actor, identity, deed: String::new() };
        person.posts(scene, n).await;
        person.speaks(scene).await;
        person.earns_and_spends(scene, n).await;
        scene.till.stage.town.drain().await;
        person
    }

    async fn joined(scene: &Scene, name: &str, word: &str) -> Actor {
        let town = &scene.till.stage.town;
        let unit = &town.world.group1;
        let home = json!({"unitId": unit, "code": format!("H-{name}"), "door": format!("{word} 号")});
        let household = text(&town.ops.post("staff/households", home).await.expect(201)["id"]);
        let record = json!({"unitId": unit, "householdId": household, "name": format!("王{word}"), "code": format!("R-{word}"),
            "born": "1980-05-06"});
        let resident = text(&town.ops.post("staff/residents", record).await.expect(201)["id"]);
        let guest = town.guest(name).await;
        let asking = json!({"unitId": unit, "name": format!("王{word}"), "door": format!("{word} 室"), "note": format!("我是{word}")});
        let request =
            guest.post_keyed("me/join-requests", asking, &format!("join-{word}-0000001")).await.expect(201);
        let decide = format!("staff/join-requests/{}/decide", text(&request["id"]));
        town.ops.post(&decide, json!({"decision": "accept", "residentId": resident})).await.expect(200);
        guest.put("me", json!({"nickname": format!("小{word}")})).await.expect(200);
        // One of which WeChat is not sure waits for the desk.
        guest.put("me", json!({"nickname": format!("改名{word}")})).await.expect(200);
        let openid = town.value("SELECT subject FROM identities ORDER BY id DESC LIMIT 1");
        let code = town.phone_code(&openid, &number(name)).await;
        guest.put("me/phone", json!({"code": code})).await.expect(200);
        guest.post("me/messages/answers", json!({"answers": {"T1": "accept"}})).await.expect(200);
        for purpose in ["service", "phone"] {
            guest.put(&format!("me/consents/{purpose}"), json!({"version": 1})).await.expect(200);
        }
        guest.with_id(&resident)
    }

    /// A deed that is published, one that waits, an upload that hangs nowhere, a comment.
    async fn posts(&mut self, scene: &Scene, n: usize) {
        let stage = &scene.till.stage;
        let number = u32::try_from(n).expect("a small number");
        for (place, who) in [(0, &self.posted), (1, &self.word)] {
            let uploaded = self.actor.upload(picture::jpeg(1_000 + number * 2 + place)).await.expect(201);
            let mut body = deed_of(&[text(&uploaded["id"])], TODAY);
            body["title"] = json!(format!("帮忙{who}"));
            body["text"] = json!(format!("{who}修好了。"));
            let deed = text(&self.actor.post("deeds", body).await.expect(201)["id"]);
            if place == 0 {
                let path = claimed(&stage.secretary, "deed", &deed).await;
                stage.secretary.post(&format!("{path}/decide"), publish()).await.expect(200);
                self.deed = deed;
            }
        }
        let face = self.actor.upload(picture::jpeg(1_100 + number)).await.expect(201);
        self.actor.put("me/avatar", json!({"pictureId": face["id"]})).await.expect(200);
        let path = format!("deeds/{}/comments", scene.deed);
        let comment =
            self.actor.post(&path, json!({"text": format!("{}说好", self.posted)})).await.expect(201);
        let path = claimed(&stage.secretary, "comment", &text(&comment["id"])).await;
        stage.secretary.post(&format!("{path}/decide"), publish()).await.expect(200);
    }

    /// Likes, shares, reports, asks for corrections and a copy, and wants a seat.
    async fn speaks(&self, scene: &Scene) {
        let (actor, word, deed) = (&self.actor, &self.word, &scene.deed);
        actor.put_empty(&format!("deeds/{deed}/like")).await.expect(200);
        actor.post(&format!("deeds/{deed}/shares"), Value::Null).await;
        let report = json!({"cause": "untrue", "note": format!("{word}不信")});
        actor.post(&format!("deeds/{deed}/reports"), report).await.expect(201);
        let wrong =
            json!({"field": "name", "wanted": format!("王{word}改"), "note": format!("{word}写错了")});
        actor.post("me/corrections", wrong).await.expect(201);
        let wrong = json!({"field": "born", "wanted": "1981", "note": format!("{word}更小")});
        let asked = actor.post("me/corrections", wrong).await.expect(201);
        let decide = format!("staff/corrections/{}/decide", text(&asked["id"]));
        let no = json!({"decision": "refuse", "reason": format!("{word}没有错")});
        scene.till.stage.secretary.post(&decide, no).await.expect(200);
        actor.put("inbox/settings", json!({"off": ["claim_rejected"]})).await.expect(200);
        actor.put_empty(&format!("events/{}/sign-up", scene.event)).await.expect(200);
        actor.post("me/exports", Value::Null).await.expect(201);
    }

    /// A claim with a note is granted, one is refused for a reason; some buy something that is voided for a reason.
    async fn earns_and_spends(&self, scene: &Scene, n: usize) {
        let stage = &scene.till.stage;
        for granted in [true, false] {
            let body = json!({"residentId": self.actor.id, "itemId": scene.item, "dayOfAct": TODAY, "note": format!("{}做的", self.word)});
            let claim = text(&stage.secretary.post("staff/claims", body).await.expect(201)["id"]);
            let path = claimed(&stage.secretary, "claim", &claim).await;
            let no = json!({"grant": {"decision": "refuse", "reason": format!("{}没来", self.word)}});
            let decision = if granted { grant() } else { no };
            stage.secretary.post(&format!("{path}/decide"), decision).await.expect(200);
        }
        if n.is_multiple_of(10) {
            let sold = scene.till.sold(&self.actor, &format!("A-{n:04}")).await;
            let path = format!("redemptions/{}/void", text(&sold["id"]));
            scene.till.clerk.post(&path, json!({"reason": format!("{}退货", self.word)})).await.expect(200);
        } else if n.is_multiple_of(5) {
            scene.till.sold(&self.actor, &format!("A-{n:04}")).await;
        }
    }
}
