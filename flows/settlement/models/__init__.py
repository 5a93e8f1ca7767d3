from flows.settlement.models.ledger import Account, Entry
from flows.settlement.models.plan import CommissionPlan, CommissionRate
from flows.settlement.models.settlement import Settlement

__all__ = ["Account", "CommissionPlan", "CommissionRate", "Entry", "Settlement"]
