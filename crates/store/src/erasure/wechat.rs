//! What WeChat has to do with a person: messages and what was agreed to, a nickname that waits, a telephone.

use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::ids::{IdentityId, NicknameId};

use super::Whom;
use crate::adapters::Uid;
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

stmt! { Messages { who: IdentityId => Uid } -> Uid = "DELETE FROM messages WHERE identity_id = ?" }
stmt! { Credits { who: IdentityId => Uid } -> Uid = "DELETE FROM message_credits WHERE identity_id = ?" }
stmt! { Switches { who: IdentityId => Uid } -> Uid = "DELETE FROM message_switches WHERE identity_id = ?" }
stmt! { Checks { who: IdentityId => Uid } -> Text = "DELETE FROM text_checks WHERE identity_id = ?" }

/// Messages on their way and sent, of a month; what was agreed to; what was not wanted.
pub fn messages(conn: &mut Db, whom: &Whom) -> Result<bool> {
    let who = whom.identity;
    Messages { who }.execute(conn)?;
    Credits { who }.execute(conn)?;
    Switches { who }.execute(conn)?;
    Ok(false)
}

/// What checks said of the person's texts.
pub fn text_checks(conn: &mut Db, whom: &Whom) -> Result<bool> {
    Checks { who: whom.identity }.execute(conn)?;
    Ok(false)
}

/// A nickname that waits, or was refused; returns which, because its review is to be closed.
pub fn nickname(conn: &mut Db, whom: &Whom) -> Result<Option<NicknameId>> {
    let found = crate::nicknames::of(conn, whom.identity)?;
    let Some(proposal) = found else { return Ok(None) };
    crate::nicknames::delete(conn, proposal.id)?;
    Ok(Some(proposal.id))
}

/// The telephone.
pub fn phones(conn: &mut Db, whom: &Whom) -> Result<bool> {
    crate::phones::remove(conn, whom.identity)?;
    Ok(false)
}
