//! Every way in which a request is refused: a stable code, an HTTP status, and a sentence in Chinese and English that says what
//! to do. Status and sentences stand in one table, so that a code cannot be without them.

use std::fmt;

/// A fault of one field of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The path of the field in JSON, such as `title` or `rows[3].name`.
    pub field: String,
    /// A stable code, such as `too_long`.
    pub code: &'static str,
    /// What is expected, in Chinese.
    pub zh: String,
    /// What is expected, in English.
    pub en: String,
}

impl FieldFault {
    /// A fault of this field.
    pub fn new(
        field: impl Into<String>,
        code: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), code, zh: zh.into(), en: en.into() }
    }
}

/// A refusal: the code, faults of fields if any, and for how long to wait if waiting helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which refusal.
    pub code: Code,
    /// The fields at fault.
    pub fields: Vec<FieldFault>,
    /// After how many seconds a repetition may succeed.
    pub retry_after_s: Option<u32>,
}

impl Refusal {
    /// A refusal of one field.
    pub fn field(fault: FieldFault) -> Self {
        Self { code: Code::Invalid, fields: vec![fault], retry_after_s: None }
    }
    /// This refusal with a time to wait.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, fields: Vec::new(), retry_after_s: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.word())
    }
}
impl std::error::Error for Refusal {}

macro_rules! codes {
    ($($name:ident $word:literal $status:literal $zh:literal $en:literal;)*) => {
        /// The stable code of a refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $en] $name,)* }

        impl Code {
            /// Every code.
            pub const EVERY: &'static [Code] = &[$(Code::$name,)*];
            /// The word in answers: never changes its meaning.
            pub const fn word(self) -> &'static str { match self { $(Code::$name => $word,)* } }
            /// The HTTP status.
            pub const fn status(self) -> u16 { match self { $(Code::$name => $status,)* } }
            /// What to do, in Chinese.
            pub const fn zh(self) -> &'static str { match self { $(Code::$name => $zh,)* } }
            /// What to do, in English.
            pub const fn en(self) -> &'static str { match self { $(Code::$name => $en,)* } }
        }
    };
}

codes! {
    // The request itself.
    Invalid "invalid" 422 "请求中有字段不符合要求，请按提示修改后重试。" "Some fields are not as required; correct them as stated and send again.";
    MalformedJson "malformed_json" 400 "请求体不是有效的 JSON，请检查格式。" "The body is not valid JSON; check its form.";
    MalformedQuery "malformed_query" 400 "网址参数无效，请检查参数名和取值。" "The query has an unknown or invalid parameter; check names and values.";
    MalformedPath "malformed_path" 404 "网址中的编号无效。" "The address holds an id that is not of the right form.";
    MalformedHeader "malformed_header" 400 "请求头无效，请检查后重试。" "A request header is not of the right form; correct it.";
    MalformedUpload "malformed_upload" 400 "上传的内容不完整或格式不对，请用字段 file 上传一张图片。" "The upload is incomplete or malformed; send one picture in the field `file`.";
    UnsupportedMediaType "unsupported_media_type" 415 "不支持此内容类型。" "This content type is not supported here.";
    BodyTooLarge "body_too_large" 413 "请求内容过大，请缩小后重试。" "The body is too large; make it smaller.";
    UriTooLong "uri_too_long" 414 "网址参数过长。" "The query is too long.";
    NotFound "not_found" 404 "没有找到。可能已被删除，或您无权查看。" "Not found: it may be gone, or not for you to see.";
    MethodNotAllowed "method_not_allowed" 405 "此网址不支持该操作。" "This address does not support the method.";
    UnknownHost "unknown_host" 421 "此服务器不提供该域名的服务。" "This server does not serve that host.";
    MalformedCursor "malformed_cursor" 400 "翻页标记无效，请从第一页重新开始。" "The cursor is not valid; start from the first page again.";
    PreconditionRequired "precondition_required" 428 "请带上 If-Match（读取时的 ETag；列表中 version 为 3 时写作 \"v3\"，含引号）再修改。" "Send If-Match with the ETag that you read; of what a list shows with version 3 it is \"v3\", quotes included.";
    PreconditionFailed "precondition_failed" 412 "内容已被他人修改，请重新读取后再改。" "It was changed meanwhile; read it again and repeat your change.";
    KeyRequired "idempotency_key_required" 400 "此操作需要 Idempotency-Key 请求头。" "This operation needs an Idempotency-Key header.";
    KeyReused "idempotency_key_reused" 422 "该 Idempotency-Key 已用于不同内容的请求，请换一个新的。" "This Idempotency-Key was used for another request; take a new one.";
    TooManyRequests "too_many_requests" 429 "操作过于频繁，请稍后再试。" "Too many requests; wait and try again.";
    Busy "busy" 503 "系统繁忙，请稍后再试。" "The server is busy; try again shortly.";
    Unavailable "unavailable" 503 "暂时无法完成，请稍后再试。" "This cannot be done at the moment; try again shortly.";
    Internal "internal" 500 "服务器出错，已记录。请稍后再试。" "The server made an error, which was logged; try again later.";
    Disabled "disabled" 403 "本地未开通此功能。" "This feature is switched off here.";

    // Who asks.
    SignInRequired "sign_in_required" 401 "请先登录。" "Sign in first.";
    TokenInvalid "token_invalid" 401 "登录凭证无效，请重新登录。" "The token is not valid; sign in again.";
    TokenExpired "token_expired" 401 "登录已过期，请刷新或重新登录。" "The token has expired; refresh it or sign in again.";
    SessionEnded "session_ended" 401 "登录已失效，请重新登录。" "The session has ended; sign in again.";
    RefreshInvalid "refresh_invalid" 401 "刷新凭证无效，请重新登录。" "The refresh token is not valid; sign in again.";
    CodeInvalid "wechat_code_invalid" 401 "微信登录码无效或已使用，请重新登录。" "The WeChat code is invalid or used; call wx.login again.";
    UserBlocked "wechat_user_blocked" 403 "微信拒绝了此账号的登录。" "WeChat refused to sign this user in.";
    PasswordWrong "credentials_wrong" 401 "账号或密码不正确。" "The name or the password is wrong.";
    WechatRequired "wechat_required" 403 "请用微信登录后再绑定手机号。" "Sign in by WeChat to bind a telephone number.";
    PhoneCodeInvalid "phone_code_invalid" 422 "手机号授权已失效，请重新点击按钮授权。" "The code of the telephone button is invalid or used; tap the button again.";
    PhoneTaken "phone_taken" 409 "该手机号已绑定其他账号，请先在原账号解绑。" "This telephone number is bound to another account; remove it there first.";
    Locked "locked" 429 "登录失败次数过多，请五分钟后再试。" "Too many failed sign-ins; wait five minutes.";
    DevSignInOff "dev_sign_in_off" 403 "此服务器未开放开发登录。" "Development sign-in is off on this server.";
    Forbidden "forbidden" 403 "您没有权限进行此操作。" "You may not do this.";
    ResidentsOnly "residents_only" 403 "请先申请加入所在社区，成为居民后再操作。" "Only residents may do this; ask to join your unit first.";
    OwnAct "own_act" 403 "不能处理自己或家人的事项，请由他人办理。" "Nobody decides on the own or the own household's matter; let somebody else.";
    FourEyes "four_eyes" 403 "录入人与审核人不能是同一人。" "Who entered it does not approve it; let somebody else.";
    PasswordWeak "password_weak" 422 "密码过于简单，请使用至少 12 个字符且不常见的密码。" "The password is too weak; use at least 12 characters and nothing common.";

    // Units, people.
    UnitNotFound "unit_not_found" 404 "没有这个单位。" "There is no such unit.";
    UnitHasChildren "unit_not_smallest" 422 "请选择最基层的单位（网格、小组或院落）。" "Choose a smallest unit: a grid, group or courtyard.";
    NameTaken "name_taken" 409 "此名称已被使用。" "This name is taken.";
    CodeTaken "code_taken" 409 "此编号已被使用。" "This code is taken.";
    HouseholdElsewhere "household_elsewhere" 422 "该户不属于所选单位。" "The household does not belong to that unit.";
    NoHousehold "no_household" 404 "您还没有登记所属的户。" "You belong to no household yet.";
    AlreadyResident "already_resident" 409 "您已经是居民。" "You are a resident already.";
    AlreadyRequested "already_requested" 409 "您已有待处理的加入申请。" "You have an open request to join already.";
    AlreadyDecided "already_decided" 409 "该事项已处理。" "This was decided already.";
    ResidentLinked "resident_linked" 409 "该居民已绑定其他登录账号。" "That resident is linked to another sign-in already.";
    LastRole "last_role" 409 "至少要保留一位区级运营人员。" "At least one operations account must remain.";
    RoleConflict "role_conflict" 409 "同一单位的监督员与评定员不能是同一人。" "A supervisor and an assessor of one unit are never the same person.";
    InvitationUnknown "invitation_unknown" 404 "邀请码无效、已用完或已过期，请向社区核实。" "The invitation is unknown, used up, ended or expired; ask your community.";
    InvitationNotFound "invitation_not_found" 404 "没有找到该邀请。" "There is no such invitation.";
    QrCodeNotFound "qr_code_not_found" 404 "没有找到该二维码指向的内容，可能已下架。" "Nothing that everybody may see is behind this code.";
    ImportHasFaults "import_has_faults" 422 "导入预览中仍有错误行，请修正后重新上传。" "The preview has faulty rows; correct them and upload again.";
    ImportApplied "import_applied" 409 "该导入已执行。" "This import was applied already.";
    ImportStale "import_stale" 409 "预览后数据有变，请重新预览。" "The data changed since the preview; preview again.";

    // Deeds, pictures.
    DeedNotFound "deed_not_found" 404 "没有找到这条好事。" "There is no such deed.";
    DeedNotEditable "deed_not_editable" 409 "该内容已处理，不能再修改。" "The deed was decided already and cannot be changed.";
    DeedNotPublished "deed_not_published" 409 "该内容尚未公开。" "The deed is not published.";
    OwnDeed "own_deed" 403 "不能给自己点赞或举报自己。" "One does not like or report the own deed.";
    DayInFuture "day_in_future" 422 "行为日期不能晚于今天。" "The day of the act is not in the future.";
    DayTooOld "day_too_old" 422 "行为日期过早，已超过可申报期限。" "The day of the act is too long ago to be claimed.";
    PictureNotFound "picture_not_found" 404 "没有找到图片，或图片已过期。" "There is no such picture, or it has expired.";
    PictureUsed "picture_used" 409 "图片已用于其他内容，请重新上传。" "The picture is attached elsewhere; upload it again.";
    PictureUnreadable "picture_unreadable" 422 "无法识别图片，请上传 JPEG、PNG 或 WebP。" "The picture cannot be read; send JPEG, PNG or WebP.";
    PictureTooLarge "picture_too_large" 413 "图片过大：最大 10 MB、2400 万像素。" "The picture is too large: at most 10 MB and 24 megapixels.";
    ReviewNotFound "review_not_found" 404 "没有找到该审核事项。" "There is no such review.";
    ReviewTaken "review_taken" 409 "该事项正由他人处理。" "Somebody else is working on this review.";
    ReviewNotClaimed "review_not_claimed" 409 "请先领取再处理。" "Claim the review before you decide it.";
    CommentNotFound "comment_not_found" 404 "没有找到这条评论。" "There is no such comment.";
    ReportNotFound "report_not_found" 404 "没有找到该举报。" "There is no such report.";
    AlreadyReported "already_reported" 409 "您已举报过这条内容。" "You have reported this deed already.";
    ContentRisky "content_risky" 422 "内容未通过安全检查，请按提示修改后再提交。" "The content did not pass the check; change it as stated and send it again.";
    CheckRunning "check_running" 409 "图片安全检查尚未完成，请稍后再公开。" "The check of its pictures is still running; publish it a little later.";
    PictureRisky "picture_risky" 409 "图片未通过安全检查，不能公开。" "A picture of it did not pass the check; it cannot be published.";
    PushRefused "push_refused" 403 "推送未通过验证。" "The push is not from WeChat, or not for this app.";
    ReasonRequired "reason_required" 422 "请填写原因。" "Give a reason.";

    // Rules, claims, points.
    ItemNotFound "item_not_found" 404 "没有找到该积分项目。" "There is no such rule item.";
    ItemNotInForce "item_not_in_force" 422 "该项目在行为当日未生效。" "The item was not in force on the day of the act.";
    ItemWithoutPoints "item_without_points" 422 "该项目尚未确定分值，不能授分。" "The item has no figure yet and cannot be awarded.";
    ItemOtherUnit "item_other_unit" 422 "该项目不适用于此单位。" "The item does not apply to this unit.";
    ItemOtherSubject "item_other_subject" 422 "该项目的对象不符（居民或户）。" "The item is for another kind of subject (resident or household).";
    DeductionNeedsProcess "deduction_needs_process" 403 "扣分须先经过告知、申辩和评定程序。" "A deduction needs notice, reply and a panel's decision first.";
    PointsOutOfRange "points_out_of_range" 422 "分值超出该项目规定的范围。" "The points are outside the item's range.";
    QuantityRequired "quantity_required" 422 "请填写数量。" "Give the quantity.";
    CapReached "cap_reached" 409 "已达到该项目的上限。" "The cap of this item is reached.";
    ClaimNotFound "claim_not_found" 404 "没有找到该申报。" "There is no such claim.";
    ClaimNotPosted "claim_not_posted" 409 "该申报尚未入账，不能冲正。" "The claim is not posted and cannot be reversed.";
    AlreadyReversed "already_reversed" 409 "该申报已冲正。" "The claim was reversed already.";
    BalanceExceeded "balance_exceeded" 409 "可用积分不足。" "There are not enough points available.";
    HoldSettled "hold_settled" 409 "该预扣已处理或已过期。" "The hold is settled or has expired.";
    CatalogueNotFound "catalogue_not_found" 404 "没有找到该积分细则。" "There is no such rule catalogue.";
    CatalogueNotDraft "catalogue_not_draft" 409 "只有草案可以通过。" "Only a draft can be adopted.";
    CatalogueRefused "catalogue_refused" 422 "细则未通过检查，请按提示修改。" "The catalogue does not pass the checks; correct it as stated.";
    // Shops, offers, redemptions.
    NoShop "no_shop" 404 "您还不属于任何商户，请先申请入驻或由店主添加。" "You work in no shop yet; apply for one, or let its owner add you.";
    ShopNotFound "shop_not_found" 404 "没有找到该商户。" "There is no such shop.";
    ShopNotApproved "shop_not_approved" 409 "商户未通过审核或已暂停，不能进行此操作。" "The shop is not approved or is suspended; this cannot be done.";
    ShopExists "shop_exists" 409 "您已属于一家商户。" "You work in a shop already.";
    ShopStateConflict "shop_state_conflict" 409 "商户当前状态不允许此操作，请刷新后查看状态；被拒绝的申请可修改后重新申请。" "The shop's state does not allow this: read it again; a rejected application can be improved and sent again.";
    ShopFull "shop_full" 409 "店员人数已达上限（50 人）。" "A shop has at most 50 people.";
    ClerkNotFound "clerk_not_found" 404 "没有找到该店员。" "There is no such clerk.";
    LastOwner "last_owner" 409 "商户至少要保留一位店主。" "A shop keeps at least one owner.";
    OfferNotFound "offer_not_found" 404 "没有找到该优惠。" "There is no such offer.";
    OfferDecided "offer_decided" 409 "该优惠已审核。" "This offer is decided already.";
    OfferClosed "offer_closed" 409 "该优惠未公开、已关闭或不在使用时段。" "The offer is not published, is closed, or is not to be had at this hour.";
    OfferChanged "offer_changed" 409 "优惠内容已变更，请顾客重新出示核销码。" "The offer changed meanwhile; let the customer make a new code.";
    OfferUsedUp "offer_used_up" 409 "该优惠今日已用完，或该居民已达到使用次数。" "The offer is used up for today, or this resident has used it as often as it allows.";
    CodeUnknown "code_unknown" 404 "核销码无效、已使用或已过期，请顾客刷新后重试。" "The code is unknown, used or expired; let the customer make a new one.";
    CodeTooManyWrong "code_too_many_wrong" 429 "输错核销码次数过多，请稍后再试或改用扫码。" "Too many wrong codes from this shop; wait, or scan instead of typing.";
    CodeOtherOffer "code_other_offer" 409 "该核销码用于其他优惠。" "The code was made for another offer.";
    OwnCode "own_code" 403 "不能核销自己的积分，请由其他店员办理。" "Nobody takes the own code; let another clerk do it.";
    OrderTaken "order_taken" 409 "该订单号已用于另一笔核销，请换一个订单号。" "This order number belongs to another redemption; take a new one.";
    RedemptionNotFound "redemption_not_found" 404 "没有找到该笔核销。" "There is no such redemption.";
    RedemptionSettled "redemption_settled" 409 "该笔核销已结束，不能再更改。" "The redemption has ended and does not change any more.";
    RedemptionExpired "redemption_expired" 409 "该笔核销已超时，积分已退回，请重新扫码。" "The redemption has expired and the points are free again; scan a new code.";
    ApprovalAwaited "approval_awaited" 409 "请顾客先在手机上确认。" "The customer has to approve on the phone first.";
    RedemptionNotCaptured "redemption_not_captured" 409 "只有已完成的核销可以撤销。" "Only a captured redemption can be voided.";
    VoidTooLate "void_too_late" 409 "已超过可撤销的时限。" "The time in which it could be voided is over.";
    ThankedToday "thanked_today" 409 "您今天已感谢过这家商户。" "You have thanked this shop today already.";

    // Events.
    EventNotFound "event_not_found" 404 "没有找到该活动。" "There is no such event.";
    EventStateConflict "event_state_conflict" 409 "活动当前状态不允许此操作。" "The event's state does not allow this.";
    SignUpClosed "sign_up_closed" 409 "报名尚未开始或已截止。" "Signing up has not begun or is over.";
    SignUpNotFound "sign_up_not_found" 404 "您没有报名该活动。" "There is no sign-up for this event.";
    WithdrawalClosed "withdrawal_closed" 409 "已过退出截止时间，请联系组织者。" "It is too late to withdraw; ask the organiser.";
    AgeTooLow "age_too_low" 403 "未达到该活动的最低年龄。" "You are below the minimum age of this event.";
    AgeUnknown "age_unknown" 403 "该活动有年龄要求，请先由社区登记出生日期。" "The event has a minimum age; let the desk record your day of birth first.";
    DoorCodeWrong "door_code_wrong" 409 "签到码错误或已更换，请重新扫码。" "The code is wrong or has changed; scan it again.";
    DoorClosed "door_closed" 409 "现在不是签到或签退的时间。" "This is not the time to check in or out.";
    EventOtherUnit "event_other_unit" 403 "该活动只面向本地居民。" "This event is for the residents of its unit.";
    NoSeat "no_seat" 409 "您还没有确认的名额。" "There is no confirmed seat for this person.";
    NotCheckedIn "not_checked_in" 409 "请先签到再签退。" "Check in before you check out.";
    CapacityTooSmall "capacity_too_small" 409 "名额不能少于已占用的名额。" "The capacity cannot be less than the seats already taken.";
    ForceDatePast "force_date_past" 422 "生效日期不能早于今天。" "The date of force is not in the past.";

    // The own data.
    ConsentWithdrawn "consent_withdrawn" 403 "您已撤回对此用途的同意，请先在“我的同意”中重新同意。" "You withdrew your consent to this; give it again first, among your consents.";
    DeletionRequired "deletion_required" 409 "撤回此同意即注销账号，请提交注销申请（POST /v1/me/deletion）。" "Withdrawing this means deleting the account: ask for that by POST /v1/me/deletion.";
    DeletionAsked "deletion_asked" 409 "您已申请注销账号，可查看或取消该申请。" "You have asked for the deletion of your account already; you can look at it or cancel it.";
    DeletionNotFound "deletion_not_found" 404 "没有待执行的注销申请。" "No deletion of your account is waiting.";
    ExportRunning "export_running" 409 "正在为您生成数据副本，请稍后查看。" "A copy of your data is being made; look again shortly.";
    ExportsUsedUp "exports_used_up" 429 "今天申请数据副本的次数已达上限，请明天再试。" "No more copies of your data today; ask again tomorrow.";
    ExportNotFound "export_not_found" 404 "没有找到该数据副本，或已过期。" "There is no such copy of your data, or it has expired.";
    ExportNotReady "export_not_ready" 409 "数据副本尚未生成完毕。" "The copy of your data is not ready yet.";
    CorrectionOpen "correction_open" 409 "您对该项已有待处理的更正申请。" "You have asked for a correction of this already; it waits for the desk.";
    CorrectionNotFound "correction_not_found" 404 "没有找到该更正申请。" "There is no such correction.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_word_and_two_sentences() {
        let mut words: Vec<_> = Code::EVERY.iter().map(|c| c.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::EVERY.len());
        for code in Code::EVERY {
            assert!(code.en().ends_with('.') && code.zh().ends_with('。'), "{code:?}");
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }
}
