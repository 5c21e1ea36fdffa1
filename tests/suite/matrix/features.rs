//! What a tenant or a unit has switched off answers that it is off, whoever asks.

use serde_json::json;
use tests::Options;

use super::scene::{ACTORS, Scene};

// NK-1: a tenant may have no rankings at all.
#[tokio::test]
async fn what_is_switched_off_says_so_to_everybody() {
    let environment = vec![("JISHAN_TENANT_RANKINGS".to_owned(), "false".to_owned())];
    let mut scene = Scene::open_with(Options { environment, ..Options::default() }).await;
    let board = format!("rankings/{}", scene.town.world.village);
    for (column, actor) in scene.actors.iter().enumerate() {
        let answer = actor.get(&board).await;
        assert_eq!(answer.json["code"], "disabled", "{board} by {}", ACTORS[column]);
        answer.refused(403, "disabled");
    }
    for actor in &scene.actors[2..5] {
        actor.get(&format!("{board}/me")).await.refused(403, "disabled");
    }

    let owner = scene.actors[2].clone();
    let deed = scene.object("deed", &owner).await;
    let policy = format!("staff/policies/{}", scene.town.world.village);
    let etag = scene.town.ops.get(&policy).await.etag();
    scene.town.ops.put_if(&policy, &etag, json!({"comments": false})).await.expect(200);
    let comments = format!("deeds/{deed}/comments");
    for actor in &scene.actors[2..5] {
        actor.post(&comments, json!({"text": "好样的！"})).await.refused(403, "disabled");
    }
    scene.town.anybody().get(&comments).await.expect(200);
}
