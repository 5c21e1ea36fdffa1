//! Codes at the till: each is good once, for a minute, in its place; and eleven digits cannot be guessed.

use serde_json::json;
use tests::market::haircut;

use crate::stage::at_once;
use crate::till::{Till, after, code, take};

#[tokio::test]
async fn a_code_is_good_once_for_a_minute_and_the_newest_only() {
    let till = Till::open().await;
    let wang = till.customer("wang", 3).await;
    let (first, second) = (till.code(&wang).await, till.code(&wang).await);
    till.take(&first, "A-1").await.refused(404, "code_unknown");
    let other = till.stage.town.offer(&till.shop, haircut()).await;
    take(&till.clerk, &second, &other, "A-1").await.refused(409, "code_other_offer");
    till.take(&second, "A-1").await.expect(201);
    // Used, never made, malformed: one answer for all of them.
    let unknown = till.take("JS1.AAAAAAAAAAAAAAAAAAAAAA", "A-2").await;
    unknown.refused(404, "code_unknown");
    for wrong in [second.as_str(), "JS1.x", "12345678901", "王", "eyJhbGciOiJFZERTQSJ9"] {
        let answer = till.take(wrong, "A-2").await;
        answer.refused(404, "code_unknown");
        assert_eq!(
            (&answer.json["detail"], &answer.json["title"]),
            (&unknown.json["detail"], &unknown.json["title"])
        );
    }
    let late = till.code(&wang).await;
    till.stage.town.set_clock(&after(60)).await;
    till.take(&late, "A-2").await.refused(404, "code_unknown");

    // A shop's code at another shop, and an offer that is not the shop's.
    let rival = till.stage.town.shop("rival", &till.stage.town.world.village).await;
    let theirs = till.stage.town.offer(&rival, haircut()).await;
    let good = till.code(&wang).await;
    take(&rival.owner, &good, &theirs, "B-1").await.refused(409, "code_other_offer");
    take(&rival.owner, &good, &till.offer, "B-1").await.refused(404, "offer_not_found");
    let typed = code(&wang, json!({"merchantId": till.shop.id, "typed": true})).await;
    take(&rival.owner, &typed, &theirs, "B-1").await.refused(404, "code_unknown");
    till.take(&typed, "A-3").await.expect(201);
    // What can be no wish for a code.
    for wish in [
        json!({"typed": true}),
        json!({"merchantId": till.shop.id}),
        json!({"typed": true, "merchantId": till.shop.id, "offerId": till.offer}),
    ] {
        wang.post("redemption-codes", wish).await.refused(422, "invalid");
    }
    till.stage
        .town
        .guest("guest")
        .await
        .post("redemption-codes", json!({}))
        .await
        .refused(403, "residents_only");
    till.stage.town.verify().await;
}

#[tokio::test]
async fn wrong_typed_codes_are_limited_exactly_and_right_ones_are_not_counted() {
    let till = Till::open().await;
    let wang = till.customer("wang", 3).await;
    let typed = async || code(&wang, json!({"merchantId": till.shop.id, "typed": true})).await;
    let guess = |n: u64| {
        let (clerk, offer) = (till.clerk.clone(), till.offer.clone());
        async move { take(&clerk, &luhn(n), &offer, &format!("G-{n}")).await }
    };
    // Right ones and malformed ones do not count; a right one that cannot be paid is no guess either.
    for order in ["A-1", "A-2", "A-3"] {
        till.take(&typed().await, order).await.expect(201);
    }
    till.take(&typed().await, "A-4").await.refused(409, "balance_exceeded");
    till.take("12345678901", "A-5").await.refused(404, "code_unknown");
    let told = async |answers: Vec<tests::Answer>| {
        let of = |status| answers.iter().filter(|a| a.status == status).count();
        (of(404), of(429))
    };
    assert_eq!(told(at_once((0..16).map(guess)).await).await, (10, 6));
    let refused = guess(16).await;
    refused.refused(429, "code_too_many_wrong");
    assert_eq!(refused.header("retry-after"), "600");
    // Scanning goes on, and so does what was sold before; another shop has its own count.
    till.award(&wang, 1).await;
    let shown = till.code(&wang).await;
    till.take(&shown, "A-6").await.expect(201);
    till.take(&typed().await, "A-7").await.refused(429, "code_too_many_wrong");
    let rival = till.stage.town.shop("rival", &till.stage.town.world.village).await;
    let theirs = till.stage.town.offer(&rival, haircut()).await;
    take(&rival.owner, &luhn(1), &theirs, "B-1").await.refused(404, "code_unknown");
    // Four more windows, and the day is used up.
    let mut clerk = till.clerk.clone();
    for window in 1..=5 {
        till.stage.town.set_clock(&after(600 * window)).await;
        clerk = till.stage.town.clerk_again("till-1").await;
        let answers = at_once((0..16).map(|n| {
            let (clerk, offer) = (clerk.clone(), till.offer.clone());
            async move { take(&clerk, &luhn(n), &offer, "G").await }
        }))
        .await;
        assert_eq!(told(answers).await, if window < 5 { (10, 6) } else { (0, 16) }, "window {window}");
    }
    let refused = take(&clerk, &luhn(7), &till.offer, "G").await;
    // At ten minutes to eleven in Shanghai there are thirteen hours and ten minutes left of the day.
    assert_eq!(refused.header("retry-after"), (13 * 3_600 + 600).to_string());
    till.stage.town.verify().await;
}

/// Eleven digits with the right check digit.
fn luhn(n: u64) -> String {
    let body = format!("{n:010}");
    let digits = body.bytes().rev().map(|b| u32::from(b - b'0')).enumerate();
    let sum: u32 = digits.map(|(i, d)| if i % 2 == 0 { d * 2 / 10 + d * 2 % 10 } else { d }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
