//! Who acts, with which roles, and what a role reaches. A role is granted on a unit and reaches its subtree; a unit's place in the
//! tree is its path (its ancestors' ids from the root to itself), so that reach is a question of prefixes and needs no database.

use crate::ids::{ClerkId, HouseholdId, IdentityId, MerchantId, ResidentId, SessionId, StaffId, UnitId};
use crate::refusal::Code;

/// A role of a staff account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Party secretary of a unit: reviews, awards, organises, manages people.
    Secretary,
    /// Grid worker: enters and reviews, manages people of the grid.
    GridWorker,
    /// Member of the assessment panel: decides claims.
    Assessor,
    /// Member of the supervision group: reads everything, decides nothing.
    Supervisor,
    /// District operations: units, staff, policies, catalogues.
    Operations,
}

impl Role {
    /// Every role.
    pub const EVERY: [Self; 5] =
        [Self::Secretary, Self::GridWorker, Self::Assessor, Self::Supervisor, Self::Operations];
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Secretary => "secretary",
            Self::GridWorker => "grid_worker",
            Self::Assessor => "assessor",
            Self::Supervisor => "supervisor",
            Self::Operations => "operations",
        }
    }
    /// The role of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|r| r.word() == word)
    }
}

/// What a staff operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Read the desk: queue, residents, claims, reports.
    ReadDesk,
    /// Read the audit.
    ReadAudit,
    /// Decide on what residents post.
    Review,
    /// Decide claims and reverse them.
    Award,
    /// Enter claims for others.
    Enter,
    /// Create and change households and residents; decide requests to join.
    ManagePeople,
    /// Import units, households and residents.
    Import,
    /// Draft and adopt rule catalogues.
    ManageRules,
    /// Create and change units, policies, staff accounts and roles.
    Administer,
    /// Decide on shops and their offers.
    ManageMerchants,
    /// Draft, publish and run events.
    ManageEvents,
}

impl Role {
    /// Whether this role includes a permission.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Operations => {
                !matches!(permission, P::Review | P::Award | P::Enter) || matches!(permission, P::Review)
            }
            Self::Secretary => !matches!(permission, P::Administer | P::ReadAudit),
            Self::GridWorker => {
                matches!(permission, P::ReadDesk | P::Review | P::Enter | P::ManagePeople | P::ManageEvents)
            }
            Self::Assessor => matches!(permission, P::ReadDesk | P::Award),
            Self::Supervisor => matches!(permission, P::ReadDesk | P::ReadAudit),
        }
    }
}

/// The place of a unit in the tree: ids from the root to the unit itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<UnitId>);

impl Path {
    /// Whether the unit of this path lies in the subtree of `root`.
    pub fn is_within(&self, root: UnitId) -> bool {
        self.0.contains(&root)
    }
    /// The unit itself.
    pub fn unit(&self) -> Option<UnitId> {
        self.0.last().copied()
    }
}

/// A role granted on a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The unit whose subtree it reaches.
    pub unit: UnitId,
}

/// A signed-in member of staff, as read from the database in this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffActor {
    /// The account.
    pub id: StaffId,
    /// The session by which it acts.
    pub session: SessionId,
    /// The resident that this person is, if known: for recusal.
    pub resident: Option<ResidentId>,
    /// That resident's household.
    pub household: Option<HouseholdId>,
    /// Its roles.
    pub grants: Vec<Grant>,
}

impl StaffActor {
    /// Whether this account may do something to what belongs to the unit of `path`.
    pub fn may(&self, permission: Permission, path: &Path) -> bool {
        self.grants.iter().any(|g| g.role.may(permission) && path.is_within(g.unit))
    }
    /// Refuses unless [`Self::may`]. Outside the subtree the object does not exist for this account.
    pub fn require(&self, permission: Permission, path: &Path) -> Result<(), Code> {
        if self.may(permission, path) {
            return Ok(());
        }
        let reaches = self.grants.iter().any(|g| path.is_within(g.unit));
        Err(if reaches { Code::Forbidden } else { Code::NotFound })
    }
    /// The units whose subtrees this account may do something to; empty: none.
    pub fn reach(&self, permission: Permission) -> Vec<UnitId> {
        self.grants.iter().filter(|g| g.role.may(permission)).map(|g| g.unit).collect()
    }
    /// Whether a matter is this person's own or the own household's.
    pub fn is_kin(&self, resident: Option<ResidentId>, household: Option<HouseholdId>) -> bool {
        let same_resident = self.resident.is_some() && self.resident == resident;
        let same_household = self.household.is_some() && self.household == household;
        same_resident || same_household
    }
}

/// A signed-in person: a guest, or a resident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The sign-in identity.
    pub identity: IdentityId,
    /// The session by which it acts.
    pub session: SessionId,
    /// The resident, unless a guest.
    pub resident: Option<ResidentId>,
}

impl Person {
    /// The resident, or the refusal that only residents may.
    pub fn require_resident(&self) -> Result<ResidentId, Code> {
        self.resident.ok_or(Code::ResidentsOnly)
    }
}

/// What a clerk is in a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ShopRole {
    /// Runs the shop: its page, its staff, its offers.
    Owner,
    /// Stands at the till.
    Clerk,
}

impl ShopRole {
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Clerk => "clerk",
        }
    }
    /// The role of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Owner, Self::Clerk].into_iter().find(|r| r.word() == word)
    }
}

/// Whether a shop takes part in the alliance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MerchantState {
    /// Waits for the desk's decision.
    Applied,
    /// Takes part.
    Approved,
    /// Was not taken in; may apply again.
    Rejected,
    /// Takes no part for the time being.
    Suspended,
}

impl MerchantState {
    /// Every state.
    pub const EVERY: [Self; 4] = [Self::Applied, Self::Approved, Self::Rejected, Self::Suspended];
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Suspended => "suspended",
        }
    }
    /// The state of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|s| s.word() == word)
    }
}

/// Where a clerk works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workplace {
    /// The shop.
    pub merchant: MerchantId,
    /// What the clerk is there.
    pub role: ShopRole,
    /// Whether the shop takes part.
    pub state: MerchantState,
}

/// A signed-in clerk, as read from the database in this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClerkActor {
    /// The account.
    pub id: ClerkId,
    /// The session by which it acts.
    pub session: SessionId,
    /// The resident that this person is, if known.
    pub resident: Option<ResidentId>,
    /// Where the clerk works; nowhere yet for whoever only applies.
    pub workplace: Option<Workplace>,
}

impl ClerkActor {
    /// Where the clerk works, or the refusal that there is no shop.
    pub fn require_shop(&self) -> Result<Workplace, Code> {
        self.workplace.ok_or(Code::NoShop)
    }
    /// The shop that this clerk runs.
    pub fn require_owner(&self) -> Result<Workplace, Code> {
        let workplace = self.require_shop()?;
        if workplace.role == ShopRole::Owner { Ok(workplace) } else { Err(Code::Forbidden) }
    }
    /// The shop, if it takes part in the alliance: for whatever moves points.
    pub fn require_open_shop(&self) -> Result<Workplace, Code> {
        let workplace = self.require_shop()?;
        if workplace.state == MerchantState::Approved { Ok(workplace) } else { Err(Code::ShopNotApproved) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reaches_its_subtree_and_nothing_else() {
        let (district, town, village, other) = (UnitId::new(), UnitId::new(), UnitId::new(), UnitId::new());
        let actor = StaffActor {
            id: StaffId::new(),
            session: SessionId::new(),
            resident: None,
            household: None,
            grants: vec![Grant { role: Role::Secretary, unit: town }],
        };
        assert!(actor.may(Permission::Award, &Path(vec![district, town, village])));
        assert_eq!(actor.require(Permission::Award, &Path(vec![district, other])), Err(Code::NotFound));
        assert_eq!(actor.require(Permission::Administer, &Path(vec![district, town])), Err(Code::Forbidden));
        assert!(!actor.may(Permission::Award, &Path(vec![district])));
    }
}
