//! What events are about.

use domain::deeds::Section;
use domain::events::{AwardPer, Kind};

/// A kind of event.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) kind: Kind,
    pub(super) section: Section,
    pub(super) themes: &'static [&'static str],
    pub(super) title: &'static str,
    pub(super) body: &'static str,
    pub(super) place: &'static str,
    /// The items that pay who came, with what they are counted by: the first that is in force where the event is.
    pub(super) items: &'static [(&'static str, AwardPer)],
    /// The scene of its pictures.
    pub(super) scene: u32,
    pub(super) recap: (&'static str, &'static str),
}

/// Every topic.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        kind: Kind::Volunteering,
        section: Section::Environment,
        themes: &["积分+环境"],
        title: "清洁家园行动",
        body: "带上手套和水杯，清理楼道、花坛和河边的垃圾，工具由社区准备。",
        place: "小广场集合",
        items: &[
            ("CMP-005", AwardPer::Hour),
            ("WD-R-CP-024", AwardPer::Person),
            ("XP-006", AwardPer::Person),
            ("BY-001", AwardPer::Person),
        ],
        scene: 1,
        recap: ("{n}人参加的清洁行动", "{n}位邻居清出三车垃圾，花坛和河边都干净了。谢谢每一位早起的人。"),
    },
    Topic {
        kind: Kind::Training,
        section: Section::Other,
        themes: &["积分+安全"],
        title: "消防与急救培训",
        body: "消防员现场教灭火器、心肺复苏和海姆立克急救法，人人都能上手练。",
        place: "社区会议室",
        items: &[
            ("CMP-014", AwardPer::Person),
            ("WD-R-CP-011", AwardPer::Person),
            ("BY-001", AwardPer::Person),
        ],
        scene: 5,
        recap: ("急救培训，人人上手", "{n}位居民练了心肺复苏，三个家庭领到了灭火器。"),
    },
    Topic {
        kind: Kind::Activity,
        section: Section::Family,
        themes: &["积分+敬老"],
        title: "敬老茶话会",
        body: "陪老人喝茶、下棋、唱老歌，也欢迎带孩子来听故事。",
        place: "文化活动室",
        items: &[("XP-006", AwardPer::Person), ("BY-001", AwardPer::Person)],
        scene: 4,
        recap: ("一壶茶，一下午", "{n}位邻居陪老人坐了一下午，老歌唱了一首又一首。"),
    },
    Topic {
        kind: Kind::Publicity,
        section: Section::Customs,
        themes: &["积分+平安", "反诈"],
        title: "反诈宣传进小区",
        body: "分组入户，用身边的例子讲怎么识别诈骗电话和短信。",
        place: "物业门口集合",
        items: &[
            ("CMP-005", AwardPer::Hour),
            ("WD-R-CP-011", AwardPer::Person),
            ("BY-001", AwardPer::Person),
        ],
        scene: 6,
        recap: ("反诈宣传走进每一户", "{n}位志愿者分组入户，把反诈手册送到每家门口。"),
    },
    Topic {
        kind: Kind::Sharing,
        section: Section::Other,
        themes: &["积分+书香"],
        title: "邻里读书会",
        body: "每人带一本书，读一段，说一说为什么喜欢。",
        place: "图书角",
        items: &[],
        scene: 5,
        recap: ("读书会小记", "{n}个人，{n}本书，最小的书友六岁。"),
    },
    Topic {
        kind: Kind::Activity,
        section: Section::Neighbours,
        themes: &["双拥"],
        title: "慰问退役军人家庭",
        body: "给退役军人和军属家庭送去慰问，帮忙打扫屋子、贴春联。",
        place: "党群服务中心",
        items: &[
            ("WD-R-CP-012", AwardPer::Person),
            ("XP-006", AwardPer::Person),
            ("BY-001", AwardPer::Person),
        ],
        scene: 0,
        recap: ("走进军属家", "{n}位邻居走访军属家庭，扫了院子，听了老兵讲故事。"),
    },
    Topic {
        kind: Kind::Volunteering,
        section: Section::Volunteering,
        themes: &["积分+治理"],
        title: "河堤巡护志愿行动",
        body: "两人一组沿河堤巡护，捡垃圾、查隐患，汛期前每月一次。",
        place: "河堤口",
        items: &[("CMP-005", AwardPer::Hour), ("CMP-015", AwardPer::Person), ("BY-001", AwardPer::Person)],
        scene: 7,
        recap: ("河堤巡护平安归来", "{n}名志愿者走完六公里河堤，上报两处隐患，都已处理。"),
    },
];

/// Why an event does not take place.
pub(super) const CANCELLED: &str = "活动室屋顶维修，改期另行通知。";
/// Why an attendance earned nothing.
pub(super) const CAPPED: &str = "本期该项积分已达上限。";
