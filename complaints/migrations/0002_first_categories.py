"""The categories every installation begins with (DOMAIN §4); quality managers and administrators extend them."""

from django.db import migrations

# code, icon, English, Simplified, Traditional
CATEGORIES = [
    ("service", "concierge-bell", "Service quality", "服务质量", "服務品質"),
    ("attitude", "smile", "Attitude", "服务态度", "服務態度"),
    ("product", "ticket", "Product or ticket", "产品或票务", "產品或票務"),
    ("facility", "wrench", "Facilities", "设施设备", "設施設備"),
    ("price", "wallet", "Price and charging", "价格与收费", "價格與收費"),
    ("safety", "shield-alert", "Safety", "安全", "安全"),
    ("other", "circle-question-mark", "Other", "其他", "其他"),
]


def add_categories(apps, schema_editor):
    Category = apps.get_model("complaints", "Category")
    for number, (code, icon, en, hans, hant) in enumerate(CATEGORIES, start=1):
        Category.objects.create(
            code=code, icon=icon, name=en, name_zh_hans=hans, name_zh_hant=hant, position=number * 10
        )


class Migration(migrations.Migration):
    dependencies = [("complaints", "0001_initial")]

    operations = [migrations.RunPython(add_categories, migrations.RunPython.noop)]
