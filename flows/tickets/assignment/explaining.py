"""Why a ticket went to whom, in words of the reader's language: from codes and numbers on the time line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flows.organisation.models import Skill


@dataclass(frozen=True, kw_only=True)
class Told:
    """
    sentence  who has it and why
    others    who was passed over and what was tried before, a sentence each
    """

    sentence: str
    others: list[str] = field(default_factory=list)
    is_alert: bool = False


def assigned_in_words(data: Mapping, *, secret: frozenset[str] = frozenset()) -> str:
    """One sentence for the time line. `secret`: names of facts that the reader must not be told."""
    if not data["person"]:
        return queue_in_words(data)
    last = data["tried"][-1]
    if "stands_in_for" in last:
        return _("assigned to %(name)s, who stands in for %(absent)s") % {
            "name": data["person"],
            "absent": last["stands_in_for"],
        }
    return _("assigned to %(name)s: %(why)s") % {
        "name": data["person"],
        "why": why_in_words(last, secret=secret),
    }


def queue_in_words(data: Mapping) -> str:
    if not data["alert"]:
        return _("put into the queue of %(department)s") % {"department": data["department"]}
    if data["department"]:
        return _("nobody was free, so it waits in the queue of %(department)s") % {
            "department": data["department"]
        }
    return _("nobody was free and no department is named, so it waits where every agent sees it")


def explained(data: Mapping, *, secret: frozenset[str] = frozenset()) -> Told:
    others = []
    for way in data["tried"]:
        if secret & set(way.get("tells", ())):
            continue
        if way["came"] in ("condition", "gone", "nobody"):
            others.append(tried_in_words(way))
        others += [passed_in_words(person) for person in way.get("passed", [])]
        if (left := way.get("pool_size", 0) - way.get("free", 0) - len(way.get("passed", []))) > 0:
            others.append(
                ngettext(
                    "%(count)s more was passed over", "%(count)s more were passed over", left
                ) % {"count": left}
            )  # fmt: skip
        if way["came"] == "chosen" and way.get("free", 0) > 1:
            count = way["free"] - 1
            others.append(
                ngettext("%(count)s other was free", "%(count)s others were free", count) % {"count": count}
            )
    sentence = assigned_in_words(data, secret=secret)
    return Told(sentence=sentence, others=others, is_alert=data["alert"])


def way_in_words(way: Mapping) -> str:
    return {
        "person": _("one person"),
        "role": _("fewest open tickets in the role"),
        "department": _("department's queue"),
        "field": _("named in a field"),
        "nearest_store": _("nearest store"),
        "round_robin": _("in turn"),
        "least_loaded": _("fewest open tickets"),
        "most_idle": _("idle most"),
        "best_history": _("best with such tickets"),
    }[way["strategy"]]


def tried_in_words(way: Mapping) -> str:
    what = {"number": way["way"] + 1, "how": way_in_words(way)}
    if way["came"] == "condition":
        return _("way %(number)s (%(how)s) is not for this ticket") % what
    if way["came"] == "gone":
        return _("way %(number)s (%(how)s): that department is no more") % what
    if not way.get("pool_size"):
        return _("way %(number)s (%(how)s) found nobody to ask") % what
    return _("way %(number)s (%(how)s): nobody was free") % what


def why_in_words(way: Mapping, *, secret: frozenset[str]) -> str:
    why = way.get("why", {})
    if secret & set(way.get("tells", ())):
        return _("something you may not see here")
    match way["strategy"]:
        case "person":
            return _("named for this step")
        case "field":
            return _("named in the form")
        case "nearest_store":
            return _("of %(store)s, %(distance)s away") % {
                "store": why["store"],
                "distance": distance_in_words(why["metres"]),
            }
        case "round_robin":
            if why["weights"] == why["weight"] * way["free"]:
                return _("it was their turn")
            return _("it was their turn, %(weight)s of %(weights)s") % why
        case "most_idle" if "idle" in why:
            return (
                ngettext(
                    "idle for %(idle)s%% of the working time in the last %(days)s day, more than others",
                    "idle for %(idle)s%% of the working time in the last %(days)s days, more than others",
                    why["days"],
                )
                % why
            )
        case "most_idle":
            return (
                ngettext(
                    "%(done)s steps done in the last %(days)s day, the fewest",
                    "%(done)s steps done in the last %(days)s days, the fewest",
                    why["days"],
                )
                % why
            )
        case "best_history":
            return history_in_words(why)
    return ngettext(
        "%(open)s open ticket, the fewest", "%(open)s open tickets, the fewest", why.get("open", 0)
    ) % {"open": why.get("open", 0)}


def history_in_words(why: Mapping) -> str:
    if not why["tickets"]:
        return _("no such ticket yet, counted as middling")
    done = _("resolved %(resolved)s of %(tickets)s such tickets in %(days)s days") % why
    if "stars" not in why:
        return done
    return _("%(done)s, rated %(stars)s on average") % {"done": done, "stars": why["stars"]}


def distance_in_words(metres: int) -> str:
    if metres < 1_000:
        return _("%(count)s m") % {"count": metres}
    return _("%(count)s km") % {"count": f"{metres / 1_000:.1f}"}


def passed_in_words(person: Mapping) -> str:
    return _("%(name)s: %(why)s") % {"name": person["name"], "why": kept_from_it(person)}


def kept_from_it(person: Mapping) -> str:
    match person["code"]:
        case "left":
            return _("no longer works here")
        case "work":
            return _("may not work on tickets")
        case "skills":
            return _("lacks %(skills)s") % {"skills": _(", ").join(skill_names(person["skills"]))}
        case "absent":
            until = localtime(datetime.fromisoformat(person["until"]))
            return _("out of office until %(until)s") % {"until": date_format(until, "SHORT_DATETIME_FORMAT")}
        case "shift":
            return _("off shift (%(shift)s)") % {"shift": person["shift"]}
        case _full:
            return ngettext(
                "has %(open)s open ticket, the most allowed",
                "has %(open)s open tickets, the most allowed",
                person["open"],
            ) % {"open": person["open"]}


def skill_names(slugs: list[str]) -> list[str]:
    names = dict(Skill.objects.filter(slug__in=slugs).values_list("slug", "name"))
    return [names.get(slug, slug) for slug in slugs]
