"""Sends one of each call by Segment's own client, unmodified. Arguments: host, write key, gzip (yes or no). Prints what it sent, or ends with code 1."""
import json
import sys
from datetime import datetime, timedelta, timezone
from segment.analytics import Client

host, write_key, gzip = sys.argv[1:4]
errors = []
client = Client(write_key, host=host, gzip=gzip == "yes", on_error=lambda error, batch: errors.append(repr(error)), max_retries=1)
now = datetime.now(tz=timezone.utc)
sent = [
    client.identify("py-1", {"email": "py@example.com", "first_name": "Pyotr", "plan": "gold"}, anonymous_id="py-anon"),
    client.track("py-1", "Order Completed", {"order_id": "py-o", "currency": "EUR", "total": 19.9, "products": [{"product_id": "ü", "price": 9.95, "quantity": 2}]}, timestamp=now - timedelta(hours=1)),
    client.page("py-1", "docs", "Start", {"url": "https://example.com/?q=1"}),
    client.screen("py-1", "shop", "Cart"),
    client.group("py-1", "py-group", {"name": "Initech"}),
    client.alias("py-anon", "py-1"),
]
client.flush()
client.shutdown()
if errors or not all(ok for ok, _ in sent):
    sys.exit("; ".join(errors) or "the client's queue was full")
print(json.dumps([message["messageId"] for _, message in sent]))
