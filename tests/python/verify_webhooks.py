"""Verifies signed requests by the implementation of Standard Webhooks' authors.

    verify_webhooks.py '[{"secret": "whsec_…", "headers": {…}, "body": "…"}, …]'

prints whether each is good.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def is_good(case):
    try:
        verified = Webhook(case["secret"]).verify(case["body"], case["headers"])
    except WebhookVerificationError:
        return False
    assert verified == json.loads(case["body"])
    return True


print(json.dumps([is_good(case) for case in json.loads(sys.argv[1])]))
