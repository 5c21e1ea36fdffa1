//! What shops are called and what they offer, by trade. All of it is invented.

use domain::period::Span;
use domain::shops::Category;

/// An offer before it is made.
#[derive(Debug)]
pub(super) struct Good {
    pub(super) title: &'static str,
    pub(super) body: &'static str,
    /// Without and with points, in yuan.
    pub(super) yuan: (i64, i64),
    pub(super) points: i64,
    /// How often one resident may use it in a span.
    pub(super) limit: Option<(i32, Span)>,
    pub(super) per_day: Option<i32>,
    /// Hours of the week, if not always.
    pub(super) hours: Option<Week>,
}

/// Hours of the week.
#[derive(Debug, Clone, Copy)]
pub(super) struct Week {
    pub(super) weekdays: &'static [u8],
    pub(super) from: &'static str,
    pub(super) until: &'static str,
}

/// A trade: how its shops are called, what they say of themselves, and what they offer.
#[derive(Debug)]
pub(super) struct Trade {
    pub(super) category: Category,
    pub(super) names: &'static [&'static str],
    pub(super) body: &'static str,
    /// The scene of its pictures.
    pub(super) scene: u32,
    pub(super) goods: &'static [Good],
}

const fn good(
    title: &'static str,
    body: &'static str,
    yuan: (i64, i64),
    points: i64,
    limit: Option<(i32, Span)>,
) -> Good {
    Good { title, body, yuan, points, limit, per_day: None, hours: None }
}

const WORKDAYS: &[u8] = &[1, 2, 3, 4, 5];
const EVERY_DAY: &[u8] = &[1, 2, 3, 4, 5, 6, 7];
const ONCE_A_WEEK: Option<(i32, Span)> = Some((1, Span::Week));
const ONCE_A_MONTH: Option<(i32, Span)> = Some((1, Span::Month));

/// Every trade. The first is the barber's of the documented tour.
pub(super) const TRADES: &[Trade] = &[
    Trade {
        category: Category::Hairdressing,
        names: &["理发店", "美发屋", "发艺"],
        body: "老街坊的理发店，剪、洗、吹都做，老人孩子可以预约上门。",
        scene: 5,
        goods: &[
            good("剪发", "男女老少剪发一次，含洗吹。", (35, 30), 50, None),
            Good {
                per_day: Some(12),
                hours: Some(Week { weekdays: WORKDAYS, from: "09:00", until: "17:00" }),
                ..good("老人理发", "六十岁以上老人理发一次，工作日白天可用。", (20, 12), 10, ONCE_A_MONTH)
            },
            good("洗吹造型", "洗头、吹干、简单造型。", (25, 20), 8, None),
        ],
    },
    Trade {
        category: Category::Catering,
        names: &["面馆", "家常菜馆", "羊肉汤馆", "饺子馆"],
        body: "现做现卖，用的是本地菜。",
        scene: 1,
        goods: &[
            good("招牌面一碗", "店里卖得最多的一碗面，加面不加钱。", (16, 13), 6, None),
            Good {
                per_day: Some(20),
                hours: Some(Week { weekdays: WORKDAYS, from: "11:00", until: "14:00" }),
                ..good("工作日午餐", "一荤两素一汤，工作日中午供应。", (22, 18), 8, Some((1, Span::Day)))
            },
            good("四人家庭餐", "四菜一汤，周末也可用。", (128, 108), 30, ONCE_A_WEEK),
        ],
    },
    Trade {
        category: Category::Groceries,
        names: &["便利店", "小超市", "副食店"],
        body: "日用百货、米面粮油，代收快递。",
        scene: 1,
        goods: &[
            good("东北大米5公斤", "当季新米，每袋5公斤。", (45, 39), 15, ONCE_A_MONTH),
            good("洗衣液2公斤", "家庭装一瓶。", (28, 22), 12, ONCE_A_MONTH),
            good("鸡蛋一板", "三十枚装。", (24, 21), 6, ONCE_A_WEEK),
        ],
    },
    Trade {
        category: Category::FreshFood,
        names: &["菜铺", "水果店", "豆腐坊"],
        body: "每天早上到货，卖完为止。",
        scene: 0,
        goods: &[
            good("时令蔬菜三样", "当天的三样蔬菜，约三斤。", (15, 12), 5, None),
            Good {
                per_day: Some(15), ..good("苹果五斤", "本地果园的苹果。", (25, 20), 8, ONCE_A_WEEK)
            },
        ],
    },
    Trade {
        category: Category::Bakery,
        names: &["糕点铺", "面包房", "茶饮店"],
        body: "当天烤，当天卖，少糖少油。",
        scene: 6,
        goods: &[
            good("鸡蛋糕一斤", "老式鸡蛋糕，当天出炉。", (18, 15), 5, None),
            Good {
                per_day: Some(3), ..good("生日蛋糕6寸", "提前一天预订。", (98, 83), 25, ONCE_A_MONTH)
            },
        ],
    },
    Trade {
        category: Category::Repairs,
        names: &["家电维修", "开锁换锁", "家政服务"],
        body: "上门维修，先报价后动手。",
        scene: 2,
        goods: &[
            good("上门检修", "家电上门检修一次，配件另计。", (50, 38), 15, ONCE_A_MONTH),
            good("油烟机清洗", "拆洗一台，约一小时。", (120, 98), 30, Some((2, Span::Year))),
        ],
    },
    Trade {
        category: Category::Pharmacy,
        names: &["药房", "大药房"],
        body: "执业药师在店，可以帮老人分装药盒。",
        scene: 5,
        goods: &[
            good("家用血压计", "臂式电子血压计一台，保修一年。", (168, 138), 40, Some((1, Span::Year))),
            good("创可贴纱布包", "家庭急救小包。", (19, 14), 5, ONCE_A_MONTH),
        ],
    },
    Trade {
        category: Category::Books,
        names: &["书店", "文具店"],
        body: "儿童读物和学习用品，店里有座位可以看书。",
        scene: 5,
        goods: &[
            good("儿童读物任选一本", "书架上贴绿标的任选。", (25, 19), 8, ONCE_A_WEEK),
            good("作业本十本", "田字格、拼音本、算术本任选。", (15, 11), 4, None),
        ],
    },
    Trade {
        category: Category::Laundry,
        names: &["洗衣店", "干洗店"],
        body: "干洗、水洗、织补。",
        scene: 5,
        goods: &[
            good("羽绒服清洗", "干洗一件。", (35, 28), 10, None),
            good("床品四件套水洗", "洗净烘干。", (40, 33), 10, ONCE_A_WEEK),
        ],
    },
    Trade {
        category: Category::Farming,
        names: &["农资店", "农具行"],
        body: "种子、化肥、农具，农忙时送货到田头。",
        scene: 0,
        goods: &[
            good("菜籽礼包", "六样当季菜籽。", (18, 13), 5, Some((2, Span::Year))),
            good("复合肥25公斤", "每袋25公斤。", (95, 82), 20, ONCE_A_MONTH),
        ],
    },
    Trade {
        category: Category::Photography,
        names: &["照相馆", "图文打印"],
        body: "证件照、全家福、打印复印。",
        scene: 4,
        goods: &[
            good("证件照一版", "拍摄加冲洗一版八张。", (30, 22), 8, None),
            Good {
                hours: Some(Week { weekdays: EVERY_DAY, from: "09:00", until: "19:00" }),
                ..good("全家福", "一张十二寸，含简单化妆。", (188, 148), 40, Some((1, Span::Year)))
            },
        ],
    },
    Trade {
        category: Category::Clothing,
        names: &["裁缝铺", "鞋店", "童装店"],
        body: "量体裁衣，改裤脚立等可取。",
        scene: 1,
        goods: &[
            good("改裤脚", "一条。", (12, 8), 4, None),
            good("布鞋一双", "手工千层底。", (68, 56), 18, Some((2, Span::Year))),
        ],
    },
    Trade {
        category: Category::Household,
        names: &["五金店", "百货店"],
        body: "锅碗瓢盆、灯泡水管，缺什么来问一声。",
        scene: 2,
        goods: &[
            good("节能灯泡两只", "9瓦，保换一年。", (20, 15), 5, ONCE_A_MONTH),
            good("磨刀一次", "菜刀剪刀都磨。", (8, 5), 2, None),
        ],
    },
    Trade {
        category: Category::Fitness,
        names: &["健身馆", "乒乓球馆"],
        body: "器械和球台，早晚都开。",
        scene: 6,
        goods: &[
            good("单次健身", "当日有效。", (25, 18), 8, None),
            good("乒乓球台一小时", "含球拍。", (20, 15), 6, None),
        ],
    },
    Trade {
        category: Category::Education,
        names: &["书法班", "托管班"],
        body: "小班教学，家长可以旁听。",
        scene: 5,
        goods: &[good("书法体验课", "一节九十分钟，笔墨免费。", (60, 40), 15, Some((4, Span::All)))],
    },
    Trade {
        category: Category::Travel,
        names: &["农家乐", "民宿"],
        body: "院子里有菜地和老树，可以摘菜烧火做饭。",
        scene: 7,
        goods: &[
            good("采摘票", "当季果蔬采摘，两小时。", (40, 30), 10, ONCE_A_MONTH),
            good("周边一晚", "双人间一晚，含早餐。", (180, 150), 40, Some((2, Span::Year))),
        ],
    },
    Trade {
        category: Category::Other,
        names: &["花店", "修车铺"],
        body: "街坊生意，做了十几年。",
        scene: 4,
        goods: &[
            good("补胎一次", "自行车、电动车补胎。", (15, 11), 4, None),
            good("绿萝一盆", "送货上门。", (28, 22), 8, ONCE_A_MONTH),
        ],
    },
];

/// Why a shop was refused.
pub(super) const SHOP_REJECTED: &str = "营业执照上的地址与申请的地址不一致，请更正后重新申请。";
/// Why a shop does not take part for now.
pub(super) const SHOP_SUSPENDED: &str = "居民反映多次未按公示价格结算，整改期间暂停。";
/// Why an offer was refused.
pub(super) const OFFER_REJECTED: &str = "请写明“特价”的时间和适用范围。";
/// Why sales were taken back.
pub(super) const VOIDED: &[&str] = &["顾客退货。", "扫错了优惠，重新核销。", "商品缺货，已退积分。"];
