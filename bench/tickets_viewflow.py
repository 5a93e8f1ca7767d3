"""The flow of bench/tickets.py in django-viewflow."""

from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.models import Process


def keep(activation, *, data):
    activation.process.data = data
    return activation.process


class BenchFlow(flow.Flow):
    process_class = Process

    start = flow.StartHandle(keep).Next(this.step_1)
    step_1 = flow.Handle().Next(this.step_2)
    step_2 = flow.Handle().Next(this.step_3)
    step_3 = flow.Handle().Next(this.step_4)
    step_4 = flow.Handle().Next(this.step_5)
    step_5 = flow.Handle().Next(this.step_6)
    step_6 = flow.Handle().Next(this.end)
    end = flow.End()
