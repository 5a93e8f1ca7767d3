from flows.customers.models.customer import Customer, Order, OrderLine
from flows.customers.models.import_run import ImportRun
from flows.customers.models.mapping import MAPPED_FIELDS, OrderMapping
from flows.customers.models.segment import Segment

__all__ = ["MAPPED_FIELDS", "Customer", "ImportRun", "Order", "OrderLine", "OrderMapping", "Segment"]
