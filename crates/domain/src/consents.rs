//! What a person is asked to agree to, each purpose apart: what for, which kinds of data, for how long. The texts are the program's and come
//! with it, because they say what this very version does: a text in the database could be changed without the behaviour that it promises.
//! A purpose that comes to mean something else gets a new version here, and whoever gave the former one is asked again.

use crate::refusal::FieldFault;
use crate::time::Day;

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Running the points system for the person: without it there is no account.
    Service,
    /// Showing the own deeds and comments to others.
    PublicPosts,
    /// Messages of WeChat's about the own matters.
    WechatMessages,
    /// Keeping a telephone number.
    Phone,
}

/// One text of a purpose, in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// What it is called.
    pub title: &'static str,
    /// What is done, and what follows from withdrawing.
    pub text: &'static str,
    /// Which kinds of data.
    pub data: &'static [&'static str],
    /// For how long.
    pub retention: &'static str,
}

/// The text of a purpose that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// Counts the texts of this purpose.
    pub version: i32,
    /// The first day on which this version is in force.
    pub from: Day,
    /// In Chinese.
    pub zh: Words,
    /// In English.
    pub en: Words,
}

/// 2026-03-01.
const FIRST: Day = Day(20_513);

impl Purpose {
    /// Every purpose, in the order in which they are shown.
    pub const EVERY: [Self; 4] = [Self::Service, Self::PublicPosts, Self::WechatMessages, Self::Phone];

    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::PublicPosts => "public_posts",
            Self::WechatMessages => "wechat_messages",
            Self::Phone => "phone",
        }
    }
    /// The purpose of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|purpose| purpose.word() == word)
    }
    /// Whether the core cannot be used without it.
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Service)
    }
    /// The text that is in force.
    pub const fn text(self) -> Text {
        match self {
            Self::Service => SERVICE,
            Self::PublicPosts => PUBLIC_POSTS,
            Self::WechatMessages => WECHAT_MESSAGES,
            Self::Phone => PHONE,
        }
    }
    /// Refuses a version that is not the one in force, which the fault names: nobody agrees to a text that is not shown any more.
    pub fn agreed(self, version: i32) -> Result<(), FieldFault> {
        let present = self.text().version;
        if version == present {
            return Ok(());
        }
        let zh = format!("现行版本为 {present}，请重新阅读后再同意");
        Err(FieldFault::new(
            "version",
            "outdated",
            zh,
            format!("version {present} is in force: read it first"),
        ))
    }
}

/// Where a person stands with a purpose: the last thing that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Which version of the text.
    pub version: i32,
    /// Whether it was given, or withdrawn.
    pub given: bool,
}

/// Whether a person is to be asked: for what is required, until the text in force was agreed to; for what is optional, only when a former
/// text was, because who never agreed or withdrew has answered.
pub fn is_due(purpose: Purpose, said: Option<Said>) -> bool {
    let outdated = said.is_some_and(|said| said.given && said.version != purpose.text().version);
    outdated || (purpose.is_required() && !said.is_some_and(|said| said.given))
}

const SERVICE: Text = Text {
    version: 1,
    from: FIRST,
    zh: Words {
        title: "使用积善所必需的个人信息",
        text: "为了登记好事、核发和兑换积分、组织活动，我们处理您在本地登记的信息。不提供这些信息就无法使用核心功能。撤回此同意即注销账号。",
        data: &[
            "微信标识（openid）",
            "姓名、所在小组和户",
            "社区登记的出生日期",
            "好事、评论、报名和签到",
            "积分明细和核销凭证",
            "收件箱",
        ],
        retention: "在您使用期间保存；注销后删除，只留下无法识别到您的积分分录。收件箱 180 天，登录记录 30 天内，备份最长 30 天。",
    },
    en: Words {
        title: "What is needed to use Jishan",
        text: "To record deeds, to grant and redeem points and to run events we process what is recorded of you here. Without it the core \
               cannot be used. Withdrawing it means deleting the account.",
        data: &[
            "WeChat's identifier (openid)",
            "name, group and household",
            "day of birth, where the desk recorded it",
            "deeds, comments, sign-ups and check-ins",
            "movements of points and receipts",
            "inbox",
        ],
        retention: "As long as you use it; deleted with the account, but for entries of points that lead to nobody. Inbox 180 days, sign-ins \
                    up to 30 days, backups up to 30 days.",
    },
};

const PUBLIC_POSTS: Text = Text {
    version: 1,
    from: FIRST,
    zh: Words {
        title: "公开展示我的好事和评论",
        text: "您发布的好事和评论先经微信内容安全接口检查，审核后向所有人展示，署名为昵称和头像，或“王*”的形式。撤回后，已公开的好事和评论立即不再展示，待审核的好事、评论及其积分申请一并终止；再次同意后可重新发布。",
        data: &["好事的文字和图片", "评论", "昵称和头像，或隐去名字的姓氏"],
        retention: "直到您撤回同意、删除内容或注销账号。",
    },
    en: Words {
        title: "Showing my deeds and comments",
        text: "The deeds and comments that you post are checked by WeChat's content safety service and, once they were reviewed, shown to \
               everybody, under your nickname and picture or as 王*. When you withdraw, what is public is shown no more, at once, and what \
               waits for the desk ends, claims of points included; after agreeing again you can post anew.",
        data: &[
            "texts and pictures of deeds",
            "comments",
            "nickname and picture, or the surname with a star",
        ],
        retention: "Until you withdraw, take the post back, or delete the account.",
    },
};

const WECHAT_MESSAGES: Text = Text {
    version: 1,
    from: FIRST,
    zh: Words {
        title: "通过微信订阅消息通知我",
        text: "审核结果、活动名额和核销等事项通过微信订阅消息告知您。撤回后不再发送，站内收件箱不受影响。",
        data: &["微信标识（openid）", "事项名称和时间"],
        retention: "消息发出后不另外保存。",
    },
    en: Words {
        title: "Messages of WeChat's",
        text: "You are told of decisions, seats and redemptions by WeChat's subscription messages. When you withdraw, none is sent any more; \
               the inbox stays as it is.",
        data: &["WeChat's identifier (openid)", "what the matter is called, and when"],
        retention: "Not kept beside the inbox once it was sent.",
    },
};

const PHONE: Text = Text {
    version: 1,
    from: FIRST,
    zh: Words {
        title: "绑定手机号",
        text: "绑定手机号用于确认身份和联系您，加密保存，不公开，工作人员只能看到部分号码。撤回后立即删除号码。",
        data: &["手机号"],
        retention: "直到您撤回同意、解绑或注销账号。",
    },
    en: Words {
        title: "Keeping my telephone number",
        text: "A number that you bind is used to know who you are and to reach you. It is kept enciphered and not public; the desk sees \
               it masked. When you withdraw, it is deleted at once.",
        data: &["telephone number"],
        retention: "Until you withdraw, unbind it, or delete the account.",
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_has_a_word_and_a_text_in_two_languages() {
        for purpose in Purpose::EVERY {
            assert_eq!(Purpose::from_word(purpose.word()), Some(purpose));
            let text = purpose.text();
            assert_eq!(text.from.to_string(), "2026-03-01");
            assert_eq!(text.zh.data.is_empty(), text.en.data.is_empty(), "{purpose:?}");
            for words in [text.zh, text.en] {
                assert!(!words.title.is_empty() && !words.text.is_empty() && !words.retention.is_empty());
                assert!(!words.text.contains("  "), "{}", words.text);
            }
        }
    }

    #[test]
    fn who_is_asked_again() {
        let present = Purpose::Phone.text().version;
        let said = |version, given| Some(Said { version, given });
        assert!(!is_due(Purpose::Phone, None), "what is optional asks nobody");
        assert!(!is_due(Purpose::Phone, said(present, true)));
        assert!(is_due(Purpose::Phone, said(present - 1, true)));
        assert!(!is_due(Purpose::Phone, said(present - 1, false)));
        assert!(is_due(Purpose::Service, None));
        assert!(is_due(Purpose::Service, said(present - 1, true)));
        assert!(!is_due(Purpose::Service, said(present, true)));
        assert!(Purpose::Service.agreed(present).is_ok());
        assert_eq!(Purpose::Service.agreed(0).unwrap_err().code, "outdated");
    }
}
