//! The kinds of a person's data, one for each table that holds some: where they stand, whose they are, and in which columns they are told.
//! A new table with personal data gets a kind here, or a reason in [`crate::personal`] why it has none.

/// Whose rows a kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The way to sign in.
    Identity,
    /// The resident that the person is.
    Resident,
    /// Both: what somebody was told as a guest and as a resident.
    Both,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    /// As it stands.
    Text,
    /// An id of this type.
    Id(&'static str),
    /// A moment.
    At,
    /// A day.
    Day,
    /// Points.
    Points,
    /// Yes or no.
    Bool,
    /// The business key of a transfer.
    Cause,
    /// What a rule item is called.
    ItemName,
}

impl As {
    pub(crate) const fn is_id(self) -> bool {
        matches!(self, Self::Id(_))
    }
}

/// A column of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: &'static str,
    pub(crate) form: As,
    pub(crate) sql: &'static str,
}

/// A kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The name of its file, and of its list in the JSON.
    pub name: &'static str,
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// What it is, in English.
    pub en: &'static str,
    /// Whose rows.
    pub whose: Whose,
    /// The columns.
    pub columns: &'static [Column],
    pub(crate) key: &'static str,
    pub(crate) from: &'static str,
}

/// Columns that a kind may have.
pub(crate) const COLUMNS_MAX: usize = 16;

macro_rules! kinds {
    ($($name:literal $whose:ident ($zh:literal $en:literal) $key:literal from $from:literal
        { $($column:literal = $form:expr, $sql:literal;)* })*) => {
        /// Every kind, in the order of the files. `?1` is the owner, `?2` the record that the page begins after.
        pub const KINDS: &[Kind] = &[$(Kind {
            name: $name,
            zh: $zh,
            en: $en,
            whose: Whose::$whose,
            columns: &[$(Column { name: $column, form: $form, sql: $sql },)*],
            key: $key,
            from: $from,
        },)*];
    };
}

kinds! {
    "identity" Identity ("登录身份" "How you sign in") "i.id" from "identities i WHERE i.id = ?1" {
        "id" = As::Id("idn"), "i.id"; "provider" = As::Text, "i.provider"; "subject" = As::Text, "i.subject";
        "nickname" = As::Text, "i.nickname"; "createdAt" = As::At, "i.created_at";
        "lastChangeAt" = As::At, "NULLIF(i.wrote_at, 0)";
    }
    "resident" Resident ("居民档案" "Your record as a resident") "r.id" from
        "residents r JOIN units u ON u.id = r.unit_id LEFT JOIN resident_names n ON n.resident_id = r.id \
         LEFT JOIN resident_births b ON b.resident_id = r.id LEFT JOIN households h ON h.id = r.household_id \
         LEFT JOIN household_doors d ON d.household_id = r.household_id WHERE r.id = ?1" {
        "id" = As::Id("res"), "r.id"; "unitId" = As::Id("unit"), "r.unit_id"; "unit" = As::Text, "u.name"; "name" = As::Text, "n.name";
        "nickname" = As::Text, "n.nickname"; "born" = As::Day, "b.born"; "code" = As::Text, "r.code";
        "hidden" = As::Bool, "r.hidden"; "state" = As::Text, "r.state"; "householdId" = As::Id("hh"), "r.household_id";
        "household" = As::Text, "h.code"; "door" = As::Text, "d.door";
        "isHouseholder" = As::Bool, "CASE WHEN h.householder_id = r.id THEN 1 ELSE 0 END"; "createdAt" = As::At, "r.created_at";
    }
    "nickname-proposals" Identity ("待审核的昵称" "A nickname that waits for a decision") "n.id" from
        "nickname_proposals n WHERE n.identity_id = ?1" {
        "nickname" = As::Text, "n.nickname"; "reason" = As::Text, "n.reason"; "createdAt" = As::At, "n.created_at";
    }
    "consents" Identity ("您给出和撤回的同意" "What you agreed to and withdrew") "c.id" from "consents c WHERE c.identity_id = ?1" {
        "purpose" = As::Text, "c.purpose"; "version" = As::Text, "c.version"; "given" = As::Bool, "c.given"; "at" = As::At, "c.at";
    }
    "join-requests" Identity ("加入申请" "Your requests to join") "j.id" from "join_requests j WHERE j.identity_id = ?1" {
        "id" = As::Id("join"), "j.id"; "unitId" = As::Id("unit"), "j.unit_id"; "name" = As::Text, "j.name"; "door" = As::Text, "j.door";
        "note" = As::Text, "j.note"; "state" = As::Text, "j.state"; "reason" = As::Text, "j.reason";
        "createdAt" = As::At, "j.created_at"; "decidedAt" = As::At, "j.decided_at";
    }
    "corrections" Resident ("更正申请" "Corrections that you asked for") "c.id" from "corrections c WHERE c.resident_id = ?1" {
        "id" = As::Id("cor"), "c.id"; "field" = As::Text, "c.field"; "wanted" = As::Text, "c.wanted"; "note" = As::Text, "c.note";
        "state" = As::Text, "c.state"; "reason" = As::Text, "c.reason"; "createdAt" = As::At, "c.created_at";
        "decidedAt" = As::At, "c.decided_at";
    }
    "deeds" Resident ("好事（图片在 pictures 文件夹）" "Your deeds (their pictures are in the folder pictures)") "d.id" from
        "deeds d WHERE d.resident_id = ?1 AND d.title <> ''" {
        "id" = As::Id("deed"), "d.id"; "unitId" = As::Id("unit"), "d.unit_id"; "section" = As::Text, "d.section"; "title" = As::Text, "d.title";
        "text" = As::Text, "d.body"; "dayOfAct" = As::Day, "d.day_of_act"; "state" = As::Text, "d.state";
        "reason" = As::Text, "d.reason"; "likes" = As::Text, "d.like_count"; "comments" = As::Text, "d.comment_count";
        "shares" = As::Text, "d.share_count"; "createdAt" = As::At, "d.created_at"; "publishedAt" = As::At, "d.published_at";
    }
    "pictures" Identity ("您上传的图片" "Pictures that you uploaded") "p.id" from "pictures p WHERE p.identity_id = ?1" {
        "id" = As::Id("pic"), "p.id"; "deedId" = As::Id("deed"), "p.deed_id"; "avatarOf" = As::Id("idn"), "p.avatar_of"; "width" = As::Text, "p.width"; "height" = As::Text, "p.height";
        "bytes" = As::Text, "p.bytes"; "createdAt" = As::At, "p.created_at";
    }
    "comments" Resident ("评论" "Your comments") "c.id" from "comments c WHERE c.resident_id = ?1 AND c.state <> 'removed'" {
        "id" = As::Id("cmt"), "c.id"; "deedId" = As::Id("deed"), "c.deed_id"; "text" = As::Text, "c.body"; "state" = As::Text, "c.state";
        "reason" = As::Text, "c.reason"; "createdAt" = As::At, "c.created_at";
    }
    "likes" Identity ("点赞" "What you like") "l.deed_id" from "likes l WHERE l.identity_id = ?1" {
        "deedId" = As::Id("deed"), "l.deed_id"; "createdAt" = As::At, "l.created_at";
    }
    "shares" Identity ("转发" "What you shared") "s.deed_id" from "shares s WHERE s.identity_id = ?1" {
        "deedId" = As::Id("deed"), "s.deed_id"; "createdAt" = As::At, "s.created_at";
    }
    "reports" Identity ("您提交的举报" "Reports that you made") "r.id" from "reports r WHERE r.identity_id = ?1" {
        "id" = As::Id("rpt"), "r.id"; "deedId" = As::Id("deed"), "r.deed_id"; "cause" = As::Text, "r.cause"; "note" = As::Text, "r.note";
        "state" = As::Text, "r.state"; "createdAt" = As::At, "r.created_at"; "decidedAt" = As::At, "r.decided_at";
    }
    "sign-ups" Resident ("活动报名、签到和签退" "Events: sign-ups, check-ins and check-outs") "s.id" from
        "sign_ups s JOIN events e ON e.id = s.event_id WHERE s.resident_id = ?1" {
        "id" = As::Id("sgn"), "s.id"; "eventId" = As::Id("evt"), "s.event_id"; "event" = As::Text, "e.title"; "startsAt" = As::At, "e.starts_at";
        "state" = As::Text, "s.state"; "checkedInAt" = As::At, "s.checked_in_at"; "checkedOutAt" = As::At, "s.checked_out_at";
        "minutes" = As::Text, "s.minutes"; "claimId" = As::Id("claim"), "s.claim_id"; "createdAt" = As::At, "s.created_at";
    }
    "claims" Resident ("积分申报" "Claims to points") "c.id" from
        "claims c JOIN items i ON i.id = c.item_id LEFT JOIN claim_notes n ON n.claim_id = c.id WHERE c.resident_id = ?1" {
        "id" = As::Id("claim"), "c.id"; "itemCode" = As::Text, "i.code"; "item" = As::ItemName, "i.body"; "dayOfAct" = As::Day, "c.day_of_act";
        "quantity" = As::Points, "c.quantity"; "cause" = As::Text, "c.cause"; "state" = As::Text, "c.state"; "merit" = As::Points, "c.merit";
        "redeemable" = As::Points, "c.redeemable"; "note" = As::Text, "n.note"; "reason" = As::Text, "n.reason";
        "createdAt" = As::At, "c.created_at"; "decidedAt" = As::At, "c.decided_at"; "reversedAt" = As::At, "c.reversed_at";
    }
    "transfers" Resident ("积分明细" "Movements of your points, with their reasons") "t.id" from
        "(SELECT t.*, 1 AS sign FROM account_owners o JOIN transfers t ON t.credit = o.account_id \
            WHERE o.owner_id = ?1 AND o.holder = 'resident' AND t.id > ?2 \
          UNION ALL SELECT t.*, -1 FROM account_owners o JOIN transfers t ON t.debit = o.account_id \
            WHERE o.owner_id = ?1 AND o.holder = 'resident' AND t.id > ?2) t WHERE 1 = 1" {
        "id" = As::Id("xfer"), "t.id"; "kind" = As::Text, "t.kind"; "amount" = As::Points, "t.amount * t.sign"; "reason" = As::Text, "t.reason";
        "mode" = As::Text, "t.mode"; "cause" = As::Cause, "t.business_key"; "at" = As::At, "t.created_at";
    }
    "redemptions" Resident ("核销记录和凭证" "What you redeemed, with the signed receipts") "r.id" from
        "redemptions r JOIN merchants m ON m.id = r.merchant_id JOIN offers o ON o.id = r.offer_id WHERE r.resident_id = ?1" {
        "id" = As::Id("rdm"), "r.id"; "shop" = As::Text, "m.name"; "offer" = As::Text, "o.title"; "orderNo" = As::Text, "r.order_no";
        "points" = As::Points, "r.points"; "listPriceFen" = As::Text, "r.list_price"; "priceFen" = As::Text, "r.price";
        "state" = As::Text, "r.state"; "createdAt" = As::At, "r.created_at"; "settledAt" = As::At, "r.settled_at";
        "voidedAt" = As::At, "r.voided_at"; "receipt" = As::Text, "r.receipt"; "voidReceipt" = As::Text, "r.void_receipt";
    }
    "thanks" Resident ("对商户的感谢" "Thanks that you gave to shops") "t.id" from
        "thanks t JOIN merchants m ON m.id = t.merchant_id WHERE t.resident_id = ?1" {
        "shop" = As::Text, "m.name"; "words" = As::Text, "t.words"; "day" = As::Day, "t.day"; "createdAt" = As::At, "t.created_at";
    }
    "inbox" Both ("收件箱" "Your inbox") "x.id" from "inbox x WHERE x.owner_id = ?1" {
        "id" = As::Id("msg"), "x.id"; "kind" = As::Text, "x.kind"; "object" = As::Text, "x.object"; "detail" = As::Text, "x.detail";
        "createdAt" = As::At, "x.created_at"; "readAt" = As::At, "x.read_at";
    }
    "sessions" Identity ("登录记录（仅时间）" "When you signed in (times only)") "s.id" from
        "sessions s WHERE s.principal_id = ?1 AND s.principal = 'person'" {
        "createdAt" = As::At, "s.created_at"; "expiresAt" = As::At, "s.expires_at"; "endedAt" = As::At, "s.ended_at";
    }
    "exports" Identity ("您申请的数据副本" "Copies of your data that you asked for") "e.id" from "exports e WHERE e.identity_id = ?1" {
        "id" = As::Id("exp"), "e.id"; "state" = As::Text, "e.state"; "createdAt" = As::At, "e.created_at"; "readyAt" = As::At, "e.ready_at";
    }
    "deletions" Identity ("注销申请" "Deletions of the account that you asked for") "d.id" from "deletions d WHERE d.identity_id = ?1" {
        "id" = As::Id("del"), "d.id"; "posts" = As::Text, "d.posts"; "state" = As::Text, "d.state"; "askedAt" = As::At, "d.asked_at";
        "dueAt" = As::At, "d.due_at";
    }
}
