"""Made-up incident texts in Chinese and English with the word frequencies of real ones: a few words in every tenth
text, most words in one of a thousand. For the benchmarks only."""

import random

PLACES = (
    "候车厅", "二楼检票口", "出站通道", "3号车厢", "餐车", "母婴室", "无障碍卫生间", "售票窗口", "站台东端", "停车场",
    "8号车厢", "商务座车厢", "安检口", "行李寄存处", "贵宾厅", "换乘通道", "自助取票机旁", "车厢连接处", "检修库", "客服中心",
)  # fmt: skip
THINGS = (
    "空调", "卫生间", "电梯", "显示屏", "广播", "热水器", "座椅", "闸机", "照明", "无线网络", "充电插座", "车门", "扶手", "地面",
    "售货机", "轮椅坡道", "指示牌", "垃圾桶", "饮水机", "行李架", "窗帘", "消防栓", "监控", "取票机", "玻璃", "遮阳棚",
    "母婴台", "报警器", "风幕机", "扫码枪", "叫号屏", "雨棚", "护栏", "盲道", "站名牌", "配电箱", "净水器", "晾衣绳",
)  # fmt: skip
TROUBLES = (
    "故障停用", "长时间无人处理", "温度过高", "漏水", "异味明显", "信息显示错误", "排队超过二十分钟", "噪音过大", "破损",
    "没有告示", "反复重启", "卡住", "积水湿滑", "松动", "无法使用", "被杂物堵住", "结霜", "短路冒烟", "脱落", "误报警",
)  # fmt: skip
EFFECTS = (
    "多名旅客投诉", "影响乘车体验", "一位老人滑倒", "造成晚点", "旅客要求退票", "引发争执", "母婴旅客无法使用", "被拍成视频传播",
    "轮椅旅客被迫绕行", "旅客情绪激动", "延误交接班", "无人员受伤", "有旅客中暑", "旅客误车", "财物受损", "现场秩序混乱",
)  # fmt: skip
DONE = (
    "已安排人员疏导", "现场致歉并更换座位", "联系检修班组", "设置临时警示牌", "发放饮用水", "上报值班站长", "暂停使用并张贴告示",
    "登记旅客联系方式", "启用备用设备", "安排保洁清理",
)  # fmt: skip
RARE = "鼹貔貅鹧鸪蝙蝠琥珀玳瑁蓑笠磐石茱萸芙蓉麒麟孔雀鸬鹚鲟鳇螳螂蟋蟀猕猴桃枇杷橄榄荸荠茭白莴苣薏米藜麦"
ENGLISH = (
    "The {thing} near {place} {trouble} and {effect}.", "Passengers reported that the {thing} {trouble}; {effect}.",
    "During the evening peak the {thing} at {place} {trouble}.",
)  # fmt: skip
ENGLISH_WORDS = {
    "thing": ("air conditioning", "ticket gate", "lift", "information screen", "toilet", "water boiler", "seat", "door"),
    "place": ("gate 12", "car 3", "the waiting hall", "platform 4", "the dining car", "the transfer passage"),
    "trouble": ("failed", "was out of order", "leaked", "showed the wrong time", "was blocked", "was too hot"),
    "effect": ("a group complained", "nobody was hurt", "the queue took 25 minutes", "a wheelchair user had to turn back"),
}  # fmt: skip


def _pick(chance: random.Random, words):
    """Early words often, late ones seldom: the n-th about n times as rare as the first."""
    return chance.choices(words, weights=[1 / (n + 1) for n in range(len(words))])[0]


def _chinese(chance: random.Random) -> tuple[str, str]:
    train = f"{chance.choice('GDCKZT')}{chance.randrange(1, 9999)}"
    place, thing, trouble = _pick(chance, PLACES), _pick(chance, THINGS), _pick(chance, TROUBLES)
    title = f"{train}次{place}{thing}{trouble}" if chance.random() < 0.5 else f"{place}{thing}{trouble}"
    sentences = [
        f"{train}次列车运行至第{chance.randrange(1, 40)}站时，{place}{thing}{trouble}，{_pick(chance, EFFECTS)}。"
    ]
    for _ in range(chance.randrange(1, 5)):
        sentences.append(
            f"{_pick(chance, PLACES)}的{_pick(chance, THINGS)}也{_pick(chance, TROUBLES)}，{_pick(chance, EFFECTS)}。"
        )
    sentences.append(f"{_pick(chance, DONE)}，{_pick(chance, DONE)}。")
    if chance.random() < 0.02:
        at = chance.randrange(len(RARE) - 2)
        sentences.append(f"现场物品为{RARE[at : at + 2]}。")
    return title, "".join(sentences)


def _english(chance: random.Random) -> tuple[str, str]:
    filled = {name: _pick(chance, words) for name, words in ENGLISH_WORDS.items()}
    text = _pick(chance, ENGLISH).format(**filled)
    return text[:60].rstrip("."), " ".join(
        [text, *(_pick(chance, ENGLISH).format(**filled) for _ in range(2))]
    )


def texts(count: int, seed: int = 1) -> list[tuple[str, str, str]]:
    """(title, description, place) of made-up incidents: nine in ten Chinese."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        title, description = (_chinese if chance.random() < 0.9 else _english)(chance)
        made.append((title, description, _pick(chance, PLACES)))
    return made
