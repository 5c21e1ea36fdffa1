//! What people are told of. A kind, who is told of it, whether it can be switched off, and its sentences stand in one table.

use store::inbox::Owner;

/// Who is told of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Residents and guests.
    Person,
    /// Clerks.
    Clerk,
    /// Staff.
    Staff,
}

impl Audience {
    /// Who an owner is.
    pub const fn of(owner: Owner) -> Self {
        match owner {
            Owner::Resident(_) | Owner::Identity(_) => Self::Person,
            Owner::Clerk(_) => Self::Clerk,
            Owner::Staff(_) => Self::Staff,
        }
    }
}

macro_rules! kinds {
    ($($name:ident $word:literal [$($audience:ident)+] $switch:ident $reason:ident
        ($name_zh:literal, $name_en:literal) $zh:literal $en:literal;)*) => {
        /// What somebody is told of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $(#[doc = $name_en] $name,)* }

        impl Kind {
            /// Every kind.
            pub const EVERY: &'static [Self] = &[$(Self::$name,)*];
            /// The word in rows and answers.
            pub const fn word(self) -> &'static str { match self { $(Self::$name => $word,)* } }
            /// Who is told of it.
            pub const fn audiences(self) -> &'static [Audience] {
                match self { $(Self::$name => &[$(Audience::$audience,)+],)* }
            }
            /// Whether nobody can switch it off: why points changed, and what waits for one's own tap.
            pub const fn stays_on(self) -> bool {
                match self { $(Self::$name => kinds!(@on $switch),)* }
            }
            /// Whether the reason that was given is shown with it.
            pub const fn has_reason(self) -> bool {
                match self { $(Self::$name => kinds!(@why $reason),)* }
            }
            /// What it is called, in Chinese and English.
            pub const fn names(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($name_zh, $name_en),)* }
            }
            /// Its sentences, with places for what is looked up.
            pub(super) const fn sentences(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($zh, $en),)* }
            }
        }
    };
    (@on always) => { true };
    (@on switch) => { false };
    (@why reason) => { true };
    (@why plain) => { false };
}

// {title}: what the matter is called, in quotes, or nothing. {shop}: the shop's name. {points}: so many. {gain}: " and so many points", or
// nothing. {until}: a moment, in brackets, or nothing.
kinds! {
    DeedPublished "deed_published" [Person] switch plain ("好事公开", "Deed published")
        "您发布的好事{title}已通过审核并公开。" "Your deed{title} was published.";
    DeedRejected "deed_rejected" [Person] switch reason ("好事未通过", "Deed rejected")
        "您发布的好事{title}未通过审核。" "Your deed{title} was not published.";
    DeedTakenDown "deed_taken_down" [Person] switch reason ("好事下架", "Deed taken down")
        "您发布的好事{title}已被下架。" "Your deed{title} was taken down.";
    ClaimGranted "claim_granted" [Person] always plain ("积分入账", "Points granted")
        "积分申报{title}已通过{gain}。" "A claim{title} was granted{gain}.";
    ClaimRejected "claim_rejected" [Person Staff] switch reason ("积分申报未通过", "Claim rejected")
        "积分申报{title}未通过。" "A claim{title} was rejected.";
    ClaimReversed "claim_reversed" [Person] always reason ("积分冲正", "Points reversed")
        "积分申报{title}已冲正，收回 {points} 积分。" "A claim{title} was reversed: {points} points were taken back.";
    CommentPublished "comment_published" [Person] switch plain ("评论公开", "Comment published")
        "您对好事{title}的评论已公开。" "Your comment on the deed{title} was published.";
    CommentRejected "comment_rejected" [Person] switch reason ("评论未通过", "Comment rejected")
        "您对好事{title}的评论未通过审核。" "Your comment on the deed{title} was not published.";
    CommentRemoved "comment_removed" [Person] switch plain ("评论被删除", "Comment removed")
        "您对好事{title}的评论已被工作人员删除。" "Your comment on the deed{title} was removed by staff.";
    NicknameAccepted "nickname_accepted" [Person] switch plain ("昵称通过", "Nickname accepted")
        "您的新昵称已通过审核。" "Your new nickname was accepted.";
    NicknameRefused "nickname_refused" [Person] switch reason ("昵称未通过", "Nickname refused")
        "您的新昵称未通过审核。" "Your new nickname was not accepted.";
    AvatarAccepted "avatar_accepted" [Person] switch plain ("头像通过", "Picture accepted")
        "您的新头像已通过审核。" "Your new picture was accepted.";
    AvatarRefused "avatar_refused" [Person] switch plain ("头像未通过", "Picture refused")
        "您的新头像未通过审核，请换一张。" "Your new picture was not accepted: choose another.";
    JoinAccepted "join_accepted" [Person] switch plain ("加入申请通过", "Request to join accepted")
        "您的加入申请已通过，欢迎成为居民。" "Your request to join was accepted: you are a resident now.";
    JoinRefused "join_refused" [Person] switch reason ("加入申请未通过", "Request to join refused")
        "您的加入申请未通过。" "Your request to join was refused.";
    SignUpOffered "sign_up_offered" [Person] switch plain ("活动候补到位", "Seat offered")
        "活动{title}有名额了，请尽快确认{until}。" "There is a seat for you at the event{title}; take it in time{until}.";
    SignUpLapsed "sign_up_lapsed" [Person] switch plain ("活动名额失效", "Seat lapsed")
        "活动{title}为您保留的名额已失效。" "The seat that was kept for you at the event{title} has lapsed.";
    EventChanged "event_changed" [Person] switch plain ("活动变更", "Event changed")
        "您报名的活动{title}有变更，请查看。" "The event{title} that you signed up for has changed.";
    EventCancelled "event_cancelled" [Person] switch reason ("活动取消", "Event cancelled")
        "您报名的活动{title}已取消。" "The event{title} that you signed up for was cancelled.";
    EventReminder "event_reminder" [Person] switch plain ("活动提醒", "Event reminder")
        "您报名的活动{title}即将开始{until}。" "The event{title} that you signed up for begins soon{until}.";
    EventCompleted "event_completed" [Person] switch plain ("活动结束", "Event completed")
        "您参加的活动{title}已结束，感谢参与。" "The event{title} that you took part in is completed. Thank you.";
    RedemptionHeld "redemption_held" [Person] always plain ("待您确认的核销", "Redemption waits for you")
        "{shop}请您确认一笔核销{title}：{points} 积分{until}。" "{shop} asks you to approve a redemption{title}: {points} points{until}.";
    RedemptionCaptured "redemption_captured" [Person] always plain ("核销完成", "Redemption completed")
        "您在{shop}使用了 {points} 积分{title}。" "You used {points} points at {shop}{title}.";
    RedemptionExpired "redemption_expired" [Person] always plain ("核销超时", "Redemption expired")
        "{shop}的一笔核销已超时，{points} 积分已退回。" "A redemption at {shop} has expired: {points} points are free again.";
    RedemptionVoided "redemption_voided" [Person] always plain ("核销撤销", "Redemption voided")
        "{shop}撤销了一笔核销，{points} 积分已退回。" "{shop} voided a redemption: {points} points were given back.";
    CorrectionDone "correction_done" [Person] switch plain ("更正完成", "Correction made")
        "您申请更正的信息已更正。" "What you asked to be corrected was corrected.";
    CorrectionRefused "correction_refused" [Person] switch reason ("更正未通过", "Correction refused")
        "您的更正申请未通过。" "What you asked to be corrected was not.";
    ExportReady "export_ready" [Person] switch plain ("数据副本已生成", "Copy of your data ready")
        "您的个人数据副本已生成，请在到期删除之前下载{until}。" "The copy of your data is ready; fetch it before it is deleted{until}.";
    DeletionWaits "deletion_waits" [Person] always plain ("账号注销申请", "Deletion of your account")
        "您已申请注销账号，到期执行{until}，在此之前可以取消。" "Your account will be deleted as you asked{until}; until then you can cancel it.";
    ShopApproved "shop_approved" [Clerk] switch plain ("商户通过审核", "Shop approved")
        "商户{title}已通过审核。" "The shop{title} was approved.";
    ShopRejected "shop_rejected" [Clerk] switch reason ("商户未通过审核", "Shop rejected")
        "商户{title}未通过审核。" "The shop{title} was rejected.";
    ShopSuspended "shop_suspended" [Clerk] always reason ("商户暂停", "Shop suspended")
        "商户{title}已被暂停。" "The shop{title} was suspended.";
    ShopResumed "shop_resumed" [Clerk] switch plain ("商户恢复", "Shop resumed")
        "商户{title}已恢复。" "The shop{title} takes part again.";
    ShopThanked "shop_thanked" [Clerk] switch plain ("居民感谢", "Thanks")
        "有居民感谢了您的商户{title}。" "A resident thanked your shop{title}.";
    OfferPublished "offer_published" [Clerk] switch plain ("优惠公开", "Offer published")
        "优惠{title}已通过审核并公开。" "The offer{title} was published.";
    OfferRejected "offer_rejected" [Clerk] switch reason ("优惠未通过", "Offer rejected")
        "优惠{title}未通过审核。" "The offer{title} was rejected.";
    ShopPictureRefused "shop_picture_refused" [Clerk] switch plain ("商户图片未通过", "Picture of the shop refused")
        "商户{title}的一张图片未通过内容安全检查，已撤下，请换一张。" "A picture of the shop{title} did not pass the check and was taken away: choose another.";
    OfferPictureRefused "offer_picture_refused" [Clerk] switch plain ("优惠图片未通过", "Picture of an offer refused")
        "优惠{title}的一张图片未通过内容安全检查，已撤下，请换一张。" "A picture of the offer{title} did not pass the check and was taken away: choose another.";
    EventPictureRefused "event_picture_refused" [Staff] switch plain ("活动图片未通过", "Picture of an event refused")
        "活动{title}的一张图片未通过内容安全检查，已撤下，请换一张。" "A picture of the event{title} did not pass the check and was taken away: choose another.";
    ShopApplied "shop_applied" [Staff] switch plain ("商户申请入驻", "Shop waits for a decision")
        "商户{title}申请入驻，请审核。" "The shop{title} waits for a decision.";
    OwnerLeaves "owner_leaves" [Staff] switch plain ("店主注销", "Owner leaves")
        "商户{title}的店主申请注销账号，请安排新的店主。" "The owner of the shop{title} deletes the account: another owner is needed.";
    OfferWaits "offer_waits" [Staff] switch plain ("优惠待审核", "Offer waits for a decision")
        "{shop}提交了优惠{title}，请审核。" "An offer{title} of {shop} waits for a decision.";
}

impl Kind {
    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.iter().copied().find(|kind| kind.word() == word)
    }
    /// Whether such an owner is told of it.
    pub fn is_for(self, owner: Owner) -> bool {
        self.audiences().contains(&Audience::of(owner))
    }
}
