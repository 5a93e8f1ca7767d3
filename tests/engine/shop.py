"""A small vocabulary the engine's tests share."""

from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_NUMERIC, FIELD_SELECT, FIELD_TEXT
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_multiple_rule_variable,
    select_rule_variable,
    string_rule_variable,
)

from rules.engine import (
    Vocabulary,
    Words,
    change_rule_variable,
    date_rule_variable,
    datetime_rule_variable,
    duration_rule_variable,
    location_rule_variable,
    single_valued,
    time_rule_variable,
)
from rules.engine.text import Entry, compile_lexicon

CITIES = [
    {"name": "beijing", "label": Words(en="Beijing", zh="北京")},
    {"name": "shanghai", "label": Words(en="Shanghai", zh="上海")},
]
TAGS = [
    {"name": "vip", "label": Words(en="VIP", zh="贵宾")},
    {"name": "new", "label": Words(en="new", zh="新客")},
    {"name": "lapsed", "label": Words(en="lapsed", zh="流失")},
]


class ShopVariables(BaseVariables):
    @numeric_rule_variable(label=Words(en="amount", zh="金额"))
    def amount(self): ...

    @string_rule_variable(label=Words(en="comment", zh="评论"))
    def comment(self): ...

    @boolean_rule_variable(label=Words(en="paid", zh="已付款"))
    def paid(self): ...

    @select_rule_variable(label=Words(en="city", zh="城市"), options=CITIES)
    def city(self): ...

    @select_multiple_rule_variable(label=Words(en="tags", zh="标签"), options=TAGS)
    def tags(self): ...

    @date_rule_variable(label=Words(en="birthday", zh="生日"))
    def birthday(self): ...

    @datetime_rule_variable(label=Words(en="order time", zh="下单时间"))
    def ordered_at(self): ...

    @datetime_rule_variable(label=Words(en="now", zh="现在"))
    def now(self): ...

    @numeric_rule_variable(label=Words(en="limit", zh="额度"))
    def limit(self): ...

    @string_rule_variable(label=Words(en="nickname", zh="昵称"))
    def nickname(self): ...

    @select_rule_variable(label=Words(en="home city", zh="常住城市"), options=CITIES)
    def home_city(self): ...

    @select_multiple_rule_variable(label=Words(en="wanted tags", zh="期望标签"), options=TAGS)
    def wanted_tags(self): ...

    @date_rule_variable(label=Words(en="anniversary", zh="纪念日"))
    def anniversary(self): ...

    @datetime_rule_variable(label=Words(en="delivery time", zh="送达时间"))
    def delivered_at(self): ...

    @time_rule_variable(label=Words(en="time of arrival", zh="到店时刻"))
    def arrived(self): ...

    @time_rule_variable(label=Words(en="time of leaving", zh="离店时刻"))
    def left(self): ...

    @duration_rule_variable(label=Words(en="waiting time", zh="等待时长"))
    def waited(self): ...

    @duration_rule_variable(label=Words(en="promised time", zh="承诺时长"))
    def promised(self): ...

    @location_rule_variable(label=Words(en="address", zh="地址"))
    def address(self): ...

    @change_rule_variable("string", label=Words(en="change of the name", zh="姓名变更"))
    def name_change(self): ...

    @change_rule_variable("numeric", label=Words(en="change of the balance", zh="余额变动"))
    def balance_change(self): ...

    @change_rule_variable("boolean", label=Words(en="change of consent", zh="授权变更"))
    def consent_change(self): ...

    @change_rule_variable("select", label=Words(en="change of the city", zh="城市变更"), options=CITIES)
    def city_change(self): ...

    @change_rule_variable("date", label=Words(en="change of the day", zh="日期变更"))
    def day_change(self): ...

    def secret(self):
        raise AssertionError("never called: it is not declared")


class ShopActions(BaseActions):
    @single_valued
    @rule_action(
        label=Words(en="send to {department}", zh="派给{department}"),
        params=[
            {
                "name": "department",
                "fieldType": FIELD_SELECT,
                "label": Words(en="department", zh="部门"),
                "options": [
                    {"name": "quality", "label": Words(en="Quality", zh="品质部")},
                    {"name": "care", "label": Words(en="Care", zh="客服部")},
                ],
            }
        ],
    )
    def send_to(self, department): ...

    @rule_action(
        label=Words(en="set urgency", zh="设置紧急程度"),
        params=[{"name": "level", "fieldType": FIELD_NUMERIC, "label": Words(en="level", zh="级别")}],
    )
    def set_urgency(self, level): ...

    @rule_action(
        label=Words(en="add a note", zh="添加备注"),
        params=[
            {"name": "text", "fieldType": FIELD_TEXT, "label": Words(en="text", zh="内容")},
            {"name": "author", "fieldType": FIELD_TEXT, "label": Words(en="author", zh="署名")},
        ],
    )
    def add_note(self, text, author="Tangram"): ...

    @rule_action(label=Words(en="close", zh="关闭"))
    def close(self): ...

    def secret(self):
        raise AssertionError("never called: it is not declared")


LEXICON = compile_lexicon(
    [Entry("变质"), Entry("sour"), Entry("变质保期", action="allow"), Entry("退款", action="warn")]
)
SHOP = Vocabulary.of(ShopVariables, ShopActions).extended(
    lexicons={"spoilt": (Words(en="spoilt food", zh="变质食品"), LEXICON)}
)


def leaf(name, operator, value=None):
    return {"name": name, "operator": operator, "value": value}
