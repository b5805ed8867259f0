"""The incident types every installation begins with (DOMAIN §2); administrators extend and rename them."""

from django.db import migrations

# code, icon, English, Simplified, Traditional, [children]
TYPES = [
    ("delay", "clock", "Service delay", "服务延误", "服務延誤", [
        ("delay-wait", "Long waiting", "排队等候过长", "排隊等候過長"),
        ("delay-late", "Late departure or arrival", "晚点", "誤點"),
    ]),
    ("quality", "triangle-alert", "Substandard quality", "质量不达标", "品質不達標", [
        ("quality-clean", "Cleanliness", "卫生清洁", "環境清潔"),
        ("quality-comfort", "Temperature and comfort", "温度与舒适", "溫度與舒適"),
        ("quality-information", "Wrong or missing information", "信息提示有误", "資訊提示有誤"),
    ]),
    ("complaint", "message-square-warning", "Customer complaint", "客户投诉", "客訴", [
        ("complaint-attitude", "Attitude", "服务态度", "服務態度"),
        ("complaint-price", "Price and charging", "价格与收费", "價格與收費"),
    ]),
    ("staff", "users", "Staff error", "员工失误", "員工失誤", [
        ("staff-procedure", "Procedure not followed", "未按规范作业", "未依規範作業"),
    ]),
    ("facility", "wrench", "Equipment or facility fault", "设施设备故障", "設施設備故障", [
        ("facility-climate", "Air conditioning", "空调通风", "空調通風"),
        ("facility-access", "Lifts and barrier-free access", "电梯与无障碍设施", "電梯與無障礙設施"),
    ]),
    ("safety", "shield-alert", "Safety", "安全", "安全", [
        ("safety-fall", "Slips, trips and falls", "滑倒跌伤", "滑倒跌傷"),
    ]),
    ("other", "circle-question-mark", "Other", "其他", "其他", []),
]  # fmt: skip


def add_types(apps, schema_editor):
    IncidentType = apps.get_model("incidents", "IncidentType")
    position = 0
    for code, icon, en, hans, hant, children in TYPES:
        position += 10
        parent = IncidentType.objects.create(
            code=code, icon=icon, name=en, name_zh_hans=hans, name_zh_hant=hant, position=position
        )
        for child_code, child_en, child_hans, child_hant in children:
            position += 1
            IncidentType.objects.create(
                parent=parent, code=child_code, icon=icon, name=child_en, name_zh_hans=child_hans,
                name_zh_hant=child_hant, position=position,
            )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]

    operations = [migrations.RunPython(add_types, migrations.RunPython.noop)]
