from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0005_flow_as_one_document")]

    operations = [
        migrations.DeleteModel(name="Node"),
        migrations.DeleteModel(name="Transition"),
    ]
