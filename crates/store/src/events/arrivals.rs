//! People who come to a door at the same moment, in one statement, for PostgreSQL: those who have a seat and are not there yet. Whether the
//! door is open and the code right was decided by the event as it was read a moment ago; the statement looks that staff have not changed it
//! since, and holds it. Who is not among those goes the long way, which says why.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};
use domain::Ts;
use domain::ids::{EventId, ResidentId};

use super::sign_ups::{SignUp, SignUpSql};
use crate::adapters::Uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::{Gathered, by_number};
use crate::handle::Store;
use crate::pg_stmt;

/// Somebody who comes by the right code.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// To which event.
    pub event: EventId,
    /// Which version of the event was read.
    pub version: i64,
    /// Who.
    pub resident: ResidentId,
    /// When.
    pub at: Ts,
}

// Events are locked in the order of their ids, as a completion locks its own: it counts who is there, or comes before them.
pg_stmt! { Arrivals { events: Vec<EventId> => Array<Uid>, versions: Vec<i64> => Array<BigInt>,
    residents: Vec<ResidentId> => Array<Uid>, at: Vec<i64> => Array<BigInt> } -> (BigInt, SignUpSql) =
"WITH asked AS (SELECT * FROM unnest(?, ?, ?, ?) WITH ORDINALITY AS a (event, version, resident, at, n)), \
open AS MATERIALIZED (SELECT e.id, e.version FROM events e WHERE e.id IN (SELECT event FROM asked) AND e.state = 'published' \
  ORDER BY e.id FOR SHARE) \
UPDATE sign_ups s SET checked_in_at = a.at, version = s.version + 1 \
FROM asked a JOIN open o ON o.id = a.event AND o.version = a.version \
WHERE s.event_id = a.event AND s.resident_id = a.resident AND s.state = 'confirmed' AND s.checked_in_at IS NULL \
RETURNING a.n, s.id, s.event_id, s.resident_id, s.state, s.place, s.offered_until, s.entered_by, s.checked_in_at, s.checked_out_at, \
s.minutes, s.claim_id, s.version, s.created_at" }

impl Gathered for Arrival {
    /// The sign-up of who was let in.
    type Answer = Option<SignUp>;
    const ONE_STATEMENT: bool = true;

    fn marks(&self) -> Vec<String> {
        vec![format!("{} {}", self.event, self.resident)]
    }

    fn write(conn: &mut Db, batch: &[Self], _now: Ts) -> Result<Vec<Option<SignUp>>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("arrivals are gathered on PostgreSQL only")) };
        let rows: Vec<(i64, SignUp)> = Arrivals {
            events: batch.iter().map(|arrival| arrival.event).collect(),
            versions: batch.iter().map(|arrival| arrival.version).collect(),
            residents: batch.iter().map(|arrival| arrival.resident).collect(),
            at: batch.iter().map(|arrival| arrival.at.0).collect(),
        }
        .load(pg)?;
        Ok(by_number(batch.len(), rows.into_iter().map(|(n, row)| (n, Some(row)))))
    }
}

impl Store {
    /// Lets somebody in together with others who come; nothing where that has to go the long way.
    pub async fn arrive(&self, arrival: Arrival) -> Option<SignUp> {
        self.gather(&self.at_once.arrivals, arrival).await.flatten()
    }
}
