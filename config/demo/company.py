"""The company of the demo: its units, its people and their posts."""

import datetime as dt
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.hashers import make_password

from history.administration import founding, posts, staff, units
from people.models import Person, Role, Unit
from people.passwords import one_time_password

ZONE = "Asia/Shanghai"
COMPANY, CODE = "华东铁路客运公司", "HDR"

#: Short key, code, name, key of the unit above.
UNITS = (
    ("E", "HDR-E", "华东段", "HDR"),
    ("HZ", "HDR-E-HZ", "杭州东站", "E"),
    ("NJ", "HDR-E-NJ", "南京南站", "E"),
    ("SZ", "HDR-E-SZ", "苏州北站", "E"),
    ("WX", "HDR-E-WX", "无锡东站", "E"),
    ("C3", "HDR-E-C3", "高铁三队", "E"),
    ("C5", "HDR-E-C5", "高铁五队", "E"),
    ("W", "HDR-W", "皖赣段", "HDR"),
    ("HF", "HDR-W-HF", "合肥南站", "W"),
    ("NC", "HDR-W-NC", "南昌西站", "W"),
    ("C2", "HDR-W-C2", "动车二队", "W"),
    ("H", "HDR-H", "沪港段", "HDR"),
    ("SH", "HDR-H-SH", "上海虹桥站", "H"),
    ("KL", "HDR-H-KL", "香港西九龍站", "H"),
    ("C1", "HDR-H-C1", "沪港列车队", "H"),
    ("D", "HDR-D", "车辆段", "HDR"),
    ("W1", "HDR-D-W1", "检修一车间", "D"),
    ("W2", "HDR-D-W2", "检修二车间", "D"),
    ("W3", "HDR-D-W3", "站场设备车间", "D"),
    ("K", "HDR-K", "客服中心", "HDR"),
    ("F", "HDR-F", "餐饮公司", "HDR"),
)

R, SM, SV, Q = Role.REPORTER, Role.SITE_MANAGER, Role.SUPERVISOR, Role.QUALITY
#: User name, name, job title, unit, language; then posts beside that of an employee, as "role unit".
#: The first eight are the demo accounts. Whoever stands further up is waited for first where two hold the same post.
PEOPLE: tuple[tuple, ...] = (
    ("reporter", "周洁", "列车长", "C3", "zh-hans"),
    ("sitemanager", "孙宁", "高铁车队队长", "C3", "zh-hans", (SM, "C3"), (SM, "C5")),
    ("supervisor", "李敏", "服务主管", "E", "zh-hans", (SV, "E")),
    ("qianyu", "钱瑜", "质量经理", "HDR", "zh-hans", (Q, "HDR"), (Q, "W")),
    ("quality", "王强", "质量经理", "HDR", "zh-hans", (Q, "HDR"), (Q, "E")),
    ("owner", "陈工", "检修工程师", "W2", "zh-hans"),
    ("handler", "赵倩", "客服专员", "K", "zh-hans", (Role.HANDLER, "HDR")),
    ("executive", "高山", "副总经理", "HDR", "zh-hans", (Role.EXECUTIVE, "HDR")),
    ("chenjiayi", "陳嘉儀", "品質經理", "H", "zh-hant", (Q, "H")),
    ("heping", "何平", "服务主管", "W", "zh-hans", (SV, "W")),
    ("huangmeiling", "黃美玲", "服務主任", "H", "zh-hant", (SV, "H")),
    ("shentao", "沈涛", "服务总监", "HDR", "zh-hans", (SV, "HDR")),
    ("zhengkai", "郑凯", "值班站长", "HZ", "zh-hans", (SM, "HZ")),
    ("fengxue", "冯雪", "值班站长", "NJ", "zh-hans", (SM, "NJ")),
    ("xulei", "徐磊", "值班站长", "SZ", "zh-hans", (SM, "SZ")),
    ("xujing", "许静", "值班站长", "WX", "zh-hans", (SM, "WX")),
    ("tangyong", "唐勇", "值班站长", "HF", "zh-hans", (SM, "HF")),
    ("dengli", "邓丽", "值班站长", "NC", "zh-hans", (SM, "NC")),
    ("caoyang", "曹阳", "动车队队长", "C2", "zh-hans", (SM, "C2")),
    ("lujia", "陆佳", "值班站长", "SH", "zh-hans", (SM, "SH")),
    ("leungchiming", "梁志明", "值班站長", "KL", "zh-hant", (SM, "KL")),
    ("emilywong", "Emily Wong", "Train manager", "C1", "en", (SM, "C1")),
    ("liuwei", "刘伟", "车辆段副段长", "D", "zh-hans", (SM, "D")),
    ("panlin", "潘琳", "热线主任", "K", "zh-hans", (SM, "K")),
    ("jiangnan", "蒋楠", "餐饮部经理", "F", "zh-hans", (SM, "F")),
    ("fanjianguo", "范建国", "车体工程师", "W1", "zh-hans"),
    ("shilei", "石磊", "机电工程师", "W3", "zh-hans"),
    ("luocheng", "罗成", "客运科科长", "E", "zh-hans"),
    ("xiefang", "谢芳", "客运科科长", "W", "zh-hans"),
    ("linxiao", "林晓", "客运值班员", "HZ", "zh-hans"),
    ("songjia", "宋佳", "客运值班员", "NJ", "zh-hans"),
    ("yeqing", "叶青", "客运值班员", "SZ", "zh-hans"),
    ("taoran", "陶然", "客运值班员", "WX", "zh-hans"),
    ("dingning", "丁宁", "列车长", "C5", "zh-hans"),
    ("hanbing", "韩冰", "客运值班员", "HF", "zh-hans"),
    ("hejun", "贺军", "列车长", "C2", "zh-hans"),
    ("xiongwei", "熊伟", "客运值班员", "NC", "zh-hans"),
    ("jiangtao", "江涛", "客运值班员", "SH", "zh-hans"),
    ("tsangchiho", "曾志豪", "車站主任", "KL", "zh-hant"),
    ("jameslee", "James Lee", "Conductor", "C1", "en"),
    ("tiantian", "田甜", "餐服长", "F", "zh-hans"),
    ("fangyuan", "方圆", "热线班长", "K", "zh-hans"),
)  # fmt: skip
ADMIN = ("admin", "马琳")
ACCOUNTS = ("reporter", "sitemanager", "supervisor", "quality", "owner", "handler", "executive", "admin")


@dataclass
class Company:
    """Units by their short key, people by user name. The same Person objects all year: their posts are read once."""

    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self):
        self._by_id: dict[int, Person] = {}
        self._colleagues: dict[str, list[Person]] = {}
        self._nearest: dict[tuple[str, int], int] = {}

    def take_in(self, key: str, person: Person, unit: str) -> None:
        self.people[key] = self._by_id[person.pk] = person
        self._colleagues.setdefault(unit, []).append(person)

    def person(self, pk: int) -> Person:
        return self._by_id[pk]

    def nearest(self, role: str, unit: Unit) -> Person:
        """Who holds the role nearest to a unit."""
        if (role, unit.pk) not in self._nearest:
            self._nearest[role, unit.pk] = Person.objects.holding(role, unit).values_list("pk", flat=True)[0]
        return self._by_id[self._nearest[role, unit.pk]]

    def of(self, unit: str) -> list[Person]:
        """Who works there."""
        return self._colleagues[unit]


def found() -> Company:
    """Found the company with all its people. The clock must stand at the day on which that happened."""
    company = Company()
    admin = founding.found_company(
        company=COMPANY, code=CODE, display_name=ADMIN[1], username=ADMIN[0],
        password=settings.DEMO_PASSWORD, language="zh-hans", time_zone=ZONE,
    )  # fmt: skip
    company.units["HDR"] = admin.home_unit
    company.take_in("admin", admin, "HDR")
    for key, code, name, above in UNITS:
        company.units[key] = units.found(name=name, code=code, parent=company.units[above], by=admin)
    password = make_password(settings.DEMO_PASSWORD)  # hashing takes long on purpose: once for all
    for username, name, job_title, unit, language, *held in PEOPLE:
        person = staff.hire(
            by=admin, username=username, display_name=name, job_title=job_title, home_unit=company.units[unit],
            language=language, time_zone=ZONE, password=one_time_password(),
            email=f"{username}@example.org",
        )  # fmt: skip
        for role, place in held:
            posts.appoint(person, company.units[place], role, by=admin)
        if username in ACCOUNTS:
            _let_in(person, password)
        company.take_in(username, person, unit)
    return company


def _let_in(person: Person, password: str) -> None:
    """A demo account signs in with the shared password, and isn't asked for one of its own."""
    person.password, person.must_change_password = password, False
    person.save(update_fields=["password", "must_change_password"])


def founding_day(now: dt.datetime) -> dt.datetime:
    """A year and a day ago, in the morning."""
    return (now - dt.timedelta(days=366)).replace(hour=1, minute=0, second=0, microsecond=0)
