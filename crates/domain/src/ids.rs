//! Typed ids. An id is a UUIDv7 made by the application; in JSON it is typed text (`deed_01h455…`, the TypeID form: a prefix,
//! an underscore, and 26 characters of Crockford's base 32). Order never trusts an id, and an id is never a secret.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// What every typed id has in common.
pub trait Id: Copy + Eq + fmt::Display + FromStr + Send + Sync + 'static {
    /// The word before the underscore.
    const PREFIX: &'static str;
    /// The id of this UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The UUID of this id.
    fn uuid(self) -> Uuid;
}

/// An id's text was not of the form `prefix_26characters` for its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedId;

impl fmt::Display for MalformedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed id")
    }
}
impl std::error::Error for MalformedId {}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes a UUID as 26 characters of base 32, most significant first.
pub fn encode(uuid: Uuid) -> String {
    let mut n = uuid.as_u128();
    let mut out = [0u8; 26];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(n & 31) as usize];
        n >>= 5;
    }
    out.iter().map(|b| *b as char).collect()
}

/// Reads what [`encode`] wrote; capitals and look-alikes are refused, so that one id has one text.
pub fn decode(text: &str) -> Result<Uuid, MalformedId> {
    let bytes = text.as_bytes();
    if bytes.len() != 26 || bytes[0] > b'7' {
        return Err(MalformedId);
    }
    let mut n: u128 = 0;
    for b in bytes {
        let digit = ALPHABET.iter().position(|a| a == b).ok_or(MalformedId)?;
        n = (n << 5) | digit as u128;
    }
    Ok(Uuid::from_u128(n))
}

/// Makes a UUIDv7 from a moment and 10 bytes of chance, so that tests and the demo can repeat it.
pub fn uuid_v7(unix_ms: u64, chance: [u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(unix_ms, &chance).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id of this moment.
            pub fn new() -> Self { Self(Uuid::now_v7()) }
        }
        impl Default for $name {
            fn default() -> Self { Self::new() }
        }
        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0))
            }
        }
        impl FromStr for $name {
            type Err = MalformedId;
            fn from_str(s: &str) -> Result<Self, MalformedId> {
                let rest = s.strip_prefix(concat!($prefix, "_")).ok_or(MalformedId)?;
                decode(rest).map(Self)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(|_| serde::de::Error::custom(concat!("expected an id of the form ", $prefix, "_…")))
            }
        }
    )*};
}

ids! {
    /// A node of the tenant's tree.
    UnitId = "unit";
    /// A door in a smallest unit.
    HouseholdId = "hh";
    /// A person of a unit.
    ResidentId = "res";
    /// A sign-in identity (provider and subject).
    IdentityId = "idn";
    /// A staff account.
    StaffId = "staff";
    /// A role granted to a staff account on a unit.
    RoleId = "role";
    /// A signed-in device.
    SessionId = "sess";
    /// A guest's request to join a unit.
    JoinRequestId = "join";
    /// A good deed.
    DeedId = "deed";
    /// A picture.
    PictureId = "pic";
    /// A comment on a deed.
    CommentId = "cmt";
    /// A report of a deed to staff.
    ReportId = "rpt";
    /// An entry of the review queue.
    ReviewId = "rev";
    /// A claim to points.
    ClaimId = "claim";
    /// One version of a unit's rule catalogue.
    CatalogueId = "cat";
    /// A rule item of one version.
    ItemId = "item";
    /// A points account.
    AccountId = "acct";
    /// One movement of points.
    TransferId = "xfer";
    /// An import of units, households and residents.
    ImportId = "imp";
    /// A row of the audit.
    AuditId = "aud";
    /// An account of the merchant service.
    ClerkId = "clerk";
    /// A shop of the alliance.
    MerchantId = "shop";
    /// An offer of a shop.
    OfferId = "offer";
    /// A redemption.
    RedemptionId = "rdm";
    /// A resident's thanks to a shop.
    ThanksId = "thx";
    /// A community activity.
    EventId = "evt";
    /// What a person said about a purpose: that it agrees, or not any more.
    ConsentId = "cns";
    /// A copy of a person's own data.
    ExportId = "exp";
    /// A wish to have the own record corrected.
    CorrectionId = "cor";
    /// The deletion of an account.
    DeletionId = "del";
    /// A person's place in an event.
    SignUpId = "sgn";
    /// An entry of an inbox.
    InboxId = "msg";
    /// A message that WeChat pushed.
    PushId = "push";
    /// A nickname that waits for a decision.
    NicknameId = "nick";
    /// The telephone of a sign-in.
    PhoneId = "tel";
    /// An invitation into a household.
    InvitationId = "inv";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = DeedId::from_uuid(Uuid::from_u128(0x0188_bac7_4afa_78aa_bc3b_bd1e_ef28_d881));
        assert_eq!(id.to_string(), "deed_01h2xcejqtf2nbrexx3vqjhp41");
        assert_eq!(id.to_string().parse::<DeedId>(), Ok(id));
    }

    #[test]
    fn an_id_of_another_type_is_refused() {
        let text = DeedId::new().to_string();
        assert!(text.parse::<UnitId>().is_err());
        assert!(text.to_uppercase().parse::<DeedId>().is_err());
        assert!("deed_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<DeedId>().is_err(), "more than 128 bits");
    }
}
