//! The post that nothing is in the way of, on PostgreSQL: decided from what is read outside any transaction, and written with those of other
//! requests under the same guards. Whatever else it turns out to be, a refusal or a repetition, is for the long way to find and say.
//!
//! Rules and policies are read as pages are, at most a second old: a post that was sent a second earlier would have been judged by the same.

use domain::deeds;
use foundation::{App, Error, Person, RequestContext, Result};
use store::deeds::Home;
use store::deeds::at_once::Post;

use super::{Made, NewDeed, check_item, check_unit, claim, row};

/// Posts, or says that this one has to go the long way.
pub(super) async fn post(
    app: &App,
    (who, home): (Person, Option<Home>),
    new: &NewDeed,
    made: Made,
    ctx: &RequestContext,
) -> Result<bool> {
    match decided(app, (who, home), new, made, ctx).await {
        Ok(Some(post)) => Ok(app.store.post(post).await),
        Ok(None) | Err(Error::Refused(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

async fn decided(
    app: &App,
    (who, home): (Person, Option<Home>),
    new: &NewDeed,
    made: Made,
    ctx: &RequestContext,
) -> Result<Option<Post>> {
    let Some(key) = ctx.key.clone().filter(|_| app.store.gathers()) else { return Ok(None) };
    let Some(home) = home else { return Ok(None) };
    check_unit(new.unit, home)?;
    let place = app.pages.place(&app.store, home.unit).await?;
    deeds::check_day_of_act(new.day_of_act, app.store.today(), place.1.claim_days_back)?;
    let outcome =
        serde_json::to_string(&made.deed).map_err(|e| Error::corrupt(format!("an outcome: {e}")))?;
    Ok(Some(Post {
        key,
        outcome,
        deed: row(made.deed, who, home, new),
        pictures: new.content.pictures.clone(),
        review: made.review,
        claim: claimed(app, who, home, new, made).await?,
        now: app.now(),
    }))
}

/// The claim by the item that the deed names, if it names one.
async fn claimed(
    app: &App,
    who: Person,
    home: Home,
    new: &NewDeed,
    made: Made,
) -> Result<Option<store::claims::NewClaim>> {
    let Some(id) = new.item else { return Ok(None) };
    let (unit, day) = (home.unit, new.day_of_act);
    let read = async || {
        let read = app.store.read(move |conn| crate::rules::item_for(conn, id, unit, day));
        read.await.map(|(item, _)| item)
    };
    let item = app.pages.item(&app.store, (id, unit, day), read).await?;
    check_item(&item, home)?;
    Ok(Some(claim(made, who, home, new, (id, item.subject))))
}
