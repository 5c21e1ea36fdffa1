//! Thanks of residents to shops.

use domain::access::ClerkActor;
use domain::ids::{MerchantId, ResidentId, ThanksId};
use domain::paging::{Page, Slice};
use domain::thanks::Thanks;
use domain::{Code, Day};
use foundation::inbox::{self, Kind, Note};
use foundation::{App, Error, Once, RequestContext, Result};
use store::thanks::New;

/// Thanks a shop that takes part: once a day, and not the one that one works in.
pub async fn thank(
    app: &App,
    resident: ResidentId,
    shop: MerchantId,
    words: Vec<Thanks>,
    ctx: RequestContext,
) -> Result<Once<(ThanksId, Day)>> {
    app.require_merchants()?;
    let (now, today, id) = (app.now(), app.store.today(), ThanksId::new());
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let found = store::merchants::find(conn, shop)?.filter(|found| found.takes_part());
                found.ok_or(Error::from(Code::ShopNotFound))?;
                if store::thanks::works_there(conn, shop, resident)? {
                    return Err(Code::OwnAct.into());
                }
                let new = New { id, shop, resident, words: words.clone(), day: today };
                if !store::thanks::add(conn, &new, now)? {
                    return Err(Code::ThankedToday.into());
                }
                let owners = inbox::shop_owners(conn, shop)?;
                inbox::tell(conn, &Note::to_each(owners, Kind::ShopThanked, shop), now)?;
                Ok((id, today))
            })
        })
        .await
}

/// Thanks as the shop reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thanked {
    /// Its id.
    pub id: ThanksId,
    /// Whose: the surname with a star.
    pub who: String,
    /// The words.
    pub words: Vec<Thanks>,
    /// On which day.
    pub day: Day,
}

/// The thanks to the clerk's own shop, newest first.
pub async fn of_shop(app: &App, who: &ClerkActor, page: Page<ThanksId>) -> Result<Slice<Thanked, ThanksId>> {
    let shop = who.require_shop()?.merchant;
    app.store
        .read(move |conn| {
            let found = store::thanks::of_shop(conn, shop, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |row| row.id).map(|row| Thanked {
                id: row.id,
                who: row.who.unwrap_or_else(|| "已注销".to_owned()),
                words: domain::thanks::read(&row.words),
                day: Day(row.day),
            }))
        })
        .await
}
