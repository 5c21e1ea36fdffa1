//! What people write: deeds by theme, and comments. `{p}` is a place nearby, `{e}` an elder neighbour, `{n}` a small number.

use domain::deeds::Section;

use super::chance::Chance;
use super::names;

/// What a deed is about.
#[derive(Debug)]
pub(super) struct Theme {
    /// The section that it is posted in.
    pub(super) section: Section,
    /// The scene of its pictures.
    pub(super) scene: u32,
    /// The items that reward it, with how often each is met.
    pub(super) items: &'static [(&'static str, u32)],
    pub(super) titles: &'static [&'static str],
    pub(super) bodies: &'static [&'static str],
}

/// Every theme.
pub(super) const THEMES: &[Theme] = &[
    Theme {
        section: Section::Volunteering,
        scene: 3,
        items: &[("BQ-001", 5), ("CMP-006", 10), ("BY-005", 5)],
        titles: &["夜里{p}义务巡逻", "守好{p}这一夜", "今晚轮到我们巡逻", "{p}平安巡逻第{n}回"],
        bodies: &[
            "晚上七点到九点半，我们{n}个人沿着{p}走了两圈，提醒大家锁好车、关好门，顺手把两处没熄的火盆浇灭了。",
            "和邻居一起戴上红袖章巡逻，检查了楼道的灭火器，还帮{e}把忘在门口的钥匙送上了楼。",
            "天冷了，巡逻队熬了一锅姜汤。今天{p}一切平安，发现一处路灯不亮，已经报给网格员。",
        ],
    },
    Theme {
        section: Section::Customs,
        scene: 4,
        items: &[("BQ-002", 4), ("WD-R-VM-057", 3), ("CMP-014", 4)],
        titles: &["在{p}讲反诈故事", "入户宣传防溺水", "把新规矩讲给大伙听", "{p}小板凳宣讲"],
        bodies: &[
            "带着宣传页在{p}坐了一上午，用身边的例子讲怎么识别诈骗电话，一共来了{n}位老人，大家听得很认真。",
            "暑期快到了，挨家走了{n}户，提醒家长看好孩子，不要到没有护栏的水边玩。",
            "参加完培训，回来用方言给邻居讲了一遍，{e}说这回听明白了。",
        ],
    },
    Theme {
        section: Section::Environment,
        scene: 1,
        items: &[("BQ-003", 6), ("CMP-026", 12), ("CMP-015", 8), ("WD-R-CP-024", 8), ("WD-R-VM-047", 5)],
        titles: &["{p}大扫除", "清理{p}的卫生死角", "周末一起扫街", "{p}变干净了", "把小广告都铲掉"],
        bodies: &[
            "{n}个邻居早上六点半就到了{p}，清了三车垃圾，花坛里的烟头也捡干净了。",
            "带了铁锹和手套，把{p}积了很久的落叶和淤泥清走，下雨天再也不会堵水了。",
            "从{p}东头扫到西头，墙上的小广告一张一张铲掉。{e}送来了热水，谢谢！",
        ],
    },
    Theme {
        section: Section::Environment,
        scene: 2,
        items: &[("CMP-027", 10), ("WD-R-VM-053", 8), ("CMP-016", 3), ("WD-R-VM-050", 4)],
        titles: &["随手修好了{p}的护栏", "拍到一处隐患", "{p}的路灯亮了", "提了一条小建议"],
        bodies: &[
            "路过{p}看见护栏松了，回家拿了扳手和螺丝拧紧，老人孩子走着放心。",
            "井盖翘起来一角，先摆了凳子提醒，再拍照报给社区，下午就有人来换好了。",
            "建议在{p}加一排长椅，给等车的老人歇脚，议事会上通过了。",
        ],
    },
    Theme {
        section: Section::Family,
        scene: 5,
        items: &[("CMP-002", 12), ("XP-005", 6), ("WD-R-CP-018", 5), ("BY-003", 1)],
        titles: &["陪{e}去看病", "给{e}理发", "周末去看{e}", "帮{e}搬过冬的柴"],
        bodies: &[
            "{e}一个人住，今天陪着挂号、拿药，回来又把药按早晚分好装进小盒子里。",
            "带着推子上门给{e}理了发，顺便换了两个灯泡，老人家拉着手说了好一会儿话。",
            "帮{e}把院里的柴码好，水缸挑满。走的时候非要塞给我{n}个自家的鸡蛋。",
        ],
    },
    Theme {
        section: Section::Neighbours,
        scene: 0,
        items: &[
            ("WD-R-CP-018", 8),
            ("WD-R-CP-023", 4),
            ("WD-R-CP-022", 3),
            ("XP-006", 3),
            ("BY-001", 8),
            ("FJ-001", 4),
        ],
        titles: &["帮邻居收稻子", "雨天接孩子", "借车送{e}", "邻里搭把手", "{p}的百家宴"],
        bodies: &[
            "天气预报说有雨，我们{n}家人合在一起帮{e}抢收，天黑前全部进了仓。",
            "邻居加班赶不回来，替她把孩子从学校接回家，做完作业才走。",
            "开自家三轮车送{e}去镇上，来回一个多小时，没收一分钱，都是邻居嘛。",
        ],
    },
    Theme {
        section: Section::Neighbours,
        scene: 4,
        items: &[("CMP-007", 6), ("XP-002", 6), ("BY-004", 4), ("WD-R-VM-049", 4)],
        titles: &["说和了一桩小纠纷", "两家握手言和", "坐下来把话说开", "{p}睦邻茶话会"],
        bodies: &[
            "两家因为排水沟闹了不愉快，请到院子里喝茶，量了尺寸，当场商量好各退一步。",
            "楼上楼下为噪音拌嘴，我去坐了一晚上，最后约好九点以后不拖凳子。",
            "组织{n}户人家在{p}开了个茶话会，晾衣、停车的事都说定了。",
        ],
    },
    Theme {
        section: Section::Customs,
        scene: 6,
        items: &[("CMP-019", 3), ("CMP-020", 2), ("XP-004", 5), ("WD-R-CP-017", 2), ("BY-005", 3)],
        titles: &["喜事新办，只摆{n}桌", "简办不简情", "移风易俗从自家做起", "彩礼不攀比"],
        bodies: &[
            "孩子结婚，两家商量不收彩礼、不放鞭炮，只请至亲吃了顿饭，省下的钱给小两口过日子。",
            "老人的后事按红白理事会的章程办，一切从简，用鲜花代替了纸钱。",
            "原来打算摆二十桌，和理事会商量后只摆了{n}桌，邻居都说这样好。",
        ],
    },
    Theme {
        section: Section::Bravery,
        scene: 7,
        items: &[("CMP-008", 1), ("XP-009", 2), ("WD-R-CP-025", 5), ("WD-R-CP-027", 3)],
        titles: &["{p}水边救人", "大家一起灭了火", "汛期守堤坝", "危急时拉一把"],
        bodies: &[
            "看到有孩子滑进{p}的水渠，来不及多想就跳了下去，幸好人没事。",
            "{p}的草垛起火，我们{n}个人用水桶接力，消防车到之前火已经压住了。",
            "连夜下大雨，和队里的人守在堤上装沙袋，一直到天亮水位退下去。",
        ],
    },
    Theme {
        section: Section::Other,
        scene: 2,
        items: &[("CMP-011", 8), ("WD-R-CM-038", 5), ("WD-R-CM-039", 5), ("XP-001", 6)],
        titles: &["捡到钱包交还失主", "手机找到主人了", "{p}拾金不昧", "把钥匙送回家"],
        bodies: &[
            "在{p}捡到一个钱包，里面有证件和现金，等了半个多小时，失主来核对后取走了。",
            "公交站捡到一部手机，接到失主电话后约在{p}当面归还。",
            "捡到一串钥匙，问了{n}家终于找到主人，原来是{e}的。",
        ],
    },
    Theme {
        section: Section::Volunteering,
        scene: 6,
        items: &[("WD-R-CP-013", 6), ("BY-002", 2), ("XP-003", 5), ("WD-R-PW-035", 1), ("XP-006", 3)],
        titles: &["{p}文艺汇演", "重阳节给老人表演", "献血归来", "给图书角捐书"],
        bodies: &[
            "排练了{n}天的腰鼓终于上台了，{p}来了好多乡亲，老人们笑得合不拢嘴。",
            "把家里看过的书整理出来，送到{p}的图书角，希望孩子们喜欢。",
            "第{n}次无偿献血，医生说休息两天就好，能帮到别人很高兴。",
        ],
    },
    Theme {
        section: Section::Environment,
        scene: 0,
        items: &[
            ("FJ-007", 6),
            ("FJ-008", 4),
            ("FJ-009", 4),
            ("FJ-010", 5),
            ("FJ-011", 5),
            ("FJ-019", 3),
            ("BY-006", 1),
        ],
        titles: &["我家的小院", "屋里屋外都亮堂", "收拾一新迎评比", "柴草码得整整齐齐"],
        bodies: &[
            "花了一个周末把院子收拾出来，农具上墙，柴草码齐，还种了一排月季。",
            "评比小组来看了，说我们家锅碗瓢盆摆得最整齐，全家都高兴。",
            "跟着邻居学，把屋后的杂物清了{n}车，孩子也能在院里写作业了。",
        ],
    },
];

/// Places that a deed may name.
pub(super) const PLACES: &[&str] = &[
    "小广场",
    "村口",
    "菜市场",
    "文化广场",
    "河堤",
    "老槐树下",
    "公交站",
    "小花园",
    "学校门口",
    "停车棚",
    "后山小路",
    "健身角",
];

pub(super) const COMMENTS: &[&str] = &[
    "为你点赞！",
    "辛苦了，谢谢你们。",
    "下次叫上我一起。",
    "好样的，向你学习！",
    "有你们真好。",
    "看着心里暖暖的。",
    "这才是我们的好邻居。",
    "昨天路过看到了，真干净。",
    "老人家身体还好吗？",
    "孩子说也要去帮忙。",
    "希望更多人参加。",
    "照片拍得真好。",
    "积分拿得值！",
    "谢谢你帮我妈妈。",
    "家门口的好人好事。",
    "坚持下去！",
];

pub(super) const REJECTED: &[&str] = &[
    "照片与文字内容不符，请补充现场照片后重新提交。",
    "与本人昨天提交的好事重复。",
    "文字里有他人的手机号，请删去后重新提交。",
    "请写明时间和地点，以便核实。",
];

pub(super) const COMMENT_REJECTED: &str = "含有与好事无关的推广内容。";
pub(super) const STAFF_NOTE: &str = "活动签到表已核对。";
pub(super) const JOIN_NOTES: &[&str] = &[
    "刚搬来，租住在三号楼。",
    "户口在本村，在外打工刚回来。",
    "和父母同住，想一起参加。",
    "请工作人员核对。",
    "从邻镇嫁过来的。",
];
pub(super) const REVERSED: &str = "重复录入，予以冲正。";

/// A text of a theme with its gaps filled.
pub(super) fn fill(chance: &mut Chance, templates: &[&'static str]) -> String {
    let mut text = (*chance.pick(templates)).to_owned();
    if text.contains("{p}") {
        let place = *chance.pick(PLACES);
        text = text.replace("{p}", place);
    }
    if text.contains("{e}") {
        text = text.replace("{e}", &names::elder(chance));
    }
    if text.contains("{n}") {
        text = text.replace("{n}", &chance.between(3, 9).to_string());
    }
    text
}
