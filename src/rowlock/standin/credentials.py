"""What the stand-in is called with. They open nothing but it."""

STRIPE_SECRET_KEY = "sk_test_standin"  # noqa: S105  opens nothing else
STRIPE_WEBHOOK_SECRET = "whsec_standin"  # noqa: S105  opens nothing else
RAZORPAY_KEY_ID = "rzp_test_standin"
RAZORPAY_KEY_SECRET = "standin-key-secret"  # noqa: S105  opens nothing else
RAZORPAY_WEBHOOK_SECRET = "standin-webhook-secret"  # noqa: S105  opens nothing else
