import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

import flows.tickets.flow


class Migration(migrations.Migration):
    dependencies = [
        ("organisation", "0001_initial"),
        ("tickets", "0003_tests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="tickettype",
            name="flow",
            field=models.JSONField(blank=True, default=flows.tickets.flow.empty_flow, verbose_name="flow"),
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=50, verbose_name="step")),
                ("opened_at", models.DateTimeField(verbose_name="opened")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                ("outcome", models.CharField(blank=True, max_length=110, verbose_name="came of it")),
                ("assignee", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="tasks", to=settings.AUTH_USER_MODEL, verbose_name="assigned to")),
                ("department", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="organisation.department", verbose_name="department")),
                ("ticket", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="tickets.ticket", verbose_name="ticket")),
            ],
            options={"verbose_name": "task", "verbose_name_plural": "tasks", "ordering": ["opened_at", "pk"]},
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(condition=Q(closed_at__isnull=True), fields=["assignee", "opened_at"], name="task_open_of_person"),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(condition=Q(closed_at__isnull=True), fields=("ticket", "node"), name="task_open_once_per_node"),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")), name="task_ends_after_it_opened"),
        ),
    ]  # fmt: skip
