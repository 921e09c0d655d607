"""The face that the Razorpay SDK talks to: orders, payments, refunds, disputes and the hosted checkout."""
