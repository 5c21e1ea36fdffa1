//! Shops of a town: applied for, taken in, with offers that show.

use reqwest::Method;
use serde_json::{Value, json};

use crate::actor::{Actor, Answer};
use crate::town::{Town, text};

/// A shop that takes part.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Its id.
    pub id: String,
    /// Its owner, signed in at the merchant service.
    pub owner: Actor,
}

/// What a shop applies with.
pub fn application(unit: &str, name: &str) -> Value {
    json!({"unitId": unit, "category": "hairdressing", "name": name, "address": "柳湾路 12 号", "phone": "0634-6212345",
        "text": "老店，开了二十年。", "pictureIds": [], "applicantName": "李师傅"})
}

/// An offer: 30 yuan and 5 points instead of 35 yuan.
pub fn haircut() -> Value {
    json!({"title": "男士理发", "text": "洗剪吹", "listPrice": "35.00", "price": "30.00", "points": "5.00"})
}

/// POST of what was read in this version, with a body if there is one.
pub async fn post_if(who: &Actor, path: &str, version: &Value, body: Option<Value>) -> Answer {
    let request = who
        .request(Method::POST, path)
        .header("Idempotency-Key", uuid::Uuid::now_v7().to_string())
        .header("If-Match", format!("\"v{version}\""));
    who.send(if let Some(body) = body { request.json(&body) } else { request }).await
}

/// POST without a body.
pub async fn post_empty(who: &Actor, path: &str) -> Answer {
    who.send(who.request(Method::POST, path)).await
}

impl Town {
    /// A shop that applies; `name` is its owner's sign-in name.
    pub async fn applying_shop(&self, name: &str, unit: &str) -> Shop {
        let owner = self.applicant(name).await;
        let applied = owner.post("merchants", application(unit, &format!("{name} 理发店"))).await.expect(201);
        Shop { id: text(&applied["id"]), owner }
    }

    /// A shop that takes part.
    pub async fn shop(&self, name: &str, unit: &str) -> Shop {
        let shop = self.applying_shop(name, unit).await;
        post_if(&self.ops, &format!("staff/merchants/{}/approve", shop.id), &json!(1), None)
            .await
            .expect(200);
        shop
    }

    /// An offer of a shop that shows; its id.
    pub async fn offer(&self, shop: &Shop, body: Value) -> String {
        let made = shop.owner.post("offers", body).await.expect(201);
        self.publish_offer(&made).await;
        text(&made["id"])
    }

    /// Publishes an offer as it was read.
    pub async fn publish_offer(&self, read: &Value) {
        let path = format!("staff/offers/{}/decide", text(&read["id"]));
        post_if(&self.ops, &path, &read["version"], Some(json!({"decision": "publish"}))).await.expect(200);
    }

    /// Somebody who stands at the till of a shop, with a password.
    pub async fn clerk(&self, shop: &Shop, login: &str) -> Actor {
        let body =
            json!({"login": login, "name": "小张", "password": crate::town::PASSWORD, "role": "clerk"});
        shop.owner.post("merchant/staff", body).await.expect(201);
        self.clerk_again(login).await
    }

    /// A further sign-in of a clerk with a password.
    pub async fn clerk_again(&self, login: &str) -> Actor {
        let till = self.till();
        let body = json!({"login": login, "password": crate::town::PASSWORD});
        let answer = till.post("sessions/password", body).await.expect(200);
        till.with_tokens(&answer).with_id(&text(&answer["subject"]))
    }
}
