from tests.forms.test_fields import private_files  # noqa: F401
from tests.tickets.conftest import departments, publish, publish_rules, refund  # noqa: F401
