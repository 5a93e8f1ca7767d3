"""The flow of bench/tickets.py in SpiffWorkflow, which keeps nothing itself: its state is JSON in a row."""

from functools import cache
from io import BytesIO
from itertools import pairwise

from django.db import connection, transaction
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

STEPS = 6
TABLE = "bench_spiff"


def make_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {TABLE} (id bigserial PRIMARY KEY, state text NOT NULL);"
            f"CREATE TABLE IF NOT EXISTS {TABLE}_history"
            f" (id bigserial PRIMARY KEY, spiff_id bigint REFERENCES {TABLE}, step text, at timestamptz)"
        )


@cache
def spec():
    parser = BpmnParser()
    parser.add_bpmn_io(BytesIO(diagram()))
    return parser.get_spec("bench")


@cache
def serializer() -> BpmnWorkflowSerializer:
    return BpmnWorkflowSerializer()


def diagram() -> bytes:
    bpmn = "http://www.omg.org/spec/BPMN/20100524/MODEL"
    root = etree.Element(f"{{{bpmn}}}definitions", nsmap={None: bpmn}, targetNamespace="bench")
    process = etree.SubElement(root, f"{{{bpmn}}}process", id="bench", isExecutable="true")
    names = ["start", *(f"step-{place}" for place in range(1, STEPS + 1)), "end"]
    for name in names:
        kind = {"start": "startEvent", "end": "endEvent"}.get(name, "manualTask")
        etree.SubElement(process, f"{{{bpmn}}}{kind}", id=name)
    for begin, end in pairwise(names):
        attributes = {"id": f"{begin}-{end}", "sourceRef": begin, "targetRef": end}
        etree.SubElement(process, f"{{{bpmn}}}sequenceFlow", attributes)
    return etree.tostring(root)


@transaction.atomic
def open_case(data: dict) -> int:
    workflow = BpmnWorkflow(spec())
    workflow.data.update(data)
    workflow.do_engine_steps()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (state) VALUES (%s) RETURNING id", [serializer().serialize_json(workflow)]
        )
        return cursor.fetchone()[0]


@transaction.atomic
def move(pk: int) -> tuple[dict, bool]:
    """The data, and whether this was the last step."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT state FROM {TABLE} WHERE id = %s FOR UPDATE", [pk])
        workflow = serializer().deserialize_json(cursor.fetchone()[0])
        task = workflow.get_next_task(state=TaskState.READY, manual=True)
        task.run()
        workflow.do_engine_steps()
        state, step = serializer().serialize_json(workflow), task.task_spec.name
        cursor.execute(f"UPDATE {TABLE} SET state = %s WHERE id = %s", [state, pk])
        cursor.execute(f"INSERT INTO {TABLE}_history (spiff_id, step, at) VALUES (%s, %s, now())", [pk, step])
    return workflow.data, workflow.is_completed()
