import json

import pytest
from django.urls import reverse
from django.utils import timezone

from flows.customers.models import ImportRun
from flows.tickets.actions import create_ticket
from flows.tickets.models import Ticket, TicketType
from tests.tickets.conftest import refund_type


@pytest.fixture
def designs(client_of, designer):
    return client_of(designer)


def admin_url(name, *args):
    return reverse(TicketType.snippet_viewset.get_url_name(name), args=args)


def test_a_designer_sees_what_a_ticket_type_says(designs, refund):
    page = designs.get(admin_url("edit", refund.object_id)).content.decode()
    assert "处理" in page
    assert 'name="flow"' in page
    assert designs.get(admin_url("list")).status_code == 200
    assert designs.get(admin_url("add")).status_code == 200


def test_a_mistake_is_told_at_the_row_where_it_is(designs, designer, departments):
    record = refund_type()
    record.live = False
    record.save()
    url = admin_url("edit", record.pk)
    form = designs.get(url).context["form"]
    data = posted(form)
    record.flow["transitions"][1]["to"] = "不存在"
    data["flow"] = json.dumps(record.flow)
    response = designs.post(url, data | {"action-submit": "1"})
    form = response.context["form"]
    assert "不存在" in form.errors["flow"][0]
    assert "退款" in form.errors["flow"][0]
    assert form.flow_problems[0].path == ("transitions", 1, "to")


@pytest.mark.parametrize("flow", ["[", "[]", '{"nodes": [1]}', '{"nodes": [{"label": 3}]}', '"\\u0000"'])
def test_a_flow_that_cannot_be_read_is_not_stored(designs, departments, flow):
    record = refund_type()
    record.live = False
    record.save()
    url = admin_url("edit", record.pk)
    data = posted(designs.get(url).context["form"])
    response = designs.post(url, data | {"flow": flow})
    assert response.context["form"].errors["flow"]
    assert not record.revisions.exists()


def posted(form):
    """What a browser would send back for a form that nobody changed."""
    data = values_of(form)
    for formset in form.formsets.values():
        management = formset.management_form
        data |= {management.add_prefix(name): management[name].value() for name in management.fields}
        for row in formset.forms:
            data |= values_of(row)
    return data


def values_of(form):
    data = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if name == "form":
            data |= values_of_stream(value)
        elif value not in (None, False):
            data[form.add_prefix(name)] = (
                value if isinstance(value, str | int) else field.prepare_value(value)
            )
    return data


def values_of_stream(value):
    data = {"form-count": len(value)}
    for index, child in enumerate(value):
        row = {"deleted": "", "order": index, "type": child.block.name, "id": child.id}
        row |= {
            f"value-{name}": given for name, given in child.value.items() if given not in (None, False, "")
        }
        data |= {f"form-{index}-{name}": given for name, given in row.items()}
    return data


def test_tickets_are_browsed_and_exported_without_formulas(designs, refund, agent):
    ticket = create_ticket(ticket_type="refund", answers={"story": "=1+1"}, by=agent, at=timezone.now())
    url = reverse("tickets:index")
    page = designs.get(url).content.decode()
    assert reverse("desk:ticket", args=[ticket.pk]) in page
    exported = b"".join(designs.get(url, {"export": "csv"}).streaming_content).decode("utf-8-sig")
    assert "'=1+1" in exported


def test_feedback_is_imported_on_screen_after_a_look(designs, refund):
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile("reviews.csv", "经过,金额\n少了一份,12.50\n,1\n".encode())
    url = reverse("imports:upload", args=["feedback"])
    shown = designs.post(url, {"file": upload, "ticket_type": "refund", "text_column": ""}, follow=True)
    assert "少了一份" in shown.content.decode()
    assert not Ticket.objects.exists()
    run = ImportRun.objects.get()
    token = shown.context["preview"].token
    designs.post(reverse("imports:confirm", args=[run.pk]), {"token": token}, follow=True)
    assert Ticket.objects.get().answers["story"] == "少了一份"
    run.refresh_from_db()
    assert (run.state, run.added, run.rejected) == ("done", 1, 1)
