"""How fast the desk finds words: `python -m bench.search [tickets]`, in the database of the settings.

Fills an empty demo database (DATABASE_URL, or SQLite in TANGRAM_DATA) with tickets, then times each word
before, as `icontains` over title and text, and after, as the desk searches: the first 25 rows and the count.
"""

import os
import random
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Q  # noqa: E402
from django.utils import timezone  # noqa: E402

from flows.organisation.models import User  # noqa: E402
from flows.tickets.models import Ticket, TicketTag  # noqa: E402
from flows.tickets.together.models import Comment  # noqa: E402
from rules.store.models import Version  # noqa: E402

WORDS = [
    "蛋糕",
    "配送",
    "师傅",
    "服务",
    "退款",
    "质量",
    "草莓",
    "咖啡",
    "外卖",
    "包装",
    "太慢",
    "好吃",
    "过敏",
    "发票",
]
LETTERS = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说"
ASKED = ("独角兽", "草莓蛋糕", "补发", "退换", "没有这个", "蛋糕", "糕")
TRIES = 5


def some_text(chance, *, length: int) -> str:
    return "".join(chance.choice(WORDS if chance.random() < 0.15 else LETTERS) for _ in range(length))


def fill(count: int) -> None:
    version = Version.objects.filter(content_type__model="tickettype").first()
    chance, now = random.Random(1), timezone.now()
    tickets = []
    for number in range(count):
        text = some_text(chance, length=chance.randint(20, 120)) + ("独角兽" if number % 20_000 == 7 else "")
        tickets.append(
            Ticket(
                version=version,
                ticket_type=version.slug,
                title=text[:80],
                text=text,
                node=version.compiled.start.key,
                created_at=now,
                moved_at=now,
                urgency=1 + number % 3,
            )
        )
    made = Ticket.objects.bulk_create(tickets, batch_size=500)
    by = User.objects.get(username="designer")
    Comment.objects.bulk_create(
        (
            Comment(
                ticket=ticket,
                by=by,
                at=now,
                text=some_text(chance, length=40) + ("补发" if number % 5_000 == 0 else ""),
            )
            for number, ticket in enumerate(made[: count // 5])
        ),
        batch_size=1_000,
    )
    TicketTag.objects.bulk_create(TicketTag(ticket=ticket, name="退换") for ticket in made[: count // 33])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def before(word: str):
    return Ticket.objects.filter(Q(title__icontains=word) | Q(text__icontains=word))


def timed(tickets) -> tuple[int, float]:
    """How many, and the best time in milliseconds."""
    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        list(tickets.most_urgent_first()[:25])
        found = tickets.order_by().count()
        best = min(best, time.perf_counter() - began)
    return found, best * 1000


def main(count: int) -> None:
    call_command("migrate", verbosity=0)
    if not User.objects.filter(username="designer").exists():
        call_command("demo_company")
    if Ticket.objects.count() < count:
        fill(count)
    reader = User.objects.get(username="designer")
    print(connection.vendor, Ticket.objects.count(), "tickets")
    for word in ASKED:
        was, now = timed(before(word)), timed(Ticket.objects.matching(word, by=reader))
        print(f"{word}\tbefore {was[0]} in {was[1]:.1f} ms\tafter {now[0]} in {now[1]:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
