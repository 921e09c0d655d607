"""The face that the Stripe SDK talks to: payment intents, Checkout, refunds, disputes, events."""
